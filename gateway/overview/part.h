#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "gateway/overview/freshness.h"
#include "gateway/overview/last_known.h"
#include "gateway/overview/query.h"
#include "gateway/overview/summary.h"
#include "gateway/overview/summary_source.h"
#include "services/common/cache/cache.h"
#include "services/common/cache/single_flight.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

struct WantedUnit {
  common::UnitUid uid;
  std::string name;
};
// Figures that are wanted.
struct Wanted {
  std::vector<WantedUnit> units;
  std::vector<Span> spans;  // of one structure
  // Set where `units` are one unit, first, and all the units directly under it: then one indexed read does.
  bool with_children = false;
  // Then nothing that is kept is served.
  std::vector<std::string> min_revision;
  common::MonthNumber month = 0;  // the month that has not ended
};

// What one service contributes.
struct PartAnswer {
  std::string service;
  // For units[u] and spans[s] at u * spans + s; null where it is missing.
  std::vector<SummaryPtr> summaries;
  bool missing = false;                  // of at least one
  bool stale = false;                    // of at least one
  std::optional<Place> place;            // the oldest of those used
  int64_t structure_revision = 0;        // under which they are summed
  std::optional<absl::Time> down_since;  // since when the service has not answered
};

// How totals were come by. Called for each answer of a part; cheap.
struct PartCounters {
  std::function<void(double)> cached, loaded, stale, missing;
};

// One service's totals: from what is kept, if the rule (freshness.h) accepts it; else from the service, each total by
// one load at a time; and where that does not answer, the last known ones, marked, for at most ten minutes.
// Thread-safe.
class Part {
 public:
  static constexpr absl::Duration kMaxStale = absl::Minutes(10);
  // How long a load may take; others may wait for it, so it does not end with its caller's deadline.
  static constexpr absl::Duration kPatience = absl::Seconds(3);
  // While a service does not answer, one reading so often tries it again, and all others take what is known at once:
  // after it failed, and after it let the patience pass.
  static constexpr absl::Duration kPauseAfterFailure = absl::Milliseconds(250);
  static constexpr absl::Duration kPauseAfterHang = absl::Milliseconds(500);
  // So long the reading that tries it waits, if it has last known totals; the try goes on for those who come later.
  static constexpr absl::Duration kTryWait = absl::Milliseconds(100);

  struct Uses {
    SummarySource& source;
    std::shared_ptr<const Freshness> freshness;
    common::Cache& cache;
    const common::Clock& clock;
  };
  // What is used outlives it.
  Part(std::string service, const Uses& uses, PartCounters counters);
  ~Part();  // waits for its loads

  const std::string& service() const { return service_; }
  const Freshness& freshness() const { return *uses_.freshness; }

  // One reading: begins what is needed, so that all services work side by side.
  class Reading;
  // `fresh`: nothing that is kept will do. `wanted` outlives the reading.
  std::shared_ptr<Reading> Begin(const Wanted& wanted, bool fresh, absl::Time deadline);
  // The figures, at the deadline at the latest. An error of the request itself, or one that says to ask again
  // (NOT_YET_VISIBLE), is returned; that the service does not answer is none.
  absl::StatusOr<PartAnswer> Finish(const std::shared_ptr<Reading>& reading, absl::Time deadline);

  // Why a month differs between structures, from the service; `done` as in SummarySource. Waits for nothing.
  void GetDifference(const common::v1::GetStructureDifferenceRequest& request, absl::Time deadline,
                     SummarySource::Done<common::v1::GetStructureDifferenceResponse> done);
  // Since when the service has not answered.
  std::optional<absl::Time> down_since();

  // The feed told of changes: caches give up what they keep of the units' current month. For their good, not for
  // truth's.
  void Invalidate(const Touched& touched, int64_t position, common::MonthNumber month);

 private:
  using Flights = common::SingleFlight<SummaryPtr>;
  struct Load;
  void LookUp(Reading& reading);
  void StartLoads(const std::shared_ptr<Reading>& reading, const std::vector<size_t>& missing, bool alone);
  void AskDirectly(const std::shared_ptr<Reading>& reading, absl::Time deadline);
  void Send(std::shared_ptr<Load> load);
  void Receive(const std::shared_ptr<Load>& load, absl::StatusOr<SummaryBatch> batch);
  bool Suffices(const Reading& reading, size_t index, const Summary& summary) const;
  // Last known ones may be served.
  bool HasLastKnown(const Reading& reading, size_t index) const;
  absl::Time WaitUntil(const Reading& reading, absl::Time deadline) const;
  void Keep(const Reading& reading);
  PartAnswer Answer(const Reading& reading);
  absl::Time LastTrue(const Reading& reading, size_t index, const Summary& summary) const;
  // A kept total's name in the shared cache: an epoch is part of it.
  std::string CacheKey(const Freshness::State& state, common::UnitUid unit, const Span& span) const;
  // What the end of a question says about the service, which was given so long to answer it.
  void Learn(const absl::Status& status, absl::Duration given);
  enum class Asking { kFreely, kTrying, kNot };
  Asking MayAsk();

  const std::string service_;
  const Uses uses_;
  const PartCounters counters_;
  LastKnown known_;
  Flights flights_;

  common::Mutex mutex_;
  std::condition_variable ended_;
  int loads_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<absl::Time> down_since_ ABSL_GUARDED_BY(mutex_);
  absl::Time tried_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // while it is down
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_) = kPauseAfterFailure;
};

// Whether an error says that the service is in trouble, as opposed to the request.
bool DoesNotAnswer(const absl::Status& status);

}  // namespace ronghe::gateway
