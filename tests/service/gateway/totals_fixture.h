#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ronghe/gateway/v1/overview_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"
#include "tests/service/gateway/fixture.h"
#include "tests/service/gateway/stand_in_summaries.h"
#include "tests/support/eventually.h"

namespace ronghe::tests {

// The gateway before four services that tell of their totals. The unit's number: `units` of organization,
// `branch_assemblies_expected` of education, `problems_found` of rectification, `units_assessed` of assessment.
class TotalsTest : public GatewayTest {
 protected:
  void SetUp() override {
    organization_.totals.feed = true;
    organization_.organization.summaries = [this](auto* context, const auto* request, auto* response) {
      return organization_.totals.Answer(context, *request, *response);
    };
    for (StandInSummaries* totals : All()) {
      totals->Set(4, {{"units/C1", 100}, {"units/T1", 60}, {"units/T2", 30}, {"units/B1", 60}});
    }
    GatewayTest::SetUp();
    stub_ = gateway::v1::OverviewService::NewStub(channel_);
  }
  void Configure(gateway::Config& config) override {
    config.education = education_.address();
    config.rectification = rectification_.address();
    config.assessment = assessment_.address();
  }
  std::vector<StandInSummaries*> All() {
    return {&organization_.totals, &education_.totals, &rectification_.totals, &assessment_.totals};
  }
  int Loads() {
    int loads = 0;
    for (StandInSummaries* totals : All()) loads += totals->Loads();
    return loads;
  }
  absl::StatusOr<gateway::v1::Overview> Get(const std::string& subject, const std::string& unit,
                                            const std::string& token = "") {
    gateway::v1::GetOverviewRequest request;
    request.set_unit(unit);
    if (!token.empty()) request.add_min_revision(token);
    gateway::v1::Overview overview;
    const grpc::Status status = stub_->GetOverview(As(subject).get(), request, &overview);
    if (!status.ok()) return common::FromGrpc(status);
    return overview;
  }
  // Asks until an answer came without any service being asked: all four are followed and the answer is kept.
  void Warm(const std::string& unit) {
    Eventually([&] {
      const int before = Loads();
      return Get("li", unit).ok() && Loads() == before;
    });
  }
  // Reads for a while after a write that the feed does not tell of: an old answer may only be given to those who asked
  // within a second of it, or be marked. `from` is the figure that may be kept, `to` another.
  void ExpectNothingOlderThanASecond(absl::Duration how_long, int64_t from = 60, int64_t to = 61) {
    ASSERT_NE(from, to);
    const absl::Time written = absl::Now();
    education_.totals.Set(4, {{"units/T1", to}});
    bool seen = false;
    while (absl::Now() - written < how_long) {
      const absl::Time asked = absl::Now();
      const auto overview = Get("li", "units/T1");
      ASSERT_TRUE(overview.ok()) << overview.status();
      const bool old = overview->education().branch_assemblies_expected() == from;
      if (old) {
        EXPECT_LT(asked - written, absl::Seconds(1) + absl::Milliseconds(20));
        EXPECT_FALSE(seen);
      } else {
        EXPECT_EQ(overview->education().branch_assemblies_expected(), to);
        seen = true;
      }
      Pause();
    }
    EXPECT_TRUE(seen);
  }
  static void Eventually(const std::function<bool()>& condition, absl::Duration within = absl::Seconds(20)) {
    const absl::Time deadline = absl::Now() + within;
    while (!condition()) {
      ASSERT_LT(absl::Now(), deadline);
      Pause();
    }
  }

  StandInService education_{"education"};
  StandInService rectification_{"rectification"};
  StandInService assessment_{"assessment"};
  std::unique_ptr<gateway::v1::OverviewService::Stub> stub_;
};

}  // namespace ronghe::tests
