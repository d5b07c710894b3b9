// Risk points over real gRPC: registered, reviewed, retired, and who may.
#include "ronghe/rectification/v1/risk_point_service.grpc.pb.h"

#include <gmock/gmock.h>

#include "tests/service/rectification/fixture.h"

namespace ronghe::rectification {
namespace {

class RiskPointServiceTest : public RectificationTest {
 protected:
  using Risks = v1::RiskPointService::Stub;

  void SetUp() override {
    RectificationTest::SetUp();
    risks_ = v1::RiskPointService::NewStub(server_->channel);
  }
  static v1::CreateRiskPointRequest NewRisk(const std::string& unit = "B1") {
    v1::CreateRiskPointRequest request;
    v1::RiskPoint& point = *request.mutable_risk_point();
    point.set_unit("units/" + unit);
    point.set_title("工程招标");
    point.set_category("finance");
    point.set_rating(v1::RISK_RATING_HIGH);
    point.set_owner("members/4711");
    point.set_description("评标委员由一人选定");
    point.set_measures("随机抽取");
    return request;
  }

  std::unique_ptr<Risks> risks_;
};

TEST_F(RiskPointServiceTest, ARiskPointIsKeptUnderReview) {
  EXPECT_EQ(ReasonOf(Call("viewer", *risks_, &Risks::CreateRiskPoint, NewRisk())), "ROLE_MISSING");
  EXPECT_EQ(Call("stranger", *risks_, &Risks::CreateRiskPoint, NewRisk()).status().code(), absl::StatusCode::kNotFound);
  v1::CreateRiskPointRequest undated = NewRisk();
  undated.mutable_risk_point()->mutable_next_review_date()->set_month(13);
  EXPECT_EQ(common::ViolationsOf(Call("clerk", *risks_, &Risks::CreateRiskPoint, undated).status()).front().field,
            "risk_point.next_review_date");
  const auto risk = Call("clerk", *risks_, &Risks::CreateRiskPoint, NewRisk());
  ASSERT_TRUE(risk.ok()) << risk.status();
  EXPECT_EQ(risk->state(), v1::RISK_POINT_STATE_ACTIVE);
  EXPECT_TRUE(risk->has_next_review_date());
  v1::ReviewRiskPointRequest review;
  review.set_name(risk->name());
  review.mutable_review()->set_result(v1::RISK_REVIEW_RESULT_FAILED);
  review.mutable_review()->set_finding("三次由同一人选定");
  review.set_working_days(10);
  const auto failed = Call("county", *risks_, &Risks::ReviewRiskPoint, review);
  ASSERT_TRUE(failed.ok()) << failed.status();
  EXPECT_EQ(failed->name(), risk->name() + "/reviews/1");
  EXPECT_NE(failed->revision(), "");
  v1::GetProblemRequest get;
  get.set_name(failed->problem());
  const v1::Problem problem = Must("clerk", &Problems::GetProblem, get);
  EXPECT_EQ(problem.cause(), failed->name());
  EXPECT_EQ(problem.person(), "members/4711");
  EXPECT_EQ(problem.description(), "三次由同一人选定");
  // Whoever may not read texts sees everything else.
  v1::GetRiskPointRequest read;
  read.set_name(risk->name());
  const auto masked = Call("viewer", *risks_, &Risks::GetRiskPoint, read);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->description(), "");
  EXPECT_EQ(masked->measures(), "");
  EXPECT_EQ(masked->title(), "工程招标");
  EXPECT_EQ(masked->failed_count(), 1);
  v1::ListRiskReviewsRequest reviews;
  reviews.set_parent(risk->name());
  EXPECT_EQ(Call("viewer", *risks_, &Risks::ListRiskReviews, reviews)->reviews(0).finding(), "");
  EXPECT_EQ(Call("clerk", *risks_, &Risks::ListRiskReviews, reviews)->reviews(0).finding(), "三次由同一人选定");
  for (const char* other : {"stranger"}) {
    EXPECT_EQ(Call(other, *risks_, &Risks::GetRiskPoint, read).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(Call(other, *risks_, &Risks::ReviewRiskPoint, review).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(Call(other, *risks_, &Risks::ListRiskReviews, reviews).status().code(), absl::StatusCode::kNotFound);
  }
  v1::UpdateRiskPointRequest update;
  update.mutable_risk_point()->set_name(risk->name());
  update.mutable_risk_point()->set_etag(risk->etag());  // of before the review
  update.mutable_risk_point()->set_measures("由监督员抽取");
  EXPECT_EQ(ReasonOf(Call("clerk", *risks_, &Risks::UpdateRiskPoint, update)), "ETAG_MISMATCH");
  update.mutable_risk_point()->clear_etag();
  EXPECT_EQ(Call("clerk", *risks_, &Risks::UpdateRiskPoint, update)->measures(), "由监督员抽取");
  v1::RetireRiskPointRequest retire;
  retire.set_name(risk->name());
  retire.set_reason("不再招标");
  EXPECT_EQ(Call("clerk", *risks_, &Risks::RetireRiskPoint, retire)->state(), v1::RISK_POINT_STATE_RETIRED);
  const auto refused = Call("county", *risks_, &Risks::ReviewRiskPoint, review);
  EXPECT_EQ(ReasonOf(refused), "RISK_POINT_STATE");
  v1::ListRiskPointsRequest list;
  list.set_parent("units/370783");
  list.set_subtree(true);
  EXPECT_EQ(Call("county", *risks_, &Risks::ListRiskPoints, list)->risk_points_size(), 0);
}

// Whoever is answered texts is in the audit log before; whoever is not is not.
TEST_F(RiskPointServiceTest, EveryReadingOfTextsIsRecorded) {
  Grant("auditor", common::v1::ROLE_AUDITOR, "370783");
  CatchUp();
  const v1::Problem problem = Create();
  const auto risk = Call("clerk", *risks_, &Risks::CreateRiskPoint, NewRisk());
  ASSERT_TRUE(risk.ok()) << risk.status();
  organization::v1::ListAuditEntriesRequest list;
  list.set_parent("units/370783");
  const auto readings = [&](const std::string& who) {
    const auto response = Call(who, *totals_, &v1::RectificationService::Stub::ListAuditEntries, list);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> found;
    if (!response.ok()) return found;
    for (const auto& one : response->entries()) {
      found.push_back(one.action() + " " + one.resource() + " " + one.unit() + " " + one.actor());
    }
    return found;
  };
  EXPECT_THAT(readings("auditor"), testing::IsEmpty());  // what was written is not read
  v1::GetProblemRequest get;
  get.set_name(problem.name());
  EXPECT_NE(Must("clerk", &Problems::GetProblem, get).description(), "");
  EXPECT_EQ(Must("viewer", &Problems::GetProblem, get).description(), "");
  EXPECT_EQ(Ask("stranger", &Problems::GetProblem, get).status().code(), absl::StatusCode::kNotFound);
  v1::ListRiskPointsRequest points;
  points.set_parent("units/B1");
  EXPECT_NE(Call("county", *risks_, &Risks::ListRiskPoints, points)->risk_points(0).measures(), "");
  // A write that only tries is a way to read.
  v1::UpdateRiskPointRequest update;
  update.mutable_risk_point()->set_name(risk->name());
  update.mutable_risk_point()->set_title("工程");
  update.set_validate_only(true);
  EXPECT_NE(Call("county", *risks_, &Risks::UpdateRiskPoint, update)->description(), "");
  const std::vector<std::string> found = readings("auditor");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_THAT(found[2], testing::StartsWith("GetProblem " + problem.name() + " units/B1 "));
  EXPECT_THAT(found[2], testing::EndsWith("|clerk"));
  EXPECT_THAT(found[1], testing::StartsWith("ListRiskPoints units/B1 units/B1 "));
  EXPECT_THAT(found[0], testing::StartsWith("UpdateRiskPoint " + risk->name() + " units/B1 "));
  EXPECT_EQ(ReasonOf(Call("clerk", *totals_, &v1::RectificationService::Stub::ListAuditEntries, list)), "ROLE_MISSING");
  organization::v1::VerifyAuditLogRequest verify;
  verify.set_parent("units/370783");
  const auto verified = Call("auditor", *totals_, &v1::RectificationService::Stub::VerifyAuditLog, verify);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_TRUE(verified->intact());
  ASSERT_EQ(verified->chains_size(), 1);
  EXPECT_EQ(verified->chains(0).entries(), 3);
}

}  // namespace
}  // namespace ronghe::rectification
