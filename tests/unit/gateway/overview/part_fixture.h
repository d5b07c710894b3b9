#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "gateway/overview/part.h"
#include "services/common/cache/local_cache.h"
#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"

namespace ronghe::tests {

// A service that answers at once, when it is told to, or never. As the library does it answers DEADLINE_EXCEEDED to who
// gives it no time.
class FakeSource final : public gateway::SummarySource {
 public:
  explicit FakeSource(FakeClock& clock) : clock_(clock) {}

  void BatchGet(const common::v1::BatchGetSummariesRequest& request, absl::Time deadline,
                Done<gateway::SummaryBatch> done) override {
    asked.push_back(request);
    Ask<gateway::SummaryBatch>(deadline, std::move(done), [this, request] { return Answer(request); });
  }
  void GetDifference(const common::v1::GetStructureDifferenceRequest&, absl::Time deadline,
                     Done<common::v1::GetStructureDifferenceResponse> done) override {
    using Response = common::v1::GetStructureDifferenceResponse;
    Ask<Response>(deadline, std::move(done),
                  [this] { return failure.ok() ? absl::StatusOr<Response>(Response()) : failure; });
  }
  absl::StatusOr<gateway::SummaryBatch> Answer(const common::v1::BatchGetSummariesRequest& request) {
    if (!failure.ok()) return failure;
    gateway::SummaryBatch batch;
    batch.place = {"one", position, absl::UnixEpoch(), structure};
    std::vector<std::string> units(request.units().begin(), request.units().end());
    if (request.include_children()) units.insert(units.end(), children.begin(), children.end());
    for (const std::string& unit : units) {
      if (unit == unknown) return common::NotFound(unit);
      for (const std::string& period : request.periods()) {
        batch.totals[{unit, period}] = unit + "@" + std::to_string(position);
      }
    }
    return batch;
  }
  void Release() {
    held = false;
    for (const Waiting& one : std::exchange(waiting, {})) one.answer();
  }
  // Ends those whose time is over.
  void Expire() {
    std::vector<Waiting> over;
    std::erase_if(waiting, [&](const Waiting& one) {
      if (one.deadline > clock_.Now()) return false;
      over.push_back(one);
      return true;
    });
    for (const Waiting& one : over) one.expire();
  }

  struct Waiting {
    absl::Time deadline;
    std::function<void()> answer;
    std::function<void()> expire;
  };
  std::vector<common::v1::BatchGetSummariesRequest> asked;
  std::vector<absl::Time> deadlines;  // of all questions
  std::vector<Waiting> waiting;
  std::vector<std::string> children;
  std::string unknown;
  absl::Status failure;
  bool held = false;
  bool uses_up_time = false;  // the clock then stands at the deadline
  int64_t position = 10;
  int64_t structure = 7;

 private:
  template <typename Response>
  void Ask(absl::Time deadline, Done<Response> done, std::function<absl::StatusOr<Response>()> answer) {
    deadlines.push_back(deadline);
    const auto expire = [done] { done(common::DeadlineExceeded()); };
    if (uses_up_time) clock_.Set(std::max(clock_.Now(), deadline));
    if (deadline <= clock_.Now()) {
      expire();
    } else if (held) {
      waiting.push_back({deadline, [done, answer] { done(answer()); }, expire});
    } else {
      done(answer());
    }
  }
  FakeClock& clock_;
};

class PartTest : public ::testing::Test {
 protected:
  PartTest() {
    common::DirectoryDelta delta;
    delta.reset = delta.complete = true;
    delta.incarnation = "directory";
    delta.position = delta.place_revision = 7;
    for (int64_t uid = 1; uid <= 3; ++uid) {
      common::DirectoryUnit unit;
      unit.uid = common::UnitUid(uid);
      unit.parent = uid == 1 ? common::UnitUid() : common::UnitUid(1);
      unit.code = std::to_string(uid);
      delta.units.push_back(unit);
    }
    directory_.Apply(delta, clock_.Now());
    freshness_ = std::make_shared<gateway::Freshness>(directory_, clock_);
    freshness_->Apply({true, "one", 10, 1, {}, false, 7});
    Head(10);
    part_ = NewPart();
  }
  // Nothing that was asked stays without an answer.
  ~PartTest() override { source_.Release(); }
  std::unique_ptr<gateway::Part> NewPart() {
    const auto count = [](double* total) { return [total](double by) { *total += by; }; };
    return std::make_unique<gateway::Part>(
        "education", gateway::Part::Uses{source_, freshness_, cache_, clock_},
        gateway::PartCounters{count(&cached_), count(&loaded_), count(&stale_), count(&missing_)});
  }
  void Head(int64_t position) { freshness_->Head("one", position, 1, clock_.Now()); }
  void Change(int64_t position, common::UnitUid unit) {
    freshness_->Apply({false, "one", position, 1, {unit}, false, 7});
  }
  static gateway::Wanted Units(std::vector<int64_t> uids, std::vector<std::string> periods = {"2026-11"}) {
    gateway::Wanted wanted;
    for (const int64_t uid : uids) wanted.units.push_back({common::UnitUid(uid), "units/" + std::to_string(uid)});
    for (const std::string& period : periods) {
      wanted.spans.push_back({period, *common::ParsePeriod(period), common::v1::STRUCTURE_THEN});
    }
    wanted.month = common::MonthNumber{202611};
    return wanted;
  }
  absl::Time Soon() const { return clock_.Now() + absl::Seconds(2); }
  absl::StatusOr<gateway::PartAnswer> Get(const gateway::Wanted& wanted, gateway::Part* part = nullptr) {
    gateway::Part& from = part == nullptr ? *part_ : *part;
    return from.Finish(from.Begin(wanted, /*fresh=*/false, Soon()), Soon());
  }
  static std::vector<std::string> Totals(const absl::StatusOr<gateway::PartAnswer>& answer) {
    std::vector<std::string> totals;
    if (!answer.ok()) return {std::string(answer.status().message())};
    for (const auto& summary : answer->summaries) totals.push_back(summary == nullptr ? "-" : summary->total);
    return totals;
  }

  FakeClock clock_;
  common::Directory directory_;
  FakeSource source_{clock_};
  common::LocalCache cache_{1 << 20};
  std::shared_ptr<gateway::Freshness> freshness_;
  double cached_ = 0, loaded_ = 0, stale_ = 0, missing_ = 0;
  std::unique_ptr<gateway::Part> part_;
};

}  // namespace ronghe::tests
