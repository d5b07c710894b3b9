#pragma once

#include <map>
#include <optional>
#include <span>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/rectification/app/problem_store.h"
#include "services/rectification/storage/problem_rows.h"
#include "services/rectification/storage/problem_texts.h"

namespace ronghe::rectification {

// The timers of problems, by problem: when the clock is to look at it.
inline constexpr std::string_view kProblemTimer = "problem";
// The timers of orders, by order, in each partition with units of theirs: problems are to be opened there.
inline constexpr std::string_view kOrderTimer = "problem_order";

// The problems' side of a write transaction of the change log: of one that SqlProblemStore began, or of a timer's
// firing.
class SqlProblemTxn final : public ProblemTxn {
 public:
  // All outlive it. `zone`: in which months begin.
  SqlProblemTxn(common::WriteTxn& txn, const ProblemTexts& texts, absl::TimeZone zone)
      : txn_(txn), texts_(texts), zone_(zone) {}

  common::PartitionId partition() const override { return txn_.partition(); }
  absl::Time now() const override { return txn_.now(); }
  absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) override;
  void Remember(std::string resource) override { txn_.Remember(std::move(resource)); }
  absl::StatusOr<std::optional<StoredProblem>> Find(ProblemId id) override;
  // Reads problems of the transaction's partition ahead of Find, in one statement.
  absl::Status FindAhead(std::span<const ProblemId> ids);
  ProblemId NewId() override { return ProblemId(txn_.NewId()); }
  absl::StatusOr<std::optional<ProblemId>> TakeKey(const std::string& key, ProblemId id) override;
  absl::StatusOr<StoredProblem> Insert(ProblemId id, const Problem& problem, std::span<const ProblemStep> steps,
                                       absl::Time next) override;
  absl::StatusOr<StoredProblem> Restore(ProblemId id, const Problem& problem, std::span<const ProblemStep> steps,
                                        absl::Time next) override;
  absl::StatusOr<bool> Erase(ProblemId id) override;
  absl::StatusOr<StoredProblem> Replace(const StoredProblem& before, const Problem& after,
                                        std::span<const ProblemStep> steps, absl::Time next) override;
  absl::StatusOr<std::optional<StoredOrder>> FindOrder(OrderId id) override;
  absl::StatusOr<StoredOrder> InsertOrder(const Order& order, const Person& by,
                                          std::span<const common::PartitionId> partitions) override;

 private:
  struct Written;
  absl::Status Record(const Written& written, std::span<const ProblemStep> steps, absl::Time next, bool timed = false);

  common::WriteTxn& txn_;
  const ProblemTexts& texts_;
  absl::TimeZone zone_;
  // Read and not written since; nobody else writes in the partition.
  std::map<ProblemId, ProblemRow> found_;
};

class SqlProblemStore final : public ProblemStore {
 public:
  // All outlive it.
  SqlProblemStore(common::sql::Database& database, common::ChangeLog& log, const ProblemTexts& texts,
                  absl::TimeZone zone)
      : database_(database), log_(log), texts_(texts), zone_(zone) {}

  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(ProblemTxn&)> body) override;
  absl::StatusOr<std::optional<StoredProblem>> Find(ProblemId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredProblem>> List(std::span<const UnitsOfPartition> units, const ProblemFilter& filter,
                                                  ProblemOrder order, const common::ListPosition& after, int limit,
                                                  absl::Time deadline) override;
  absl::StatusOr<std::vector<ProblemGroup>> Count(std::span<const UnitsOfPartition> units,
                                                  absl::Time deadline) override;
  absl::StatusOr<std::vector<ProblemStep>> History(ProblemId id, int64_t after, int limit,
                                                   absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredOrder>> FindOrder(OrderId id, absl::Time deadline) override;
  absl::StatusOr<OrderProgress> ProgressOf(OrderId id, std::span<const common::PartitionId> partitions,
                                           absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredOrder>> ListOrders(common::PartitionId partition, common::UnitUid unit,
                                                      int64_t before, int limit, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const ProblemTexts& texts_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::rectification
