#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "tests/service/gateway/totals_fixture.h"

namespace ronghe::tests {
namespace {

namespace v1 = gateway::v1;

// A WatchOverview that is read on a thread of its own.
class Watching {
 public:
  Watching(v1::OverviewService::Stub& stub, std::unique_ptr<grpc::ClientContext> context, const std::string& unit)
      : context_(std::move(context)) {
    v1::WatchOverviewRequest request;
    request.set_unit(unit);
    reader_ = stub.WatchOverview(context_.get(), request);
    thread_ = std::thread([this] { Read(); });
  }
  ~Watching() {
    context_->TryCancel();
    thread_.join();
  }
  int pushes() {
    const std::unique_lock lock(mutex_);
    return pushes_;
  }
  v1::Overview last() {
    const std::unique_lock lock(mutex_);
    return last_;
  }
  bool WaitFor(const std::function<bool(const v1::Overview&)>& wanted, absl::Duration within = absl::Seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(within), [&] { return pushes_ > 0 && wanted(last_); });
  }
  grpc::Status End() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ended_; }));
    return status_;
  }

 private:
  void Read() {
    v1::Overview overview;
    while (reader_->Read(&overview)) {
      const std::unique_lock lock(mutex_);
      last_ = overview;
      ++pushes_;
      changed_.notify_all();
    }
    grpc::Status status = reader_->Finish();
    const std::unique_lock lock(mutex_);
    status_ = std::move(status);
    ended_ = true;
    changed_.notify_all();
  }
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::Overview>> reader_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  v1::Overview last_;
  int pushes_ = 0;
  bool ended_ = false;
  grpc::Status status_;
};

class GatewayWatchTest : public TotalsTest {
 protected:
  std::unique_ptr<Watching> Watch(const std::string& subject, const std::string& unit) {
    return std::make_unique<Watching>(*stub_, As(subject, absl::Seconds(60)), unit);
  }
  // A unit as the structure has it from `revision` on.
  static organization::v1::StreamDirectoryResponse Placed(int64_t revision, int64_t uid, int64_t parent,
                                                          const std::string& code, const std::string& title,
                                                          bool deleted) {
    organization::v1::StreamDirectoryResponse change;
    change.set_complete(true);
    change.set_incarnation("stand-in");
    change.set_position(revision);
    change.set_structure_revision(revision + 2);
    change.set_place_revision(revision);
    auto* unit = change.add_units();
    unit->set_uid(uid);
    unit->set_parent_uid(parent);
    unit->set_partition(2);
    unit->set_code(code);
    unit->set_title(title);
    unit->set_level(organization::v1::LEVEL_TOWNSHIP);
    unit->set_kind(organization::v1::UNIT_KIND_COMMITTEE);
    unit->set_state(organization::v1::UNIT_STATE_ACTIVE);
    unit->set_deleted(deleted);
    return change;
  }
  static bool Has(const v1::Overview& overview, int64_t value) {
    return overview.education().branch_assemblies_expected() == value;
  }
};

TEST_F(GatewayWatchTest, TheOverviewAsItIsThenWhatChanged) {
  Warm("units/C1");
  const auto watching = Watch("li", "units/C1");
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 100); }));
  EXPECT_EQ(watching->last().title(), "寿光市");
  for (int64_t value = 101; value <= 105; ++value) {
    education_.totals.Set(4, {{"units/C1", value}});  // a branch two levels below
    ASSERT_TRUE(watching->WaitFor([&](const auto& o) { return Has(o, value); }, absl::Milliseconds(900)));
  }
}

TEST_F(GatewayWatchTest, NoPushWithoutAnythingToBeSeen) {
  Warm("units/T2");
  Warm("units/C1");
  const auto watching = Watch("li", "units/T2");
  const auto above = Watch("li", "units/C1");
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 30); }));
  ASSERT_TRUE(above->WaitFor([](const auto& o) { return Has(o, 100); }));
  education_.totals.Set(4, {{"units/T1", 62}});  // elsewhere
  education_.totals.Set(3, {{"units/T2", 30}});  // its own, without effect
  education_.totals.Move(7);                     // everything, without effect
  education_.totals.Set(4, {{"units/C1", 101}});
  ASSERT_TRUE(above->WaitFor([](const auto& o) { return Has(o, 101); }));
  EXPECT_EQ(watching->pushes(), 1);
  EXPECT_EQ(above->pushes(), 2);
}

// However fast it changes: few pushes, and the last one is the last value.
TEST_F(GatewayWatchTest, ChangesThatComeCloseTogetherAreOnePushAndNoneIsLost) {
  Warm("units/C1");
  const auto watching = Watch("li", "units/C1");
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 100); }));
  const absl::Time begun = absl::Now();
  for (int64_t value = 1; value <= 2000; ++value) {
    education_.totals.Set(4, {{"units/C1", 1000 + value}});
    if (value % 20 == 0) Pause();
  }
  const absl::Duration took = absl::Now() - begun;
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 3000); }, took + absl::Seconds(1)));
  EXPECT_LE(watching->pushes(), 3 + (absl::Now() - begun) / absl::Milliseconds(20));
}

TEST_F(GatewayWatchTest, AStructureMayChangeTheUnitItselfOrEndIt) {
  Warm("units/T2");
  const auto watching = Watch("li", "units/T2");
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return o.title() == "稻田"; }));
  organization_.Send(Placed(8, 3, 1, "T2", "稻田镇", false));
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return o.title() == "稻田镇"; }, absl::Milliseconds(900)));
  organization_.Send(Placed(9, 3, 1, "T2", "稻田镇", true));
  EXPECT_EQ(watching->End().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GatewayWatchTest, NothingForThoseOutsideTheScope) {
  Warm("units/C1");
  EXPECT_EQ(Watch("wang", "units/C1")->End().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Watch("zhao", "units/C1")->End().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Watch("li", "units/NONE")->End().error_code(), grpc::StatusCode::NOT_FOUND);
}

// A unit that moves away takes itself out of the sight of those who saw it where it was.
TEST_F(GatewayWatchTest, EndsWhenTheUnitLeavesTheScope) {
  Warm("units/B1");
  const auto everywhere = Watch("li", "units/B1");
  const auto watching = Watch("wang", "units/B1");
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 60); }));
  ASSERT_TRUE(everywhere->WaitFor([](const auto& o) { return Has(o, 60); }));
  organization_.Send(Placed(8, 4, 3, "B1", "一支部", false));
  EXPECT_EQ(watching->End().error_code(), grpc::StatusCode::NOT_FOUND);
  education_.totals.Set(4, {{"units/B1", 61}});
  ASSERT_TRUE(everywhere->WaitFor([](const auto& o) { return Has(o, 61); }));
  EXPECT_TRUE(Has(watching->last(), 60));
}

TEST_F(GatewayWatchTest, AServiceThatGoesAndComesIsSeen) {
  Warm("units/T1");
  const auto watching = Watch("li", "units/T1");
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 60); }));
  education_.Stop();
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return o.parts(1).stale(); }));
  education_.Start();
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return !o.parts(1).stale(); }));
  education_.totals.Set(4, {{"units/T1", 63}});
  ASSERT_TRUE(watching->WaitFor([](const auto& o) { return Has(o, 63); }));
}

}  // namespace
}  // namespace ronghe::tests
