// Totals over real gRPC: periods, moves, recounts, and the feed by which other processes keep copies.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "ronghe/common/v1/summary_feed_service.grpc.pb.h"

#include "services/common/rollup/metric_set.h"
#include "services/common/values/period.h"
#include "services/organization/storage/count_rollup.h"
#include "tests/service/organization/service_fixture.h"
#include "tests/support/eventually.h"

namespace ronghe::organization {
namespace {

using Stub = v1::OrganizationService::Stub;
using Feed = common::v1::SummaryFeedService;
using ::testing::Contains;
using ::testing::IsEmpty;

std::string ThisMonth(const common::Calendar& calendar) {
  return common::MonthText(common::MonthAt(calendar, calendar.clock().Now()));
}
std::string MonthBefore(const common::Calendar& calendar) {
  const absl::CivilMonth now = common::CivilMonthOf(common::MonthAt(calendar, calendar.clock().Now()));
  return common::MonthText(common::MonthOf(now - 1));
}

class SummariesTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    MakeTree();
    feed_ = Feed::NewStub(grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->process().port()),
                                              grpc::InsecureChannelCredentials()));
  }
  absl::StatusOr<v1::BatchGetSummariesResponse> Batch(const common::v1::BatchGetSummariesRequest& request,
                                                      const std::string& subject = "admin") {
    return Units(subject, &Stub::BatchGetSummaries, request);
  }
  // The totals of units and periods, by `unit period`.
  std::map<std::string, v1::OrganizationMetrics> Totals(const common::v1::BatchGetSummariesRequest& request) {
    const absl::StatusOr<v1::BatchGetSummariesResponse> response = Batch(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::map<std::string, v1::OrganizationMetrics> totals;
    if (!response.ok()) return totals;
    for (const v1::UnitSummary& summary : response->summaries()) {
      totals[summary.unit() + " " + summary.period()] = summary.total();
    }
    return totals;
  }
  v1::Unit Move(const std::string& unit, const std::string& parent) {
    v1::MoveUnitRequest move;
    move.set_name("units/" + unit);
    move.set_parent("units/" + parent);
    const absl::StatusOr<v1::Unit> moved = Units("admin", &Stub::MoveUnit, move);
    EXPECT_TRUE(moved.ok()) << moved.status();
    return moved.ok() ? *moved : v1::Unit();
  }
  common::v1::AuditSummariesResponse Audit() {
    const auto report = Units("admin", &Stub::AuditSummaries, common::v1::AuditSummariesRequest());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : common::v1::AuditSummariesResponse();
  }
  void AsGateway(grpc::ClientContext& context) {
    context.AddMetadata("authorization", identity_.ServiceBearer("gateway"));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  std::unique_ptr<Feed::Stub> feed_;
};

TEST_F(SummariesTest, EveryMetricIsCounted) {
  const common::MetricSet metrics(v1::OrganizationMetrics::descriptor());
  std::vector<std::string> declared;
  for (const common::MetricSet::Metric& metric : metrics.all()) declared.push_back(metric.name);
  std::vector<std::string> counted;
  for (const CountMetric& metric : CountMetrics()) counted.emplace_back(metric.name);
  EXPECT_THAT(counted, ::testing::UnorderedElementsAreArray(declared));
}

TEST_F(SummariesTest, AMoveTakesTheSubtreeAlongFromItsMonthOn) {
  const common::Calendar calendar = server_->process().calendar();
  Move("370783104", "370784");
  common::v1::BatchGetSummariesRequest request;
  for (const char* unit : {"units/37", "units/370783", "units/370784"}) request.add_units(unit);
  request.add_periods(ThisMonth(calendar));
  request.add_periods(MonthBefore(calendar));
  auto totals = Totals(request);
  EXPECT_EQ(totals["units/37 " + ThisMonth(calendar)].branches(), 2);
  EXPECT_EQ(totals["units/370783 " + ThisMonth(calendar)].branches(), 0);
  EXPECT_EQ(totals["units/370784 " + ThisMonth(calendar)].branches(), 2);
  // Nothing was there a month ago.
  EXPECT_EQ(totals["units/37 " + MonthBefore(calendar)].branches(), 0);
  Move("370783104", "370783");
  totals = Totals(request);
  EXPECT_EQ(totals["units/370783 " + ThisMonth(calendar)].branches(), 2);
  EXPECT_EQ(totals["units/370784 " + ThisMonth(calendar)].branches(), 0);
  const common::v1::AuditSummariesResponse report = Audit();
  EXPECT_EQ(report.difference_count(), 0) << report.DebugString();
  EXPECT_EQ(report.units(), 7);
  EXPECT_GT(report.totals(), 0);
  EXPECT_EQ(report.service(), "organization");
}

TEST_F(SummariesTest, WrongRequestsAreToldEverythingAtOnce) {
  common::v1::BatchGetSummariesRequest request;
  for (int i = 0; i < 101; ++i) request.add_units("units/37");
  for (const char* period : {"2026-13", "2099-01", "2026-Q1"}) request.add_periods(period);
  const absl::Status status = Batch(request).status();
  std::vector<std::string> reasons;
  for (const common::Violation& violation : common::ViolationsOf(status)) {
    reasons.push_back(violation.field + " " + violation.reason);
  }
  EXPECT_THAT(reasons,
              ::testing::UnorderedElementsAre("units TOO_MANY", "periods[0] BAD_PERIOD", "periods[1] IN_FUTURE"));
  common::v1::BatchGetSummariesRequest unknown;
  unknown.add_units("units/NONE");
  EXPECT_TRUE(absl::IsNotFound(Batch(unknown).status()));
  common::v1::GetStructureDifferenceRequest difference;
  difference.set_unit("units/37");
  difference.set_period("2026");
  EXPECT_EQ(ReasonOf(Units("admin", &Stub::GetStructureDifference, difference).status()), "BAD_PERIOD");
}

TEST_F(SummariesTest, TotalsOnlyLeavesOutWhatIsOwn) {
  common::v1::BatchGetSummariesRequest request;
  request.add_units("units/37");
  request.set_include_children(true);
  request.set_totals_only(true);
  const absl::StatusOr<v1::BatchGetSummariesResponse> response = Batch(request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->summaries_size(), 3);
  EXPECT_EQ(response->summaries(1).unit(), "units/370783");
  EXPECT_EQ(response->summaries(1).total().units(), 4);
  EXPECT_FALSE(response->summaries(1).has_own());
  EXPECT_GT(response->watermark().structure_revision(), 0);
  EXPECT_FALSE(response->watermark().incarnation().empty());
}

TEST_F(SummariesTest, TheFeedTellsWhatChanged) {
  grpc::ClientContext context;
  AsGateway(context);
  const auto reader = feed_->FollowSummaries(&context, common::v1::FollowSummariesRequest());
  common::v1::FollowSummariesResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_TRUE(message.reset());
  const int64_t begin = message.position();
  const v1::Unit made = Branch("B3", "370783104");
  int64_t position = begin;
  bool told = false;
  while (!told && reader->Read(&message)) {
    EXPECT_FALSE(message.reset());
    EXPECT_GE(message.position(), position);
    position = message.position();
    told = std::count(message.unit_uids().begin(), message.unit_uids().end(), made.uid()) > 0;
    EXPECT_EQ(told && !message.structure_changed(), false);
  }
  EXPECT_TRUE(told);
  context.TryCancel();
  while (reader->Read(&message)) {
  }
  reader->Finish();

  grpc::ClientContext head_context;
  AsGateway(head_context);
  common::v1::SummaryHead head;
  ASSERT_TRUE(feed_->GetSummaryHead(&head_context, common::v1::GetSummaryHeadRequest(), &head).ok());
  EXPECT_GE(head.position(), position);
  // Where it left off, nothing is said twice and nothing is forgotten.
  grpc::ClientContext again;
  AsGateway(again);
  common::v1::FollowSummariesRequest resume;
  resume.set_incarnation(head.incarnation());
  resume.set_position(begin);
  const auto second = feed_->FollowSummaries(&again, resume);
  ASSERT_TRUE(second->Read(&message));
  EXPECT_FALSE(message.reset());
  EXPECT_THAT(message.unit_uids(), Contains(made.uid()));
  again.TryCancel();
  while (second->Read(&message)) {
  }
  second->Finish();
}

TEST_F(SummariesTest, OfSeveralWhoAdvanceAnEpochOneDoes) {
  int64_t epoch = 0;
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    AsGateway(context);
    common::v1::AdvanceCacheEpochRequest request;
    request.set_cache_epoch(1);
    common::v1::SummaryHead head;
    ASSERT_TRUE(feed_->AdvanceCacheEpoch(&context, request, &head).ok());
    EXPECT_EQ(head.cache_epoch(), 2);
    epoch = head.cache_epoch();
  }
  EXPECT_EQ(epoch, 2);
}

TEST_F(SummariesTest, TheFeedIsTheSuitesOwn) {
  grpc::ClientContext context;
  SetCaller(context, "admin");
  common::v1::SummaryHead head;
  EXPECT_EQ(feed_->GetSummaryHead(&context, common::v1::GetSummaryHeadRequest(), &head).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(SummariesTest, ADifferenceNamesOnlyWhatTheCallerMaySee) {
  const common::Calendar calendar = server_->process().calendar();
  Grant("viewer", common::v1::ROLE_VIEWER, "370784");
  common::v1::GetStructureDifferenceRequest request;
  request.set_unit("units/370784");
  request.set_period(ThisMonth(calendar));
  const auto seen = Units("viewer", &Stub::GetStructureDifference, request);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(seen->differences(), IsEmpty());
  EXPECT_EQ(seen->then().at("units"), seen->now().at("units"));
  request.set_unit("units/370783");
  EXPECT_TRUE(absl::IsNotFound(Units("viewer", &Stub::GetStructureDifference, request).status()));
}

}  // namespace
}  // namespace ronghe::organization
