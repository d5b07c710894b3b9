// The ledger over real gRPC: who sees and may do what, what the totals say, and that of two who act at once one wins.
#include <array>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "ronghe/common/v1/change.pb.h"
#include "tests/service/rectification/fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<int> Allowed(const v1::Problem& problem) {
  return {problem.allowed_events().begin(), problem.allowed_events().end()};
}

TEST_F(RectificationTest, AProblemFromRegistrationToCloseOut) {
  const v1::Problem problem = Create();
  EXPECT_EQ(problem.unit(), "units/B1");
  EXPECT_EQ(problem.supervising_unit(), "units/370783104");
  EXPECT_EQ(problem.state(), v1::PROBLEM_STATE_REGISTERED);
  EXPECT_TRUE(problem.has_due_date());
  Must("clerk", &Problems::AssignProblem, On<v1::AssignProblemRequest>(problem));
  const v1::Problem started = Must("clerk", &Problems::StartProblem, On<v1::StartProblemRequest>(problem));
  EXPECT_THAT(Allowed(started),
              ElementsAre(v1::PROBLEM_EVENT_UPDATE, v1::PROBLEM_EVENT_SUBMIT, v1::PROBLEM_EVENT_REQUEST_EXTENSION));
  const v1::Problem submitted = Submit("clerk", problem);
  EXPECT_THAT(Allowed(submitted), IsEmpty());
  // The officers of the branch hold the permission, but not on the unit above.
  EXPECT_EQ(ReasonOf(Ask("deputy", &Problems::VerifyProblem, Verify(problem, v1::VERDICT_CLOSE))), "NOT_SUPERVISING");
  EXPECT_EQ(ReasonOf(Ask("viewer", &Problems::VerifyProblem, Verify(problem, v1::VERDICT_CLOSE))), "ROLE_MISSING");
  EXPECT_EQ(Ask("stranger", &Problems::VerifyProblem, Verify(problem, v1::VERDICT_CLOSE)).status().code(),
            absl::StatusCode::kNotFound);
  auto unexplained = Verify(problem, v1::VERDICT_RETURN);
  unexplained.set_reason("");
  EXPECT_EQ(common::ViolationsOf(Ask("township", &Problems::VerifyProblem, unexplained).status()).front().field,
            "reason");
  const v1::Problem closed = Must("inspector", &Problems::VerifyProblem, Verify(problem, v1::VERDICT_CLOSE));
  EXPECT_EQ(closed.state(), v1::PROBLEM_STATE_CLOSED);
  EXPECT_TRUE(closed.on_time());
  EXPECT_TRUE(closed.has_look_back_date());
  const auto refused = Ask("clerk", &Problems::StartProblem, On<v1::StartProblemRequest>(problem));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "PROBLEM_STATE");
  EXPECT_THAT(common::TextOf(refused.status()).zh, HasSubstr("已销号"));

  common::v1::BatchGetSummariesRequest ask;
  ask.add_units("units/370783");
  ask.add_min_revision(closed.revision());
  const auto totals = Call("viewer", *totals_, &v1::RectificationService::Stub::BatchGetSummaries, ask);
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->summaries(0).total().problems_found(), 1);
  EXPECT_EQ(totals->summaries(0).total().problems_closed(), 1);
  EXPECT_EQ(totals->summaries(0).total().problems_closed_on_time(), 1);
  EXPECT_EQ(totals->summaries(0).total().problems_open(), 0);
  const auto audit =
      Call("admin", *totals_, &v1::RectificationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_EQ(audit->difference_count(), 0);
}

TEST_F(RectificationTest, TextsAreShownToThoseWhoMayReadThem) {
  const v1::Problem problem = Create();
  v1::GetProblemRequest get;
  get.set_name(problem.name());
  get.add_min_revision(problem.revision());
  EXPECT_EQ(Must("clerk", &Problems::GetProblem, get).description(), "会议记录不全");
  const v1::Problem masked = Must("viewer", &Problems::GetProblem, get);
  EXPECT_EQ(masked.description(), "");
  EXPECT_EQ(masked.measures(), "");
  EXPECT_EQ(masked.category(), "organizational_life");
  EXPECT_EQ(Ask("stranger", &Problems::GetProblem, get).status().code(), absl::StatusCode::kNotFound);
  Must("county", &Problems::CancelProblem, On<v1::CancelProblemRequest>(problem, "登记有误"));
  v1::ListProblemHistoryRequest history;
  history.set_parent(problem.name());
  const auto steps = Must("county", &Problems::ListProblemHistory, history).steps();
  ASSERT_EQ(steps.size(), 2);
  EXPECT_EQ(steps[1].reason(), "登记有误");
  EXPECT_EQ(steps[1].actor(), identity_.user_issuer() + "|county");
  const auto hidden = Must("viewer", &Problems::ListProblemHistory, history).steps();
  EXPECT_EQ(hidden[1].reason(), "");
  EXPECT_EQ(hidden[1].event(), v1::PROBLEM_EVENT_CANCEL);
}

TEST_F(RectificationTest, ABatchJudgesEachForItself) {
  const v1::Problem good = Begun();
  const v1::Problem own = Begun("B2");
  const v1::Problem early = Begun();
  Submit("clerk", good);
  Submit("township", own);
  v1::BatchVerifyProblemsRequest request;
  request.set_request_id("6f1b1c9e-4bf4-4ab6-8f77-6a0e4ae0a001");
  for (const std::string& name : {good.name(), own.name(), early.name(), std::string("problems/1")}) {
    v1::ProblemVerification& one = *request.add_verifications();
    one.set_name(name);
    one.set_verdict(v1::VERDICT_CLOSE);
  }
  for (int round = 0; round < 2; ++round) {  // a retry answers the same
    const auto response = Must("township", &Problems::BatchVerifyProblems, request);
    ASSERT_EQ(response.results_size(), 4);
    EXPECT_EQ(response.results(0).problem().state(), v1::PROBLEM_STATE_CLOSED);
    EXPECT_FALSE(response.results(0).has_status());
    EXPECT_THAT(response.results(1).status().DebugString(), HasSubstr("OWN_SUBMISSION"));
    EXPECT_FALSE(response.results(1).has_problem());
    EXPECT_THAT(response.results(2).status().DebugString(), HasSubstr("PROBLEM_STATE"));
    EXPECT_EQ(response.results(3).status().code(), static_cast<int>(absl::StatusCode::kNotFound));
  }
  // Out of scope is as if it were not there.
  const auto outside = Must("stranger", &Problems::BatchVerifyProblems, request);
  for (const auto& result : outside.results()) {
    EXPECT_EQ(result.status().code(), static_cast<int>(absl::StatusCode::kNotFound));
  }
}

TEST_F(RectificationTest, TheFeedTellsOfProblemsWithoutTheirTexts) {
  const v1::Problem problem = Create();
  Must("county", &Problems::CancelProblem, On<v1::CancelProblemRequest>(problem, "登记有误"));
  grpc::ClientContext context;
  context.AddMetadata("authorization", identity_.UserBearer("county"));
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  common::v1::WatchRequest watch;
  watch.add_kinds("problems");
  const auto stream = totals_->Watch(&context, watch);
  common::v1::WatchResponse message;
  std::vector<common::v1::Change> changes;
  while (changes.size() < 2 && stream->Read(&message)) {
    changes.insert(changes.end(), message.changes().begin(), message.changes().end());
    EXPECT_EQ(message.SerializeAsString().find("登记有误"), std::string::npos);
  }
  context.TryCancel();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].resource(), problem.name());
  EXPECT_EQ(changes[0].unit(), "units/B1");
  EXPECT_EQ(changes[1].kind(), common::v1::CHANGE_KIND_UPDATED);
}

TEST_F(RectificationTest, TheRulesInForceCanBeRead) {
  const auto rules = Must("viewer", &Problems::GetRectificationRules, v1::GetRectificationRulesRequest());
  EXPECT_EQ(rules.policy().version(), "default-1");
  EXPECT_EQ(rules.calendar().years_size(), 2);
}

// Events, as callers send them, with the etag they have read.
class RaceTest : public RectificationTest {
 protected:
  using Send = std::function<absl::Status(const v1::Problem&)>;

  template <typename Request>
  Send Sends(
      grpc::Status (Problems::*method)(grpc::ClientContext*, const Request&, v1::Problem*),
      std::function<void(Request&)> fill = [](Request&) {}) {
    return [this, method, fill](const v1::Problem& problem) {
      auto request = On<Request>(problem);
      request.set_etag(problem.etag());
      fill(request);
      return Ask("inspector", method, request).status();
    };
  }
  static void SetDate(google::type::Date& date) {
    date.set_year(2039);
    date.set_month(1);
    date.set_day(7);
  }

  std::map<int, Send> Senders() {
    std::map<int, Send> all;
    all[v1::PROBLEM_EVENT_UPDATE] = [this](const v1::Problem& problem) {
      v1::UpdateProblemRequest request;
      request.mutable_problem()->set_name(problem.name());
      request.mutable_problem()->set_etag(problem.etag());
      request.mutable_problem()->set_measures("另行补齐");
      return Ask("inspector", &Problems::UpdateProblem, request).status();
    };
    all[v1::PROBLEM_EVENT_ASSIGN] = Sends(&Problems::AssignProblem);
    all[v1::PROBLEM_EVENT_START] = Sends(&Problems::StartProblem);
    all[v1::PROBLEM_EVENT_SUBMIT] = Sends<v1::SubmitProblemRequest>(&Problems::SubmitProblem, AddEvidence);
    all[v1::PROBLEM_EVENT_CLOSE] = Sends<v1::VerifyProblemRequest>(
        &Problems::VerifyProblem, [](v1::VerifyProblemRequest& r) { r.set_verdict(v1::VERDICT_CLOSE); });
    all[v1::PROBLEM_EVENT_RETURN] = Sends<v1::VerifyProblemRequest>(
        &Problems::VerifyProblem, [](v1::VerifyProblemRequest& r) { r.set_verdict(v1::VERDICT_RETURN); });
    all[v1::PROBLEM_EVENT_REOPEN] = Sends(&Problems::ReopenProblem);
    all[v1::PROBLEM_EVENT_CANCEL] = Sends(&Problems::CancelProblem);
    all[v1::PROBLEM_EVENT_REQUEST_EXTENSION] = Sends<v1::RequestExtensionRequest>(
        &Problems::RequestExtension, [](v1::RequestExtensionRequest& r) { SetDate(*r.mutable_due_date()); });
    all[v1::PROBLEM_EVENT_GRANT_EXTENSION] = Sends<v1::DecideExtensionRequest>(
        &Problems::DecideExtension, [](v1::DecideExtensionRequest& r) { r.set_granted(true); });
    all[v1::PROBLEM_EVENT_REFUSE_EXTENSION] = Sends(&Problems::DecideExtension);
    all[v1::PROBLEM_EVENT_PAUSE] = Sends(&Problems::PauseProblem);
    all[v1::PROBLEM_EVENT_RESUME] = Sends(&Problems::ResumeProblem);
    all[v1::PROBLEM_EVENT_LOOK_BACK] = Sends(&Problems::RecordLookBack);
    return all;
  }

  v1::Problem Read(const v1::Problem& problem) {
    v1::GetProblemRequest get;
    get.set_name(problem.name());
    return Must("inspector", &Problems::GetProblem, get);
  }
  v1::Problem Ask2Extend(const v1::Problem& problem) {
    auto request = On<v1::RequestExtensionRequest>(problem);
    SetDate(*request.mutable_due_date());
    return Must("clerk", &Problems::RequestExtension, request);
  }
  v1::Problem Assigned() { return Must("county", &Problems::AssignProblem, On<v1::AssignProblemRequest>(Create())); }
  v1::Problem Returned() {
    const v1::Problem problem = Begun();
    Submit("clerk", problem);
    return Must("county", &Problems::VerifyProblem, Verify(problem, v1::VERDICT_RETURN));
  }
  v1::Problem Closed() {
    const v1::Problem problem = Begun();
    Submit("clerk", problem);
    return Must("county", &Problems::VerifyProblem, Verify(problem, v1::VERDICT_CLOSE));
  }
  v1::Problem Paused(const v1::Problem& problem) {
    return Must("county", &Problems::PauseProblem, On<v1::PauseProblemRequest>(problem));
  }
};

TEST_F(RaceTest, OfEightWhoActAtOnceOneWins) {
  const std::vector<std::function<v1::Problem()>> starts = {
      [this] { return Create(); },
      [this] { return Assigned(); },
      [this] { return Ask2Extend(Assigned()); },
      [this] { return Paused(Assigned()); },
      [this] { return Begun(); },
      [this] { return Ask2Extend(Begun()); },
      [this] { return Paused(Begun()); },
      [this] { return Submit("clerk", Begun()); },
      [this] { return Returned(); },
      [this] { return Ask2Extend(Returned()); },
      [this] { return Closed(); },
      [this] { return Must("county", &Problems::ReopenProblem, On<v1::ReopenProblemRequest>(Closed())); },
  };
  const std::map<int, Send> senders = Senders();
  int races = 0;
  std::set<int> raced;
  for (const auto& start : starts) {
    const std::vector<int> events = Allowed(Read(start()));
    ASSERT_FALSE(events.empty());
    for (size_t a = 0; a < events.size(); ++a) {
      for (size_t b = a; b < events.size(); ++b) {
        // What a reopened problem lacks to be assigned is a matter of the request.
        const v1::Problem problem = Read(start());
        if (problem.state() == v1::PROBLEM_STATE_REOPENED) {
          v1::UpdateProblemRequest due;
          due.mutable_problem()->set_name(problem.name());
          due.mutable_problem()->set_working_days(9);
          Must("county", &Problems::UpdateProblem, due);
        }
        const v1::Problem read = Read(problem);
        std::array<absl::Status, 8> results;
        std::vector<std::thread> clients;
        for (size_t i = 0; i < results.size(); ++i) {
          const Send& send = senders.at(events[i % 2 == 0 ? a : b]);
          clients.emplace_back([&send, &read, &result = results[i]] { result = send(read); });
        }
        for (std::thread& client : clients) client.join();
        int won = 0;
        for (const absl::Status& result : results) {
          won += result.ok() ? 1 : 0;
          if (result.ok()) continue;
          EXPECT_TRUE(absl::IsAborted(result) || absl::IsFailedPrecondition(result)) << result;
          EXPECT_NE(common::ReasonOf(result), "") << result;
        }
        EXPECT_EQ(won, 1) << read.state() << ": " << events[a] << " against " << events[b] << ": " << results[0];
        v1::ListProblemHistoryRequest history;
        history.set_parent(read.name());
        const auto steps = Must("inspector", &Problems::ListProblemHistory, history).steps();
        EXPECT_TRUE(steps[steps.size() - 1].event() == events[a] || steps[steps.size() - 1].event() == events[b]);
        ++races;
        raced.insert({events[a], events[b]});
      }
    }
  }
  EXPECT_GT(races, 100);
  EXPECT_EQ(raced.size(), senders.size());
  const auto audit =
      Call("admin", *totals_, &v1::RectificationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
  EXPECT_EQ(audit->difference_count(), 0);
}

}  // namespace
}  // namespace ronghe::rectification
