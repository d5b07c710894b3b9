#include "services/rectification/storage/sql_risk_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/common/timer/timer.h"
#include "services/common/values/status.h"
#include "services/rectification/storage/risk_rollup.h"
#include "services/rectification/storage/risk_rows.h"

namespace ronghe::rectification {

namespace sql = common::sql;

absl::StatusOr<std::optional<StoredRisk>> SqlRiskTxn::Find(RiskPointId id) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<RiskRow> row, SelectRisk(txn_.session(), texts_, id));
  if (!row) return std::nullopt;
  return std::move(row->stored);
}

absl::StatusOr<std::optional<RiskReview>> SqlRiskTxn::FindReview(RiskPointId id, int number) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<RiskRow> row, SelectRisk(txn_.session(), texts_, id));
  if (!row) return std::nullopt;
  RONGHE_ASSIGN_OR_RETURN(std::vector<RiskReview> found, SelectReviews(txn_.session(), texts_, *row, number + 1, 1));
  if (found.empty() || found.front().number != number) return std::nullopt;
  return std::move(found.front());
}

absl::Status SqlRiskTxn::SetNext(RiskPointId id, absl::Time next) {
  if (next == absl::InfiniteFuture()) return common::ClearTimer(txn_, kRiskTimer, id.value);
  return common::SetTimer(txn_, kRiskTimer, id.value, next);
}

absl::StatusOr<StoredRisk> SqlRiskTxn::Insert(const RiskPoint& point, absl::Time next) {
  RiskRow row;
  row.stored = {RiskPointId(txn_.NewId()), 1, txn_.next_revision(), txn_.now(), txn_.now(), point};
  const StoredRisk& stored = row.stored;
  row.key = texts_.NewKey(ProblemId(stored.id.value));
  RONGHE_RETURN_IF_ERROR(InsertRiskRow(txn_.session(), texts_, row));
  txn_.Log({common::ChangeKind::kCreated, NameOf(stored.id), point.unit, common::UnitUid(), EtagOf(stored),
            common::EncodeRollup(RiskChange(nullptr, point, nullptr, zone_))});
  RONGHE_RETURN_IF_ERROR(SetNext(stored.id, next));
  return stored;
}

absl::StatusOr<StoredRisk> SqlRiskTxn::Replace(const StoredRisk& before, const RiskPoint& after,
                                               const RiskReview* review, absl::Time next) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<RiskRow> row, SelectRisk(txn_.session(), texts_, before.id));
  if (!row) return common::Internal("Replace of a risk point that is not there");
  row->stored = {before.id, before.version + 1, txn_.next_revision(), before.create_time, txn_.now(), after};
  RONGHE_RETURN_IF_ERROR(UpdateRiskRow(txn_.session(), texts_, *row));
  if (review != nullptr) RONGHE_RETURN_IF_ERROR(InsertReviewRow(txn_.session(), texts_, *row, *review, zone_));
  txn_.Log({common::ChangeKind::kUpdated, NameOf(before.id), after.unit, common::UnitUid(), EtagOf(row->stored),
            common::EncodeRollup(RiskChange(&before.point, after, review, zone_))});
  RONGHE_RETURN_IF_ERROR(SetNext(before.id, next));
  return std::move(row->stored);
}

absl::Status SqlRiskStore::Write(common::PartitionId partition, const common::Call& call,
                                 absl::FunctionRef<absl::Status(RiskTxn&)> body) {
  return log_
      .Write(partition, call,
             [&](common::WriteTxn& txn) {
               SqlRiskTxn risks(txn, texts_, zone_);
               return body(risks);
             })
      .status();
}

absl::StatusOr<std::optional<StoredRisk>> SqlRiskStore::Find(RiskPointId id, absl::Time deadline) {
  std::optional<StoredRisk> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<RiskRow> row, SelectRisk(session, texts_, id));
    if (row) found = std::move(row->stored);
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredRisk>> SqlRiskStore::List(std::span<const UnitsOfPartition> units,
                                                           const RiskFilter& filter, const common::ListPosition& after,
                                                           int limit, absl::Time deadline) {
  std::vector<StoredRisk> all;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    all.clear();
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<StoredRisk> some, PageRisks(session, texts_, part, filter, after, limit));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  return all;
}

absl::StatusOr<std::vector<RiskReview>> SqlRiskStore::Reviews(RiskPointId id, int before, int limit,
                                                              absl::Time deadline) {
  std::vector<RiskReview> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<RiskRow> row, SelectRisk(session, texts_, id));
    if (row) {
      RONGHE_ASSIGN_OR_RETURN(found, SelectReviews(session, texts_, *row, before, limit));
    }
    return absl::OkStatus();
  }));
  return found;
}

}  // namespace ronghe::rectification
