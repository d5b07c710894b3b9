#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "gateway/overview/part.h"

// What Part is made of; for part.cc and part_loads.cc.
namespace ronghe::gateway {

// A total's name within its service.
std::string LocalKey(common::UnitUid unit, const Span& span);

// Shared with the ends of loads, which may come when the reading is over.
class Part::Reading {
 public:
  Reading(const Wanted& w, absl::Time now, bool f)
      : wanted(w),
        arrived(now),
        fresh(f),
        count(w.units.size() * w.spans.size()),
        summaries(count),
        fallbacks(count),
        loaded(count),
        results(count) {}

  const WantedUnit& UnitAt(size_t index) const { return wanted.units[index / wanted.spans.size()]; }
  const Span& SpanAt(size_t index) const { return wanted.spans[index % wanted.spans.size()]; }

  void Expect(const std::vector<size_t>& indices) {
    const common::MutexLock lock(mutex);
    for (const size_t index : indices) results[index].reset();
    outstanding += indices.size();
  }
  void Set(size_t index, const absl::StatusOr<SummaryPtr>& result) {
    const common::MutexLock lock(mutex);
    results[index] = result;
    --outstanding;
    if (outstanding == 0) ended.notify_all();
  }
  // What has come by the deadline.
  std::vector<std::optional<absl::StatusOr<SummaryPtr>>> Wait(absl::Duration patience) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock lock(mutex.native());
    ended.wait_for(lock, absl::ToChronoNanoseconds(patience),
                   [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return outstanding == 0; });
    return results;
  }

  const Wanted& wanted;
  const absl::Time arrived;
  const bool fresh;
  const size_t count;
  Freshness::State state;             // at the beginning
  std::vector<SummaryPtr> summaries;  // accepted ones
  std::vector<SummaryPtr> fallbacks;  // others, if nothing better comes
  std::vector<char> loaded;           // by this reading, to be kept
  std::vector<size_t> missing;
  bool trying = false;  // loads from a service that is not expected to answer

  common::Mutex mutex;
  std::condition_variable ended;
  std::vector<std::optional<absl::StatusOr<SummaryPtr>>> results ABSL_GUARDED_BY(mutex);
  size_t outstanding ABSL_GUARDED_BY(mutex) = 0;
};

// One question to the service and what waits for it.
struct Part::Load {
  struct Item {
    std::string key;
    std::string unit;
    std::string period;
    Flights::Done end;
  };
  common::v1::BatchGetSummariesRequest request;
  std::vector<Item> items;
  absl::Time sent;
  absl::Time deadline;
};

}  // namespace ronghe::gateway
