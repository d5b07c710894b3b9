#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/rectification/app/problem_store.h"
#include "services/rectification/app/unit_lists.h"
#include "services/rectification/domain/risk_point.h"

namespace ronghe::rectification {

struct StoredRisk {
  RiskPointId id = {};
  int64_t version = 0;   // from 1
  int64_t revision = 0;  // of the write that made this version; 0: only tried
  absl::Time create_time = {};
  absl::Time update_time = {};
  RiskPoint point;
};
// A review with the risk point as it left it.
struct StoredReview {
  StoredRisk risk;
  RiskReview review;
};
// For common::WriteOrTry.
inline void MarkTried(StoredReview& stored) {
  stored.risk.revision = 0;
}

std::string NameOf(RiskPointId id);
std::string EtagOf(const StoredRisk& stored);
// Of a review, permanent.
std::string ReviewName(RiskPointId id, int number);

// A write transaction in one partition. Changes are logged with what they add to totals. Not thread-safe.
class RiskTxn {
 public:
  virtual ~RiskTxn() = default;
  // The problems in the same transaction; also for the time and the partition.
  virtual ProblemTxn& problems() = 0;
  absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) { return problems().Claim(key); }
  void Remember(std::string resource) { problems().Remember(std::move(resource)); }

  virtual absl::StatusOr<std::optional<StoredRisk>> Find(RiskPointId id) = 0;
  virtual absl::StatusOr<std::optional<RiskReview>> FindReview(RiskPointId id, int number) = 0;
  // `next`: when the clock is to look at it; infinite: never.
  virtual absl::StatusOr<StoredRisk> Insert(const RiskPoint& point, absl::Time next) = 0;
  // `review`: that was made in this write; may be null.
  virtual absl::StatusOr<StoredRisk> Replace(const StoredRisk& before, const RiskPoint& after, const RiskReview* review,
                                             absl::Time next) = 0;
};

// Which risk points a list wants.
struct RiskFilter {
  std::optional<RiskPointState> state;
  std::optional<RiskRating> rating;
  std::optional<bool> overdue;
  std::string category;  // empty: any
};

// Thread-safe.
class RiskStore {
 public:
  virtual ~RiskStore() = default;
  // As ProblemStore::Write.
  virtual absl::Status Write(common::PartitionId partition, const common::Call& call,
                             absl::FunctionRef<absl::Status(RiskTxn&)> body) = 0;
  virtual absl::StatusOr<std::optional<StoredRisk>> Find(RiskPointId id, absl::Time deadline) = 0;
  // At most `limit` of at most kMostUnits units after a position, by the day of the next review (those without one
  // first) and id.
  virtual absl::StatusOr<std::vector<StoredRisk>> List(std::span<const UnitsOfPartition> units,
                                                       const RiskFilter& filter, const common::ListPosition& after,
                                                       int limit, absl::Time deadline) = 0;
  // With numbers below `before`, the newest first.
  virtual absl::StatusOr<std::vector<RiskReview>> Reviews(RiskPointId id, int before, int limit,
                                                          absl::Time deadline) = 0;
};

// Where a list stands after it.
common::ListPosition PositionOf(const StoredRisk& stored);

}  // namespace ronghe::rectification
