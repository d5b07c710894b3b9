#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/rectification/app/problem_store.h"
#include "services/rectification/domain/checklist.h"

namespace ronghe::rectification {

struct StoredChecklist {
  ChecklistId id = {};
  int version = 0;       // of the items; from 1
  int64_t revision = 0;  // of the write that made this version; 0: only tried
  absl::Time create_time = {};
  absl::Time update_time = {};
  Checklist checklist;
};
struct StoredRound {
  CheckRoundId id = {};
  int64_t revision = 0;
  absl::Time create_time = {};
  CheckRound round;
};
struct StoredCheck {
  SelfCheckId id = {};
  int64_t version = 0;
  int64_t revision = 0;
  absl::Time update_time = {};
  SelfCheck check;
};

// How far units have come.
struct CheckCounts {
  int expected = 0;
  int done = 0;
  int overdue = 0;
  int failed = 0;
  void Add(const CheckCounts& other) {
    expected += other.expected;
    done += other.done;
    overdue += other.overdue;
    failed += other.failed;
  }
};

std::string NameOf(ChecklistId id);
std::string NameOf(CheckRoundId id);
std::string NameOf(SelfCheckId id);
std::string EtagOf(const StoredChecklist& stored);
std::string EtagOf(const StoredCheck& stored);
// Where a list stands after it.
common::ListPosition PositionOf(const StoredCheck& stored);
// Of the problem that a NO opens: `selfChecks/{id}/items/{code}`.
std::string CauseOf(SelfCheckId id, const std::string& item);

// A write transaction in one partition. Not thread-safe.
class CheckTxn {
 public:
  virtual ~CheckTxn() = default;
  // The problems in the same transaction; also for the time and the partition.
  virtual ProblemTxn& problems() = 0;
  absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) { return problems().Claim(key); }
  void Remember(std::string resource) { problems().Remember(std::move(resource)); }

  virtual absl::StatusOr<std::optional<StoredChecklist>> FindChecklist(ChecklistId id, int version) = 0;
  virtual absl::StatusOr<StoredChecklist> InsertChecklist(const Checklist& checklist) = 0;
  // A new version.
  virtual absl::StatusOr<StoredChecklist> ReplaceChecklist(const StoredChecklist& before, const Checklist& after) = 0;

  virtual absl::StatusOr<std::optional<StoredRound>> FindRound(CheckRoundId id) = 0;
  // Its self-checks are opened by timers, in each of these partitions.
  virtual absl::StatusOr<StoredRound> InsertRound(const CheckRound& round,
                                                  std::span<const common::PartitionId> partitions) = 0;

  virtual absl::StatusOr<std::optional<StoredCheck>> FindCheck(SelfCheckId id) = 0;
  // `next`: when the clock is to look at it; infinite: never.
  virtual absl::Status InsertCheck(CheckRoundId round, const SelfCheck& check, absl::Time next) = 0;
  virtual absl::StatusOr<StoredCheck> ReplaceCheck(const StoredCheck& before, const SelfCheck& after,
                                                   absl::Time next) = 0;
};

// Which self-checks a list wants.
struct CheckFilter {
  std::optional<SelfCheckState> state;
  std::optional<bool> overdue;
  CheckRoundId round = {};
};
// Thread-safe.
class CheckStore {
 public:
  virtual ~CheckStore() = default;
  // As ProblemStore::Write.
  virtual absl::Status Write(common::PartitionId partition, const common::Call& call,
                             absl::FunctionRef<absl::Status(CheckTxn&)> body) = 0;
  // Version 0: the one in force.
  virtual absl::StatusOr<std::optional<StoredChecklist>> FindChecklist(ChecklistId id, int version,
                                                                       absl::Time deadline) = 0;
  // Of one unit, without their items, the oldest first.
  virtual absl::StatusOr<std::vector<StoredChecklist>> ListChecklists(common::PartitionId partition,
                                                                      common::UnitUid unit, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::optional<StoredRound>> FindRound(CheckRoundId id, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::optional<StoredCheck>> FindCheck(SelfCheckId id, absl::Time deadline) = 0;
  // At most `limit` of at most 512 units after a position, by day, without answers.
  virtual absl::StatusOr<std::vector<StoredCheck>> ListChecks(std::span<const UnitsOfPartition> units,
                                                              const CheckFilter& filter,
                                                              const common::ListPosition& after, int limit,
                                                              absl::Time deadline) = 0;
  // Of each unit that has any, in these partitions; of one round, or of all (no id).
  virtual absl::StatusOr<std::map<common::UnitUid, CheckCounts>> Count(std::span<const common::PartitionId> partitions,
                                                                       CheckRoundId round, absl::Time deadline) = 0;
};

}  // namespace ronghe::rectification
