// Checklists over real gRPC: handed down, answered, and who may.
#include "ronghe/rectification/v1/checklist_service.grpc.pb.h"

#include "tests/service/rectification/fixture.h"

namespace ronghe::rectification {
namespace {

class ChecklistTest : public RectificationTest {
 protected:
  using Checks = v1::ChecklistService::Stub;

  void SetUp() override {
    RectificationTest::SetUp();
    checks_ = v1::ChecklistService::NewStub(server_->channel);
  }
  static v1::CreateChecklistRequest NewChecklist(const std::string& unit = "370783") {
    v1::CreateChecklistRequest request;
    v1::Checklist& checklist = *request.mutable_checklist();
    checklist.set_unit("units/" + unit);
    checklist.set_title("财务自查");
    checklist.add_kinds(organization::v1::UNIT_KIND_BRANCH);
    v1::ChecklistItem& item = *checklist.add_items();
    item.set_code("approval");
    item.set_title("支出须审批");
    item.set_category("finance");
    item.set_problem_class(v1::PROBLEM_CLASS_TIME_BOUND);
    item.set_working_days(10);
    return request;
  }
  std::vector<v1::SelfCheck> Worklist(const std::string& who, const std::string& unit) {
    v1::ListSelfChecksRequest list;
    list.set_parent("units/" + unit);
    list.set_subtree(true);
    const auto response = Call(who, *checks_, &Checks::ListSelfChecks, list);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    return {response->self_checks().begin(), response->self_checks().end()};
  }

  std::unique_ptr<Checks> checks_;
};

TEST_F(ChecklistTest, AChecklistIsHandedDownAndAnswered) {
  const auto checklist = Call("county", *checks_, &Checks::CreateChecklist, NewChecklist());
  ASSERT_TRUE(checklist.ok()) << checklist.status();
  EXPECT_EQ(ReasonOf(Call("viewer", *checks_, &Checks::CreateChecklist, NewChecklist())), "ROLE_MISSING");
  EXPECT_EQ(Call("clerk", *checks_, &Checks::CreateChecklist, NewChecklist()).status().code(),
            absl::StatusCode::kNotFound);
  v1::IssueCheckRoundRequest issue;
  issue.mutable_round()->set_checklist(checklist->name());
  issue.mutable_round()->mutable_due_date()->set_year(2039);
  issue.mutable_round()->mutable_due_date()->set_month(1);
  issue.mutable_round()->mutable_due_date()->set_day(7);
  EXPECT_EQ(Call("stranger", *checks_, &Checks::IssueCheckRound, issue).status().code(), absl::StatusCode::kNotFound);
  const auto round = Call("county", *checks_, &Checks::IssueCheckRound, issue);
  ASSERT_TRUE(round.ok()) << round.status();
  EXPECT_EQ(round->units_size(), 2);
  EXPECT_EQ(round->expected_count(), 2);
  const absl::Time deadline = common::SystemClock().Now() + absl::Seconds(30);
  while (Worklist("county", "370783").size() < 2 && common::SystemClock().Now() < deadline) tests::Pause();
  const std::vector<v1::SelfCheck> own = Worklist("clerk", "B1");
  ASSERT_EQ(own.size(), 1u);
  v1::SubmitSelfCheckRequest submit;
  submit.set_name(own[0].name());
  v1::CheckAnswer& answer = *submit.add_answers();
  answer.set_item("approval");
  answer.set_value(v1::CHECK_ANSWER_VALUE_NO);
  EXPECT_EQ(common::ViolationsOf(Call("clerk", *checks_, &Checks::SubmitSelfCheck, submit).status()).front().field,
            "answers[0].description");
  answer.set_description("三笔支出无审批");
  const auto done = Call("clerk", *checks_, &Checks::SubmitSelfCheck, submit);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state(), v1::SELF_CHECK_STATE_DONE);
  v1::GetProblemRequest get;
  get.set_name(done->answers(0).problem());
  const v1::Problem problem = Must("clerk", &Problems::GetProblem, get);
  EXPECT_EQ(problem.cause(), own[0].name() + "/items/approval");
  EXPECT_EQ(problem.source(), v1::PROBLEM_SOURCE_SELF_CHECK);
  v1::GetSelfCheckRequest read;
  read.set_name(own[0].name());
  const auto masked = Call("viewer", *checks_, &Checks::GetSelfCheck, read);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->answers(0).description(), "");
  EXPECT_EQ(masked->items(0).title(), "支出须审批");
  EXPECT_EQ(Call("stranger", *checks_, &Checks::GetSelfCheck, read).status().code(), absl::StatusCode::kNotFound);
  v1::ListCheckProgressRequest progress;
  progress.set_parent("units/370783");
  progress.set_round(round->name());
  const auto counts = Call("viewer", *checks_, &Checks::ListCheckProgress, progress);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->progress(0).expected_count(), 2);
  EXPECT_EQ(counts->progress(0).done_count(), 1);
  EXPECT_EQ(counts->progress(0).failed_count(), 1);
}

}  // namespace
}  // namespace ronghe::rectification
