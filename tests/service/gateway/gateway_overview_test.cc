#include <map>
#include <mutex>

#include <gmock/gmock.h>

#include "ronghe/gateway/v1/overview_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"
#include "tests/service/gateway/fixture.h"

namespace ronghe::tests {
namespace {

using common::v1::BatchGetSummariesRequest;
using gateway::v1::GetOverviewRequest;
using gateway::v1::ListChildOverviewsRequest;
using gateway::v1::ListChildOverviewsResponse;
using gateway::v1::Overview;
using gateway::v1::OverviewService;
using organization::v1::BatchGetSummariesResponse;
using ::testing::ElementsAre;

const std::map<std::string, int64_t> kMembers = {
    {"units/C1", 100}, {"units/T1", 60}, {"units/T2", 30}, {"units/B1", 60}};
const std::map<std::string, std::vector<std::string>> kChildren = {
    {"units/C1", {"units/T1", "units/T2"}}, {"units/T1", {"units/B1"}}, {"units/T2", {}}, {"units/B1", {}}};

grpc::Status Summaries(const BatchGetSummariesRequest& request, BatchGetSummariesResponse& response) {
  const auto add = [&](const std::string& name) {
    auto* summary = response.add_summaries();
    summary->set_unit(name);
    summary->mutable_own()->set_members(1);
    summary->mutable_total()->set_members(kMembers.at(name));
  };
  for (const std::string& name : request.units()) {
    add(name);
    if (!request.include_children()) continue;
    for (const std::string& child : kChildren.at(name)) add(child);
  }
  response.mutable_watermark()->set_position(42);
  response.mutable_watermark()->mutable_time()->set_seconds(1'790'000'000);
  return grpc::Status::OK;
}

class GatewayOverviewTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    if (channel_ != nullptr) stub_ = OverviewService::NewStub(channel_);
    Answer();
  }
  // The service answers, counting the questions.
  void Answer() {
    organization_.organization.summaries = [this](grpc::ServerContext*, const BatchGetSummariesRequest* request,
                                                  BatchGetSummariesResponse* response) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(*request);
      return Summaries(*request, *response);
    };
  }
  absl::StatusOr<Overview> Get(const std::string& subject, const std::string& unit,
                               absl::Duration timeout = absl::Seconds(20), const std::string& revision = "") {
    GetOverviewRequest request;
    request.set_unit(unit);
    if (!revision.empty()) request.add_min_revision(revision);
    Overview overview;
    const grpc::Status status = stub_->GetOverview(As(subject, timeout).get(), request, &overview);
    if (!status.ok()) return common::FromGrpc(status);
    return overview;
  }
  absl::StatusOr<ListChildOverviewsResponse> List(const std::string& subject, const std::string& unit,
                                                  int page_size = 0, const std::string& token = "") {
    ListChildOverviewsRequest request;
    request.set_unit(unit);
    request.set_page_size(page_size);
    request.set_page_token(token);
    ListChildOverviewsResponse response;
    const grpc::Status status = stub_->ListChildOverviews(As(subject).get(), request, &response);
    if (!status.ok()) return common::FromGrpc(status);
    return response;
  }
  static std::vector<std::string> Names(const ListChildOverviewsResponse& response) {
    std::vector<std::string> names;
    for (const Overview& overview : response.overviews()) names.push_back(overview.unit());
    return names;
  }
  std::unique_ptr<OverviewService::Stub> stub_;
  std::mutex mutex_;
  std::vector<BatchGetSummariesRequest> asked_;
};

TEST_F(GatewayOverviewTest, AUnitWithItsFigures) {
  const auto overview = Get("li", "units/C1");
  ASSERT_TRUE(overview.ok()) << overview.status();
  EXPECT_EQ(overview->title(), "寿光市");
  EXPECT_EQ(overview->level(), organization::v1::LEVEL_COUNTY);
  EXPECT_EQ(overview->child_count(), 2);
  EXPECT_EQ(overview->organization().members(), 100);
  ASSERT_EQ(overview->parts_size(), 4);
  EXPECT_EQ(overview->parts(0).service(), "organization");
  EXPECT_EQ(overview->parts(0).position(), 42);
  EXPECT_FALSE(overview->parts(0).stale() || overview->parts(0).missing());
}

TEST_F(GatewayOverviewTest, ChildrenInOneRead) {
  const auto response = List("li", "units/C1");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(Names(*response), ElementsAre("units/T1", "units/T2"));
  EXPECT_EQ(response->overviews(0).organization().members(), 60);
  EXPECT_EQ(response->overviews(0).child_count(), 1);  // the dissolved one is not counted
  EXPECT_EQ(response->total().organization().members(), 100);
  EXPECT_EQ(response->next_page_token(), "");
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_TRUE(asked_[0].include_children());
}

TEST_F(GatewayOverviewTest, PagesOfChildren) {
  const auto first = List("li", "units/C1", 1);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(Names(*first), ElementsAre("units/T1"));
  ASSERT_NE(first->next_page_token(), "");
  const auto second = List("li", "units/C1", 1, first->next_page_token());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(Names(*second), ElementsAre("units/T2"));
  EXPECT_EQ(second->overviews(0).organization().members(), 30);
  EXPECT_EQ(second->total().organization().members(), 100);
  EXPECT_EQ(second->next_page_token(), "");
  // A token belongs to its query, and cannot be made up.
  EXPECT_EQ(List("li", "units/T1", 1, first->next_page_token()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(List("li", "units/C1", 1, "made-up").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(List("li", "units/C1", -1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(GatewayOverviewTest, RootsOfTheCallersScope) {
  const auto all = List("li", "units/-");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(Names(*all), ElementsAre("units/C1"));
  EXPECT_FALSE(all->has_total());
  const auto some = List("wang", "units/-");
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_THAT(Names(*some), ElementsAre("units/T1"));
}

TEST_F(GatewayOverviewTest, OutsideTheScopeIsInvisible) {
  EXPECT_TRUE(Get("wang", "units/B1").ok());
  EXPECT_EQ(Get("wang", "units/T2").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("wang", "units/C1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("li", "units/NONE").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("zhao", "units/C1").status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(GatewayOverviewTest, LastKnownFiguresWhereTheServiceDoesNotAnswer) {
  ASSERT_TRUE(List("li", "units/C1").ok());
  organization_.organization.summaries = [](auto*, auto*, auto*) {
    return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
  };
  const auto stale = Get("li", "units/T2");
  ASSERT_TRUE(stale.ok()) << stale.status();
  EXPECT_EQ(stale->organization().members(), 30);
  EXPECT_TRUE(stale->parts(0).stale());
  EXPECT_FALSE(stale->parts(0).missing());
  EXPECT_EQ(stale->parts(0).position(), 42);
  const auto children = List("li", "units/C1");
  ASSERT_TRUE(children.ok()) << children.status();
  EXPECT_EQ(children->overviews(0).organization().members(), 60);
  EXPECT_TRUE(children->parts(0).stale());
}

TEST_F(GatewayOverviewTest, TitlesWithoutFiguresWhereNothingIsKnown) {
  organization_.organization.summaries = nullptr;
  const auto overview = Get("li", "units/C1");
  ASSERT_TRUE(overview.ok()) << overview.status();
  EXPECT_EQ(overview->title(), "寿光市");
  EXPECT_FALSE(overview->has_organization());
  EXPECT_TRUE(overview->parts(0).missing());
  EXPECT_FALSE(overview->parts(0).stale());
}

TEST_F(GatewayOverviewTest, AHangingServiceDoesNotHoldTheAnswerBack) {
  ASSERT_TRUE(Get("li", "units/C1").ok());
  organization_.organization.summaries = [](grpc::ServerContext* context, auto*, auto*) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    while (!context->IsCancelled()) never.wait_for(lock, std::chrono::milliseconds(10));
    return grpc::Status::CANCELLED;
  };
  const auto overview = Get("li", "units/C1", absl::Seconds(2));
  ASSERT_TRUE(overview.ok()) << overview.status();
  EXPECT_TRUE(overview->parts(0).stale());
  EXPECT_EQ(overview->organization().members(), 100);
}

TEST_F(GatewayOverviewTest, ErrorsOfTheRequestAreReturned) {
  ASSERT_TRUE(Get("li", "units/C1").ok());
  organization_.organization.summaries = [](auto*, auto*, auto*) {
    const absl::Status status = common::Unavailable("NOT_YET_VISIBLE", {"wait", "稍候"});
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "wait", common::SerializedDetails(status));
  };
  EXPECT_EQ(common::ReasonOf(Get("li", "units/C1").status()), "NOT_YET_VISIBLE");
}

TEST_F(GatewayOverviewTest, AskedForARevisionNothingOlderIsServed) {
  ASSERT_TRUE(Get("li", "units/C1").ok());
  organization_.organization.summaries = nullptr;
  const std::string token = common::MakeRevisionToken(process_->signer(), {"organization", "stand-in", 2, 5});
  const auto overview = Get("li", "units/C1", absl::Seconds(20), token);
  ASSERT_TRUE(overview.ok()) << overview.status();
  EXPECT_TRUE(overview->parts(0).missing());
  EXPECT_FALSE(overview->has_organization());
}

}  // namespace
}  // namespace ronghe::tests
