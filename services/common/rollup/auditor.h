#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/summaries.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/period.h"

namespace ronghe::common {

// What a service's records say, counted from the records themselves. Implemented by each service.
class FactSource {
 public:
  using EachAmount = absl::FunctionRef<void(UnitUid unit, MonthNumber month, size_t metric, int64_t amount)>;
  using EachPlace = absl::FunctionRef<void(UnitUid unit, UnitUid parent)>;

  virtual ~FactSource() = default;
  // Inside a snapshot: own figures of every unit, in any order and in as many parts as is convenient; flows with their
  // month, stocks, as they are now, with month 0. May be called twice in one snapshot and says the same then.
  virtual absl::Status Count(sql::Session& session, EachAmount each) = 0;
  // Inside a snapshot: where every unit stands now (parent 0: nowhere). False where the service keeps no structure of
  // its own, as most.
  virtual absl::StatusOr<bool> Places(sql::Session& session, EachPlace each);
};

// Of a service that keeps no records yet.
class NoFacts final : public FactSource {
 public:
  absl::Status Count(sql::Session&, EachAmount) override { return absl::OkStatus(); }
};

// One figure that is not what a recount finds.
struct AuditDifference {
  enum class Kind {
    kOwn,    // the unit's own figure against the records
    kSum,    // the sum over its subtree against the own figures of the units in it
    kEdge,   // what is kept of the unit beside its parent, in another partition, against its sums while it stood there
    kPlace,  // where it stands, against the records: `folded` and `counted` are uids
  };
  Kind kind = Kind::kOwn;
  UnitUid unit;
  UnitUid parent = {};  // kEdge: under which it stood
  // As in rollup_total: of a flow its month; of a stock 0 for now, or the month in which it changed by so much. Own
  // changes of a stock that do not add up to what it is now are told of the month before the first of them.
  MonthNumber month = 0;
  size_t metric = 0;  // in the set
  int64_t folded = 0;
  int64_t counted = 0;
};

struct AuditReport {
  SummaryMark mark;
  int64_t units = 0;             // placed
  int64_t totals = 0;            // rows compared
  int64_t difference_count = 0;  // all of them; where more than 100,000 units are wrong of their own, at least so many
  std::vector<AuditDifference> differences;  // the first
  absl::Time start;
  absl::Time end;
};

// Counts everything again, by the simplest way there is, and compares it with what was folded, in one snapshot, also
// while others write. Changes that are committed and not yet published are in the records and not in the totals; they
// are taken into account. Never repairs. Thread-safe, if the source is.
class Auditor {
 public:
  // All outlive it.
  Auditor(sql::Database& database, const MetricSet& metrics, FactSource& facts, const Clock& clock)
      : database_(database), metrics_(metrics), facts_(facts), clock_(clock) {}

  // `deadline` is real time. CANCELLED after Cancel.
  absl::StatusOr<AuditReport> Run(int max_differences, absl::Time deadline);
  // Runs that are going on, and later ones, end soon.
  void Cancel() { cancelled_ = true; }

 private:
  sql::Database& database_;
  const MetricSet& metrics_;
  FactSource& facts_;
  const Clock& clock_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace ronghe::common
