// Risk points and their reviews, on every engine: reviewed in time or late, and a failed review is a problem, once.
#include <thread>

#include "services/rectification/app/risk_app.h"
#include "services/rectification/storage/sql_risk_store.h"
#include "tests/storage/problem_fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class ProblemRiskTest : public ProblemTestBase {
 protected:
  void SetUp() override {
    ProblemTestBase::SetUp();
    risk_store_.emplace(*database_, *log_, *texts_, zone_);
    risks_.emplace(RiskApp::Parts{*risk_store_, *app_, units_, rights_, calendar(), policy_.policy, signer_});
    timers_->Handle(std::string(kRiskTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlRiskTxn risk_txn(txn, *texts_, zone_);
      return risks_->Due(risk_txn, RiskPointId(timer.record), timer.due);
    });
  }
  static RiskFields Sent() {
    RiskFields fields;
    fields.unit = "units/B1";
    fields.owner = "members/77";
    fields.point.title = "物资采购";
    fields.point.category = "finance";
    fields.point.rating = RiskRating::kMedium;
    fields.point.description = "李四一人询价";
    fields.point.measures = "两人以上询价";
    return fields;
  }
  RiskView Registered(const RiskFields& fields = Sent()) {
    const auto view = risks_->Create(By("clerk"), fields, {});
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(RiskView());
  }
  static NewReview Passed() {
    NewReview fields;
    fields.review.result = RiskReviewResult::kPassed;
    fields.review.basis = "询价单三份";
    return fields;
  }
  static NewReview Failed() {
    NewReview fields;
    fields.review.result = RiskReviewResult::kFailed;
    fields.review.finding = "王五未附询价单";
    fields.working_days = 5;
    return fields;
  }
  absl::StatusOr<RiskReviewView> Review(const RiskView& risk, const NewReview& fields,
                                        const common::WriteOptions& options = {}) {
    return risks_->Review(By("deputy"), NameOf(risk.stored.id), fields, options);
  }
  RiskPoint Standing(const RiskView& risk) {
    return risks_->Get(By("clerk"), NameOf(risk.stored.id)).value().stored.point;
  }
  std::vector<std::string> FaultsOf(const absl::Status& status) {
    std::vector<std::string> faults;
    for (const common::Violation& one : common::ViolationsOf(status)) faults.push_back(one.field + " " + one.reason);
    return faults;
  }

  std::optional<SqlRiskStore> risk_store_;
  std::optional<RiskApp> risks_;
};
INSTANTIATE_ENGINES(ProblemRiskTest);

TEST_P(ProblemRiskTest, AFailedReviewOpensAProblemOnce) {
  const RiskView risk = Registered();
  EXPECT_EQ(risk.stored.point.next_review, kToday + 180);
  EXPECT_THAT(Totals(), ElementsAre(Pair("risk_points", 1)));
  common::WriteOptions options;
  options.key = {"deputy", "1f8b", "digest"};
  const RiskReviewView failed = Review(risk, Failed(), options).value();
  EXPECT_EQ(failed.stored.review.number, 1);
  EXPECT_TRUE(failed.stored.review.on_time);
  // A retry answers the same.
  const RiskReviewView again = Review(risk, Failed(), options).value();
  EXPECT_EQ(again.stored.review.problem, failed.stored.review.problem);
  EXPECT_EQ(again.stored.review.finding, "王五未附询价单");
  const ProblemPage page = query_->List(By("county"), {"units/C", true, 0, "", "", ""}).value();
  ASSERT_EQ(page.problems.size(), 1u);
  const Problem& problem = page.problems[0].stored.problem;
  EXPECT_EQ(page.problems[0].stored.id.value, failed.stored.review.problem);
  EXPECT_EQ(problem.cause, NameOf(risk.stored.id) + "/reviews/1");
  EXPECT_EQ(problem.source, ProblemSource::kOther);
  EXPECT_EQ(problem.category, "finance");
  EXPECT_EQ(problem.person, 77);
  EXPECT_EQ(problem.description, "王五未附询价单");
  EXPECT_EQ(problem.due, Day(2026, 11, 23));
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("risk_points", 1), Pair("risk_reviews", 1),
                                             Pair("risk_reviews_on_time", 1), Pair("risk_reviews_failed", 1),
                                             Pair("problems_found", 1), Pair("problems_open", 1)));
  EXPECT_EQ(Standing(risk).failed, 1);
  for (const char* table : {"risk_point", "risk_review"}) {
    for (const char* name : {"李四", "王五", "询价"}) {
      EXPECT_EQ(Count(fmt::format("SELECT COUNT(*) FROM {} WHERE CAST(texts AS TEXT) LIKE '%{}%'", table, name)), 0);
    }
  }
}

TEST_P(ProblemRiskTest, AReviewThatIsLateIsLateOnceAndByTheClock) {
  const RiskView risk = Registered();
  const Day due = kToday + 180;
  GoTo(due, 23);
  EXPECT_EQ(Fire(), 0);
  GoTo(due + 1, 0);
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(risks_->List(By("county"), {"units/C", true, "overdue = TRUE", 0, ""}).value().points.size(), 1u);
  EXPECT_EQ(Totals().at("risk_reviews_overdue"), 1);
  // No other date takes the lateness away: only a review does.
  RiskFields later;
  later.point.next_review = due + 30;
  EXPECT_THAT(FaultsOf(risks_->Update(By("clerk"), NameOf(risk.stored.id), later, {}).status()),
              ElementsAre("risk_point.next_review_date TOO_LATE"));
  const RiskReviewView done = Review(risk, Passed()).value();
  EXPECT_FALSE(done.stored.review.on_time);
  EXPECT_EQ(done.stored.review.due, due);
  EXPECT_FALSE(Standing(risk).overdue);
  EXPECT_EQ(Standing(risk).next_review, due + 1 + 180);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("risk_points", 1), Pair("risk_reviews", 1)));
  GoTo(due + 1 + 181);
  EXPECT_EQ(Fire(), 1);
}

TEST_P(ProblemRiskTest, TheOwnerDoesNotReviewAndWhatIsRetiredIsFinal) {
  const RiskView risk = Registered();
  common::Call owner = By("clerk");
  owner.actor.member_id = 77;
  const std::string name = NameOf(risk.stored.id);
  EXPECT_EQ(ReasonOf(risks_->Review(owner, name, Passed(), {}).status()), "OWN_RISK_POINT");
  EXPECT_EQ(Standing(risk).reviews, 0);
  EXPECT_THAT(FaultsOf(risks_->Retire(By("clerk"), name, "", {}).status()), ElementsAre("reason REQUIRED"));
  const RiskView retired = risks_->Retire(By("clerk"), name, "不再采购", {}).value();
  EXPECT_EQ(retired.stored.point.retire_reason, "不再采购");
  EXPECT_FALSE(retired.stored.point.next_review.has_value());
  EXPECT_EQ(ReasonOf(Review(risk, Passed()).status()), "RISK_POINT_STATE");
  EXPECT_EQ(ReasonOf(risks_->Update(By("clerk"), name, Sent(), {}).status()), "RISK_POINT_STATE");
  EXPECT_EQ(ReasonOf(risks_->Retire(By("clerk"), name, "又一次", {}).status()), "RISK_POINT_STATE");
  GoTo(kToday + 400);
  EXPECT_EQ(Fire(), 0);
  EXPECT_THAT(Totals(), IsEmpty());
  EXPECT_THAT(risks_->List(By("county"), {"units/C", true, "", 0, ""}).value().points, IsEmpty());
  EXPECT_EQ(risks_->List(By("county"), {"units/C", true, "state = RETIRED", 0, ""}).value().points.size(), 1u);
}

TEST_P(ProblemRiskTest, AGraverRatingBringsTheReviewNearer) {
  const RiskView risk = Registered();
  const std::string name = NameOf(risk.stored.id);
  GoTo(kToday + 10);
  RiskFields graver;
  graver.point.rating = RiskRating::kHigh;
  common::WriteOptions stale;
  stale.etag = "0.0";
  EXPECT_EQ(ReasonOf(risks_->Update(By("clerk"), name, graver, stale).status()), "ETAG_MISMATCH");
  EXPECT_EQ(risks_->Update(By("clerk"), name, graver, {}).value().stored.point.next_review, kToday + 90);
  GoTo(kToday + 91);
  EXPECT_EQ(Fire(), 1);  // and no other on the day that it had before
  GoTo(kToday + 200);
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(Standing(risk).measures, "两人以上询价");
}

TEST_P(ProblemRiskTest, EveryFaultIsNamedAndNothingIsDone) {
  RiskFields fields = Sent();
  fields.unit = "B1";
  fields.owner = "李四";
  fields.point.title = "";
  fields.point.category = "none";
  fields.point.rating = RiskRating::kUnspecified;
  fields.point.measures = "";
  fields.point.next_review = kToday - 1;
  EXPECT_THAT(
      FaultsOf(risks_->Create(By("clerk"), fields, {}).status()),
      UnorderedElementsAre("risk_point.title REQUIRED", "risk_point.category UNKNOWN_VALUE",
                           "risk_point.rating REQUIRED", "risk_point.measures REQUIRED", "risk_point.owner BAD_NAME",
                           "risk_point.next_review_date IN_PAST", "risk_point.unit BAD_NAME"));
  const RiskView risk = Registered();
  NewReview empty;
  EXPECT_THAT(FaultsOf(Review(risk, empty).status()), ElementsAre("review.result REQUIRED"));
  NewReview silent = Failed();
  silent.review.finding = "";
  silent.next = kToday + 181;
  EXPECT_THAT(FaultsOf(Review(risk, silent).status()),
              UnorderedElementsAre("review.finding REQUIRED", "next_review_date TOO_LATE"));
  common::WriteOptions tried;
  tried.validate_only = true;
  EXPECT_EQ(Review(risk, Failed(), tried).value().stored.risk.revision, 0);
  EXPECT_THAT(Totals(), ElementsAre(Pair("risk_points", 1)));
  // Outside the scope there is nothing.
  EXPECT_EQ(risks_->Get(By("clerk", kT2), NameOf(risk.stored.id)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(risks_->Review(By("clerk", kT2), NameOf(risk.stored.id), Passed(), {}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(risks_->List(By("clerk", kT2), {"units/B1", false, "", 0, ""}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(ProblemRiskTest, ListsGoByTheDayOfTheReviewPageByPage) {
  for (const int days : {40, 10, 30, 20, 50}) {
    RiskFields fields = Sent();
    fields.unit = days < 30 ? "units/B3" : "units/B1";
    fields.point.next_review = kToday + days;
    fields.point.rating = days == 20 ? RiskRating::kHigh : RiskRating::kLow;
    Registered(fields);
  }
  std::vector<Day> days;
  std::string token;
  do {
    const RiskPage page = risks_->List(By("county"), {"units/C", true, "", 2, token}).value();
    EXPECT_LE(page.points.size(), 2u);
    for (const RiskView& one : page.points) days.push_back(*one.stored.point.next_review);
    token = page.next_page_token;
  } while (!token.empty());
  EXPECT_THAT(days, ElementsAre(kToday + 10, kToday + 20, kToday + 30, kToday + 40, kToday + 50));
  EXPECT_EQ(risks_->List(By("county"), {"units/C", true, "rating = HIGH", 0, ""}).value().points.size(), 1u);
  EXPECT_EQ(risks_->List(By("county"), {"units/B1", false, "", 0, ""}).value().points.size(), 3u);
  EXPECT_THAT(FaultsOf(risks_->List(By("county"), {"units/C", true, "rating = GRAVE", 0, ""}).status()),
              ElementsAre("filter UNKNOWN_VALUE"));
  const RiskView risk = risks_->List(By("county"), {"units/B1", false, "", 1, ""}).value().points.at(0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Review(risk, Passed()).ok());
  const RiskReviewPage first = risks_->Reviews(By("clerk"), NameOf(risk.stored.id), 2, "").value();
  ASSERT_EQ(first.reviews.size(), 2u);
  EXPECT_EQ(first.reviews[0].number, 3);
  const RiskReviewPage rest = risks_->Reviews(By("clerk"), NameOf(risk.stored.id), 2, first.next_page_token).value();
  ASSERT_EQ(rest.reviews.size(), 1u);
  EXPECT_EQ(rest.reviews[0].basis, "询价单三份");
  EXPECT_EQ(rest.next_page_token, "");
}

TEST_P(ProblemRiskTest, OfManyFailedReviewsEachIsAProblemOfItsOwn) {
  const RiskView risk = Registered();
  std::vector<absl::Status> results(8);
  std::vector<std::thread> senders;
  for (absl::Status& result : results) {
    senders.emplace_back([this, &result, &risk] {
      common::WriteOptions options;
      options.key = {"deputy", "one", "digest"};
      result = Review(risk, Failed(), options).status();
    });
  }
  for (std::thread& sender : senders) sender.join();
  for (const absl::Status& result : results) EXPECT_TRUE(result.ok()) << result;
  EXPECT_EQ(Totals().at("problems_found"), 1);  // one request, sent eight times
  EXPECT_TRUE(Review(risk, Failed()).ok());
  EXPECT_EQ(Totals().at("problems_found"), 2);
}

}  // namespace
}  // namespace ronghe::rectification
