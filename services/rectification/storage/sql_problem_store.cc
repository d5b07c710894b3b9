#include "services/rectification/storage/sql_problem_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/rollup/change.h"
#include "services/common/timer/timer.h"
#include "services/common/values/period.h"
#include "services/common/values/status.h"
#include "services/rectification/storage/order_rows.h"
#include "services/rectification/storage/problem_rollup.h"
#include "services/rectification/storage/problem_rows.h"

namespace ronghe::rectification {

namespace sql = common::sql;

// A problem as this transaction has made it.
struct SqlProblemTxn::Written {
  const Problem* before;  // null: it is new
  const ProblemRow& row;
};

absl::StatusOr<std::optional<std::string>> SqlProblemTxn::Claim(const common::RequestKey& key) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
  if (!prior) return std::nullopt;
  return std::move(prior->resource);
}

absl::StatusOr<std::optional<StoredProblem>> SqlProblemTxn::Find(ProblemId id) {
  const auto known = found_.find(id);
  if (known != found_.end()) return known->second.stored;
  RONGHE_ASSIGN_OR_RETURN(std::optional<ProblemRow> row, SelectProblem(txn_.session(), texts_, id));
  if (!row) return std::nullopt;
  if (common::PartitionOf(id.value) != partition()) return std::move(row->stored);
  return found_.emplace(id, *std::move(row)).first->second.stored;
}

absl::Status SqlProblemTxn::FindAhead(std::span<const ProblemId> ids) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<ProblemRow> rows, SelectProblems(txn_.session(), texts_, partition(), ids));
  for (ProblemRow& row : rows) {
    const ProblemId id = row.stored.id;
    found_.insert_or_assign(id, std::move(row));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ProblemId>> SqlProblemTxn::TakeKey(const std::string& key, ProblemId id) {
  return TakeProblemKey(txn_.session(), key, id);
}

absl::Status SqlProblemTxn::Record(const Written& written, std::span<const ProblemStep> steps, absl::Time next,
                                   bool timed) {
  const StoredProblem& stored = written.row.stored;
  std::vector<std::string> escalations;
  std::vector<ProblemStep> done(steps.begin(), steps.end());
  for (ProblemStep& step : done) {
    step.id = txn_.NewId();
    if (!timed) step.at = txn_.now();
    RONGHE_RETURN_IF_ERROR(InsertStep(txn_.session(), texts_, written.row, step, MonthOfStep(step, zone_)));
    if (!timed && step.event == ProblemEvent::kEscalate) escalations.push_back(StepName(stored.id, step.id));
  }
  const common::RollupChange change = ProblemChange(stored.problem.unit, written.before, &stored.problem, done, zone_);
  txn_.Log({written.before == nullptr ? common::ChangeKind::kCreated : common::ChangeKind::kUpdated, NameOf(stored.id),
            stored.problem.unit, common::UnitUid(), EtagOf(stored), common::EncodeRollup(change)});
  for (std::string& name : escalations) {
    txn_.Log({common::ChangeKind::kCreated, std::move(name), stored.problem.unit, common::UnitUid(), "", ""});
  }
  if (next == absl::InfiniteFuture()) return common::ClearTimer(txn_, kProblemTimer, stored.id.value);
  return common::SetTimer(txn_, kProblemTimer, stored.id.value, next);
}

absl::StatusOr<StoredProblem> SqlProblemTxn::Insert(ProblemId id, const Problem& problem,
                                                    std::span<const ProblemStep> steps, absl::Time next) {
  const ProblemRow row{{id, 1, txn_.next_revision(), txn_.now(), txn_.now(), problem}, texts_.NewKey(id)};
  RONGHE_RETURN_IF_ERROR(InsertProblem(txn_.session(), texts_, row));
  RONGHE_RETURN_IF_ERROR(Record({nullptr, row}, steps, next));
  return row.stored;
}

absl::StatusOr<StoredProblem> SqlProblemTxn::Restore(ProblemId id, const Problem& problem,
                                                     std::span<const ProblemStep> steps, absl::Time next) {
  const ProblemRow row{{id, 1, txn_.next_revision(), steps.front().at, txn_.now(), problem}, texts_.NewKey(id)};
  RONGHE_RETURN_IF_ERROR(InsertProblem(txn_.session(), texts_, row));
  RONGHE_RETURN_IF_ERROR(Record({nullptr, row}, steps, next, /*timed=*/true));
  return row.stored;
}

absl::StatusOr<bool> SqlProblemTxn::Erase(ProblemId id) {
  constexpr int kAll = 1'000'000;  // steps of one problem
  RONGHE_ASSIGN_OR_RETURN(const std::optional<ProblemRow> row, SelectProblem(txn_.session(), texts_, id));
  if (!row) return true;
  RONGHE_ASSIGN_OR_RETURN(const bool touched, TouchedSince(txn_.session(), id));
  if (touched) return false;
  found_.erase(id);
  RONGHE_ASSIGN_OR_RETURN(const std::vector<ProblemStep> steps, SelectSteps(txn_.session(), texts_, *row, 0, kAll));
  const Problem& problem = row->stored.problem;
  RONGHE_RETURN_IF_ERROR(DeleteProblem(txn_.session(), id, ExternalKey(problem.external_source, problem.external_id)));
  const common::RollupChange change = ProblemChange(problem.unit, &problem, nullptr, steps, zone_, -1);
  txn_.Log(
      {common::ChangeKind::kDeleted, NameOf(id), problem.unit, common::UnitUid(), "", common::EncodeRollup(change)});
  RONGHE_RETURN_IF_ERROR(common::ClearTimer(txn_, kProblemTimer, id.value));
  return true;
}

absl::StatusOr<StoredProblem> SqlProblemTxn::Replace(const StoredProblem& before, const Problem& after,
                                                     std::span<const ProblemStep> steps, absl::Time next) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredProblem> current, Find(before.id));
  if (!current || !found_.contains(before.id)) return common::Internal("Replace of a problem that is not there");
  // Read under the partition's lock row, so that the statement that goes by it finds it as it is.
  if (current->version != before.version) {
    return common::Internal(fmt::format("problem {} is not at its version", before.id.value));
  }
  const ProblemRow row{
      {before.id, before.version + 1, txn_.next_revision(), before.create_time, txn_.now(), after},
      found_.at(before.id).key,
  };
  const bool same_texts = before.problem.description == after.description && before.problem.measures == after.measures;
  found_.erase(before.id);
  RONGHE_RETURN_IF_ERROR(UpdateProblem(txn_.session(), texts_, row, same_texts));
  RONGHE_RETURN_IF_ERROR(Record({&before.problem, row}, steps, next));
  return row.stored;
}

absl::StatusOr<std::optional<StoredOrder>> SqlProblemTxn::FindOrder(OrderId id) {
  return SelectOrder(txn_.session(), texts_, id);
}

absl::StatusOr<StoredOrder> SqlProblemTxn::InsertOrder(const Order& order, const Person& by,
                                                       std::span<const common::PartitionId> partitions) {
  StoredOrder stored{OrderId(txn_.NewId()), txn_.next_revision(), txn_.now(), by, order};
  RONGHE_RETURN_IF_ERROR(InsertOrderRow(txn_.session(), texts_, stored));
  for (const common::PartitionId partition : partitions) {
    RONGHE_RETURN_IF_ERROR(common::SetTimerIn(txn_, partition, kOrderTimer, stored.id.value));
  }
  txn_.Log({common::ChangeKind::kCreated, NameOf(stored.id), order.unit, common::UnitUid(), "", ""});
  return stored;
}

absl::Status SqlProblemStore::Write(common::PartitionId partition, const common::Call& call,
                                    absl::FunctionRef<absl::Status(ProblemTxn&)> body) {
  return log_
      .Write(partition, call,
             [&](common::WriteTxn& txn) {
               SqlProblemTxn problems(txn, texts_, zone_);
               return body(problems);
             })
      .status();
}

absl::StatusOr<std::optional<StoredProblem>> SqlProblemStore::Find(ProblemId id, absl::Time deadline) {
  std::optional<StoredProblem> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<ProblemRow> row, SelectProblem(session, texts_, id));
    if (row) found = std::move(row->stored);
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredProblem>> SqlProblemStore::List(std::span<const UnitsOfPartition> units,
                                                                 const ProblemFilter& filter, ProblemOrder order,
                                                                 const common::ListPosition& after, int limit,
                                                                 absl::Time deadline) {
  std::vector<StoredProblem> all;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<StoredProblem> some,
                              PageProblems(session, texts_, part, filter, order, after, limit));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  std::sort(all.begin(), all.end(), [&](const StoredProblem& a, const StoredProblem& b) {
    return PositionOf(a, order) < PositionOf(b, order);
  });
  if (all.size() > static_cast<size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

absl::StatusOr<std::vector<ProblemGroup>> SqlProblemStore::Count(std::span<const UnitsOfPartition> units,
                                                                 absl::Time deadline) {
  std::vector<ProblemGroup> groups;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<ProblemGroup> some, GroupProblems(session, part));
      std::move(some.begin(), some.end(), std::back_inserter(groups));
    }
    return absl::OkStatus();
  }));
  return groups;
}

absl::StatusOr<std::vector<ProblemStep>> SqlProblemStore::History(ProblemId id, int64_t after, int limit,
                                                                  absl::Time deadline) {
  std::vector<ProblemStep> steps;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<ProblemRow> row, SelectProblem(session, texts_, id));
    if (!row) return common::NotFound(NameOf(id));
    RONGHE_ASSIGN_OR_RETURN(steps, SelectSteps(session, texts_, *row, after, limit));
    return absl::OkStatus();
  }));
  return steps;
}

absl::StatusOr<std::optional<StoredOrder>> SqlProblemStore::FindOrder(OrderId id, absl::Time deadline) {
  std::optional<StoredOrder> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectOrder(session, texts_, id));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<OrderProgress> SqlProblemStore::ProgressOf(OrderId id, std::span<const common::PartitionId> partitions,
                                                          absl::Time deadline) {
  OrderProgress progress;
  const auto add = [&](sql::Session& session) -> absl::Status {
    progress = {};
    for (const common::PartitionId partition : partitions) {
      RONGHE_RETURN_IF_ERROR(AddProgress(session, partition, id, progress));
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, add));
  return progress;
}

absl::StatusOr<std::vector<StoredOrder>> SqlProblemStore::ListOrders(common::PartitionId partition,
                                                                     common::UnitUid unit, int64_t before, int limit,
                                                                     absl::Time deadline) {
  std::vector<StoredOrder> orders;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(orders, SelectOrders(session, texts_, partition, unit, before, limit));
    return absl::OkStatus();
  }));
  return orders;
}

}  // namespace ronghe::rectification
