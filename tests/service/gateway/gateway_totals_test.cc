#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "tests/service/gateway/totals_fixture.h"

namespace ronghe::tests {
namespace {

namespace v1 = gateway::v1;
using ::testing::ElementsAre;

class GatewayTotalsTest : public TotalsTest {};

TEST_F(GatewayTotalsTest, AnswersAreKeptUntilTheirFiguresChange) {
  Warm("units/T1");
  const auto overview = Get("li", "units/T1");
  EXPECT_EQ(overview->title(), "圣城");
  EXPECT_EQ(overview->organization().units(), 60);
  EXPECT_EQ(overview->education().branch_assemblies_expected(), 60);
  EXPECT_EQ(overview->rectification().problems_found(), 60);
  EXPECT_EQ(overview->assessment().units_assessed(), 60);
  EXPECT_EQ(overview->parts_size(), 4);
  EXPECT_FALSE(overview->structure_differs());
  Warm("units/T2");
  const int before = Loads();
  education_.totals.Set(4, {{"units/B1", 70}, {"units/T1", 70}, {"units/C1", 110}});
  Eventually([&] { return Get("li", "units/T1")->education().branch_assemblies_expected() == 70; }, absl::Seconds(1));
  EXPECT_EQ(Get("li", "units/T2")->education().branch_assemblies_expected(), 30);
  EXPECT_LE(Loads(), before + 1);  // the one service, the one unit
}

// Permission comes before what is kept, each time.
TEST_F(GatewayTotalsTest, AKeptAnswerIsNotForThoseOutsideItsScope) {
  Warm("units/C1");
  Warm("units/T2");
  EXPECT_EQ(Get("wang", "units/C1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("wang", "units/T2").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("zhao", "units/C1").status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Get("", "units/C1").status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(Get("wang", "units/T1").ok());
}

TEST_F(GatewayTotalsTest, AStalledStreamDoesNotMakeTheOldLookFresh) {
  Warm("units/T1");
  education_.totals.stalled = true;
  ExpectNothingOlderThanASecond(absl::Seconds(2));
}

TEST_F(GatewayTotalsTest, NothingKeptIsServedWhereTheHeadDoesNotAnswer) {
  Warm("units/T1");
  education_.totals.stalled = true;
  education_.totals.head_fails = true;
  ExpectNothingOlderThanASecond(absl::Seconds(2));
  education_.totals.stalled = false;
  const int before = Loads();
  ASSERT_TRUE(Get("li", "units/T1").ok());  // the stream alone is not enough
  EXPECT_GT(Loads(), before);
}

TEST_F(GatewayTotalsTest, AServiceThatIsGoneLeavesItsLastFiguresMarked) {
  Warm("units/T1");
  education_.Stop();
  Eventually([&] { return Get("li", "units/T1")->parts(1).stale(); });
  const auto overview = Get("li", "units/T1");
  EXPECT_EQ(overview->education().branch_assemblies_expected(), 60);
  EXPECT_GT(overview->parts(1).down_since().seconds(), 0);
  EXPECT_FALSE(overview->parts(0).stale());
  education_.Start();
  Eventually([&] { return !Get("li", "units/T1")->parts(1).stale(); });
}

TEST_F(GatewayTotalsTest, ManyCallersLoadOnce) {
  Warm("units/T1");
  std::atomic<int> inside{0};
  education_.totals.BeforeAnswer([&](grpc::ServerContext*) {
    ++inside;
    const absl::Time until = absl::Now() + absl::Milliseconds(100);
    while (absl::Now() < until) Pause();
    return grpc::Status::OK;
  });
  const int before = education_.totals.Loads();
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) callers.emplace_back([&] { EXPECT_TRUE(Get("li", "units/T2").ok()); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(education_.totals.Loads(), before + 1);
  education_.totals.BeforeAnswer(nullptr);
}

TEST_F(GatewayTotalsTest, WithATokenTheServicesAreAsked) {
  Warm("units/T1");
  const int before = Loads();
  const std::string token = common::MakeRevisionToken(process_->signer(), {"education", "stand-in", 2, 5});
  ASSERT_TRUE(Get("li", "units/T1", token).ok());
  EXPECT_EQ(Loads(), before + 4);
  EXPECT_THAT(education_.totals.Asked().back().min_revision(), ElementsAre(token));
}

TEST_F(GatewayTotalsTest, PartsUnderDifferentStructuresAreWaitedForThenMarked) {
  Warm("units/C1");
  organization_.totals.Move(8);
  Eventually([&] { return Get("li", "units/C1")->structure_differs(); });
  for (StandInSummaries* totals : All()) {
    if (totals != &organization_.totals) totals->Move(8);
  }
  Eventually([&] { return !Get("li", "units/C1")->structure_differs(); });
}

TEST_F(GatewayTotalsTest, ChildrenInTheOrderOfAFigureWithRankAndShare) {
  v1::ListChildOverviewsRequest request;
  request.set_unit("units/C1");
  request.set_order_by("education.branch_assemblies_expected desc");
  request.set_page_size(1);
  v1::ListChildOverviewsResponse first;
  ASSERT_TRUE(stub_->ListChildOverviews(As("li").get(), request, &first).ok());
  ASSERT_EQ(first.overviews_size(), 1);
  EXPECT_EQ(first.overviews(0).unit(), "units/T1");
  EXPECT_EQ(first.overviews(0).rank(), 1);
  EXPECT_DOUBLE_EQ(first.overviews(0).share(), 0.6);
  EXPECT_EQ(first.total().education().branch_assemblies_expected(), 100);
  request.set_page_token(first.next_page_token());
  v1::ListChildOverviewsResponse second;
  ASSERT_TRUE(stub_->ListChildOverviews(As("li").get(), request, &second).ok());
  ASSERT_EQ(second.overviews_size(), 1);
  EXPECT_EQ(second.overviews(0).unit(), "units/T2");
  EXPECT_EQ(second.overviews(0).rank(), 2);
  EXPECT_EQ(second.next_page_token(), "");
  request.set_order_by("education.branch_assemblies_expected");  // the token is another order's
  EXPECT_EQ(stub_->ListChildOverviews(As("li").get(), request, &second).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GatewayTotalsTest, APastMonthListsThoseWhoStoodThereThen) {
  // T2 came later, B1 stood directly under the county, and NONE is nothing the gateway knows.
  for (StandInService* service : {&education_, &rectification_, &assessment_}) {
    for (const char* unit : {"units/B1", "units/NONE", "units/T1"}) {
      service->totals.difference.add_children_then(unit);
    }
    service->totals.children_until = "2025-12";
  }
  const auto list = [&](const std::string& subject, const std::string& unit, const std::string& period,
                        common::v1::Structure structure) {
    v1::ListChildOverviewsRequest request;
    request.set_unit(unit);
    request.set_period(period);
    request.set_structure(structure);
    request.set_order_by("education.branch_assemblies_expected");
    v1::ListChildOverviewsResponse response;
    const grpc::Status status = stub_->ListChildOverviews(As(subject).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::string units;
    for (const v1::Overview& overview : response.overviews()) {
      units += overview.unit() + " ";
      EXPECT_EQ(overview.period(), period);
      EXPECT_LE(overview.share(), 1);
    }
    return units;
  };
  using common::v1::STRUCTURE_NOW;
  using common::v1::STRUCTURE_THEN;
  EXPECT_EQ(list("li", "units/C1", "2025-10", STRUCTURE_THEN), "units/B1 units/T1 ");
  EXPECT_EQ(list("li", "units/C1", "2025-Q4", STRUCTURE_THEN), "units/B1 units/T1 ");
  EXPECT_EQ(list("li", "units/C1", "2026-01", STRUCTURE_THEN), "");
  EXPECT_EQ(list("li", "units/C1", "2025-10", STRUCTURE_NOW), "units/T2 units/T1 ");
  // Of those that stood under T1, the viewer of T1 sees what he may see today.
  EXPECT_EQ(list("wang", "units/T1", "2025-10", STRUCTURE_THEN), "units/B1 units/T1 ");
  // Nobody answers: the units of today, with what was known last.
  for (StandInService* service : {&education_, &rectification_, &assessment_}) service->Stop();
  EXPECT_EQ(list("li", "units/C1", "2025-10", STRUCTURE_THEN), "units/T2 units/T1 ");
}

TEST_F(GatewayTotalsTest, MonthsAndUnitsBesideEachOther) {
  v1::GetTrendRequest trend;
  trend.set_unit("units/T1");
  trend.set_months(3);
  v1::GetTrendResponse months;
  ASSERT_TRUE(stub_->GetTrend(As("wang").get(), trend, &months).ok());
  ASSERT_EQ(months.overviews_size(), 3);
  EXPECT_LT(months.overviews(0).period(), months.overviews(2).period());
  EXPECT_EQ(months.overviews(0).rectification().problems_found(), 60);
  EXPECT_EQ(months.parts_size(), 4);
  v1::CompareUnitsRequest compare;
  for (const char* unit : {"units/T2", "units/T1", "units/T2"}) compare.add_units(unit);
  v1::CompareUnitsResponse units;
  ASSERT_TRUE(stub_->CompareUnits(As("li").get(), compare, &units).ok());
  ASSERT_EQ(units.overviews_size(), 3);
  EXPECT_EQ(units.overviews(2).assessment().units_assessed(), 30);
  EXPECT_EQ(stub_->CompareUnits(As("wang").get(), compare, &units).error_code(), grpc::StatusCode::NOT_FOUND);
  compare.clear_units();
  compare.set_period("2999");
  const absl::Status wrong = common::FromGrpc(stub_->CompareUnits(As("li").get(), compare, &units));
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(GatewayTotalsTest, AnExplanationNamesOnlyWhatTheCallerMaySee) {
  auto& difference = *education_.totals.difference.add_differences();
  difference.set_unit("units/B1");
  difference.set_parent_then("units/T2");
  difference.set_parent_now("units/T1");
  (*difference.mutable_amounts())["learning_records"] = 5;
  v1::ExplainOverviewRequest request;
  request.set_unit("units/T1");
  request.set_period("2026-01");
  v1::ExplainOverviewResponse all;
  ASSERT_TRUE(stub_->ExplainOverview(As("li").get(), request, &all).ok());
  EXPECT_EQ(all.services().at("education").differences(0).parent_then(), "units/T2");
  v1::ExplainOverviewResponse some;
  ASSERT_TRUE(stub_->ExplainOverview(As("wang").get(), request, &some).ok());
  const auto& seen = some.services().at("education").differences(0);
  EXPECT_EQ(seen.unit(), "units/B1");
  EXPECT_EQ(seen.parent_then(), "");
  EXPECT_EQ(seen.amounts().at("learning_records"), 5);
  EXPECT_TRUE(some.parts(0).missing());  // organization does not say
  EXPECT_FALSE(some.services().contains("organization"));
}

}  // namespace
}  // namespace ronghe::tests
