#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/rectification/app/unit_lists.h"
#include "services/rectification/domain/order.h"
#include "services/rectification/domain/problem.h"

namespace ronghe::rectification {

struct StoredProblem {
  ProblemId id = {};
  int64_t version = 0;   // from 1
  int64_t revision = 0;  // of the partition, of the write that made this version; 0: only tried
  absl::Time create_time = {};
  absl::Time update_time = {};
  Problem problem;
};

struct StoredOrder {
  OrderId id = {};
  int64_t revision = 0;  // of the partition, of the write that issued it; 0: only tried
  absl::Time create_time = {};
  Person by;
  Order order;
};

// How far an order has been carried out.
struct OrderProgress {
  int opened = 0;
  int closed = 0;
  int overdue = 0;
};

std::string NameOf(OrderId id);
// `problems/{id}`; what changes with every version.
std::string NameOf(ProblemId id);
std::string EtagOf(const StoredProblem& stored);
// Of a step, permanent.
std::string StepName(ProblemId id, int64_t step);

// What makes a problem the only one of its kind: for ProblemTxn::TakeKey.
std::string CauseKey(ProblemSource source, std::string_view cause);
std::string ExternalKey(std::string_view external_source, std::string_view external_id);

// A write transaction in one partition, which holds the partition's lock row: its problems change one write at a time.
// Inserts and replacements are logged with what they and their steps add to totals, and set the timer. Not thread-safe.
class ProblemTxn {
 public:
  virtual ~ProblemTxn() = default;
  virtual common::PartitionId partition() const = 0;
  virtual absl::Time now() const = 0;

  // Idempotency, before anything else: the resource of the same request made before, or nullopt for a new request.
  virtual absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(std::string resource) = 0;

  // Of any partition.
  virtual absl::StatusOr<std::optional<StoredProblem>> Find(ProblemId id) = 0;
  virtual ProblemId NewId() = 0;
  // Takes a key of the deployment for a new problem: the problem that has it already, or nullopt. Whoever wants the
  // same key waits.
  virtual absl::StatusOr<std::optional<ProblemId>> TakeKey(const std::string& key, ProblemId id) = 0;
  // `steps` happened to it in this write, in their order; their ids and times are the store's. `next`: when the clock
  // is to look at it; infinite: never.
  virtual absl::StatusOr<StoredProblem> Insert(ProblemId id, const Problem& problem, std::span<const ProblemStep> steps,
                                               absl::Time next) = 0;
  // The same for what happened elsewhere: the steps have their times, and the first is the problem's.
  virtual absl::StatusOr<StoredProblem> Restore(ProblemId id, const Problem& problem,
                                                std::span<const ProblemStep> steps, absl::Time next) = 0;
  // Takes back what Restore made, with its key: false, and nothing is done, if somebody has done something to it since.
  virtual absl::StatusOr<bool> Erase(ProblemId id) = 0;
  virtual absl::StatusOr<StoredProblem> Replace(const StoredProblem& before, const Problem& after,
                                                std::span<const ProblemStep> steps, absl::Time next) = 0;

  // Of any partition.
  virtual absl::StatusOr<std::optional<StoredOrder>> FindOrder(OrderId id) = 0;
  // Its problems are opened by timers, in each of these partitions.
  virtual absl::StatusOr<StoredOrder> InsertOrder(const Order& order, const Person& by,
                                                  std::span<const common::PartitionId> partitions) = 0;
};

enum class ProblemOrder { kUnit, kDue, kNewest };

common::ListPosition PositionOf(const StoredProblem& stored, ProblemOrder order);

// Which problems a list wants, beside the units: bit n of a mask allows the value n.
struct ProblemFilter {
  uint32_t states = ~0u;
  uint32_t sources = ~0u;
  uint32_t classes = ~0u;
  uint32_t extents = ~0u;
  std::vector<std::string> categories;      // one of these, where there are any
  std::vector<std::string> not_categories;  // none of these
  std::optional<bool> overdue;
  std::optional<bool> paused;
  std::optional<bool> escalated;
  bool with_extension = false;  // asked for
  int64_t person = 0;
  int64_t order = 0;
  int64_t recurrence_of = 0;
  std::optional<absl::CivilDay> due_before;
  std::optional<absl::CivilDay> due_after;
  std::optional<absl::CivilDay> look_back_until;
  std::vector<common::UnitUid> supervising;      // by one of these, where there are any
  std::vector<common::UnitUid> not_supervising;  // by none of these
  std::vector<common::UnitUid> escalated_to;
  std::vector<common::UnitUid> not_escalated_to;
  Person not_submitter;  // key empty: anybody's
};

// Problems of one kind in one unit, counted.
struct ProblemGroup {
  common::UnitUid unit;
  std::string category;
  ProblemSource source = ProblemSource::kUnspecified;
  ProblemState state = ProblemState::kUnspecified;
  bool overdue = false;
  int64_t count = 0;
};

// Thread-safe.
class ProblemStore {
 public:
  virtual ~ProblemStore() = default;
  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  virtual absl::Status Write(common::PartitionId partition, const common::Call& call,
                             absl::FunctionRef<absl::Status(ProblemTxn&)> body) = 0;
  virtual absl::StatusOr<std::optional<StoredProblem>> Find(ProblemId id, absl::Time deadline) = 0;
  // At most `limit` problems of the units in the order after `after`, over all partitions. At most 512 units in all.
  virtual absl::StatusOr<std::vector<StoredProblem>> List(std::span<const UnitsOfPartition> units,
                                                          const ProblemFilter& filter, ProblemOrder order,
                                                          const common::ListPosition& after, int limit,
                                                          absl::Time deadline) = 0;
  // Of at most 512 units.
  virtual absl::StatusOr<std::vector<ProblemGroup>> Count(std::span<const UnitsOfPartition> units,
                                                          absl::Time deadline) = 0;
  // Steps after the step `after`, oldest first.
  virtual absl::StatusOr<std::vector<ProblemStep>> History(ProblemId id, int64_t after, int limit,
                                                           absl::Time deadline) = 0;

  virtual absl::StatusOr<std::optional<StoredOrder>> FindOrder(OrderId id, absl::Time deadline) = 0;
  virtual absl::StatusOr<OrderProgress> ProgressOf(OrderId id, std::span<const common::PartitionId> partitions,
                                                   absl::Time deadline) = 0;
  // Of one unit, with ids below `before`, the newest first.
  virtual absl::StatusOr<std::vector<StoredOrder>> ListOrders(common::PartitionId partition, common::UnitUid unit,
                                                              int64_t before, int limit, absl::Time deadline) = 0;
};

}  // namespace ronghe::rectification
