#include "services/organization/storage/workplace_rows.h"

#include <string>

#include <fmt/format.h>

#include "services/organization/storage/record_table.h"

namespace ronghe::organization {

namespace sql = common::sql;
using sql::Value;

template <>
struct TableOf<StoredWorkplace> {
  static constexpr std::string_view kTable = "workplace";
  static constexpr std::string_view kColumns[] = {"kind",     "title",     "credit_code", "external_id",
                                                  "from_day", "until_day", "state",       "covering"};
  static constexpr size_t kKept = 1;
  static void Read(const sql::Row& row, int at, StoredWorkplace& workplace) {
    workplace.kind = static_cast<WorkplaceKind>(row.Int(at));
    workplace.title = row.Text(at + 1);
    workplace.credit_code = row.Text(at + 2);
    workplace.external_id = row.Text(at + 3);
    workplace.days = {common::DayFromNumber(row.Int(at + 4)), DayAt(row, at + 5)};
    workplace.state = static_cast<WorkplaceState>(row.Int(at + 6));
    workplace.covering = static_cast<int>(row.Int(at + 7));
  }
  static std::vector<Value> Values(const StoredWorkplace& workplace) {
    return {static_cast<int64_t>(workplace.kind),
            workplace.title,
            workplace.credit_code,
            workplace.external_id,
            common::DayNumber(workplace.days.from),
            DayOrNull(workplace.days.until),
            static_cast<int64_t>(workplace.state),
            int64_t{workplace.covering}};
  }
};

template <>
struct TableOf<StoredCover> {
  static constexpr std::string_view kTable = "cover";
  static constexpr std::string_view kColumns[] = {"workplace_id", "from_day",   "until_day",
                                                  "state",        "end_reason", "counts"};
  static constexpr size_t kKept = 0;
  static void Read(const sql::Row& row, int at, StoredCover& cover) {
    cover.workplace = WorkplaceId(row.Int(at));
    cover.days = {common::DayFromNumber(row.Int(at + 1)), DayAt(row, at + 2)};
    cover.state = static_cast<CoverState>(row.Int(at + 3));
    cover.end_reason = static_cast<CoverEndReason>(row.Int(at + 4));
    cover.counts = row.Int(at + 5) != 0;
  }
  static std::vector<Value> Values(const StoredCover& cover) {
    return {cover.workplace.value,
            common::DayNumber(cover.days.from),
            DayOrNull(cover.days.until),
            static_cast<int64_t>(cover.state),
            static_cast<int64_t>(cover.end_reason),
            int64_t{cover.counts ? 1 : 0}};
  }
};

namespace {

constexpr sql::Query kAddCovering{
    "workplace_covering", "UPDATE workplace SET covering = covering + ? WHERE partition_id = ? AND workplace_id = ?"};
constexpr sql::Query kCountActive{
    "workplace_count_unit", "SELECT COUNT(*) FROM workplace WHERE partition_id = ? AND unit_uid = ? AND state = 1"};
constexpr sql::Query kCountAll{
    "workplace_count",
    "SELECT w.unit_uid, COUNT(*), COUNT(c.workplace_id) FROM workplace w LEFT JOIN "
    "(SELECT DISTINCT partition_id, workplace_id FROM cover WHERE state = 1 AND counts = 1) c "
    "ON c.partition_id = w.partition_id AND c.workplace_id = w.workplace_id "
    "WHERE w.state = 1 GROUP BY w.unit_uid ORDER BY w.unit_uid"};
constexpr sql::Query kClaim{"workplace_claim",
                            "INSERT INTO registry_workplace (partition_id, workplace_key, workplace_id) "
                            "VALUES (?, ?, ?) ON CONFLICT (partition_id, workplace_key) DO NOTHING"};
constexpr sql::Query kRelease{
    "workplace_release",
    "DELETE FROM registry_workplace WHERE partition_id = ? AND workplace_key = ? AND workplace_id = ?"};

absl::Status MoveKey(sql::Session& session, std::string_view prefix, const std::string& before,
                     const std::string& after, WorkplaceId id, const absl::Status& taken) {
  if (before == after) return absl::OkStatus();
  if (!after.empty()) {
    const std::string key = fmt::format("{}:{}", prefix, after);
    RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                            session.Execute(kClaim, {common::RegistryPartitionOf(key).value, key, id.value}));
    if (rows == 0) return taken;
  }
  if (before.empty()) return absl::OkStatus();
  const std::string key = fmt::format("{}:{}", prefix, before);
  return session.Execute(kRelease, {common::RegistryPartitionOf(key).value, key, id.value}).status();
}

absl::StatusOr<int64_t> CountOf(sql::Session& session, const sql::Query& query, common::PartitionId partition,
                                common::UnitUid home) {
  int64_t count = 0;
  const auto read = [&](const sql::Row& row) {
    count = row.Int(0);
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.SelectOne(query, {partition.value, home.value}, read).status());
  return count;
}

}  // namespace

absl::StatusOr<std::optional<StoredWorkplace>> SelectRecord(sql::Session& session, WorkplaceId id) {
  return SelectById<StoredWorkplace>(session, id.value);
}
absl::StatusOr<std::optional<StoredCover>> SelectRecord(sql::Session& session, CoverId id) {
  return SelectById<StoredCover>(session, id.value);
}
absl::StatusOr<std::vector<StoredWorkplace>> SelectWorkplaces(sql::Session& session, common::PartitionId partition,
                                                              common::UnitUid home) {
  return SelectBy<StoredWorkplace>(session, "unit_uid", partition, home.value);
}
absl::StatusOr<std::vector<StoredCover>> SelectCovers(sql::Session& session, common::PartitionId partition,
                                                      common::UnitUid unit) {
  return SelectBy<StoredCover>(session, "unit_uid", partition, unit.value);
}
absl::StatusOr<std::vector<StoredCover>> SelectCovers(sql::Session& session, common::PartitionId partition,
                                                      WorkplaceId workplace) {
  return SelectBy<StoredCover>(session, "workplace_id", partition, workplace.value);
}

absl::StatusOr<std::vector<StoredWorkplace>> PageWorkplaces(sql::Session& session, const UnitsOfPartition& units,
                                                            const WorkplaceFilter& filter, const RecordPosition& after,
                                                            int limit) {
  std::string conditions;
  AddMask("kind", filter.kinds, static_cast<int>(WorkplaceKind::kOther), conditions);
  AddMask("state", filter.states, static_cast<int>(WorkplaceState::kClosed), conditions);
  if (!filter.without_cover) conditions += " AND covering > 0";
  if (!filter.with_cover) conditions += " AND covering = 0";
  return Page<StoredWorkplace>(session, units, conditions, {}, after, limit);
}

absl::StatusOr<std::vector<StoredCover>> PageCovers(sql::Session& session, const UnitsOfPartition& units,
                                                    const WorkplaceFilter& filter, const RecordPosition& after,
                                                    int limit) {
  std::string conditions;
  std::vector<Value> wanted;
  AddMask("state", filter.states, static_cast<int>(CoverState::kEnded), conditions);
  if (filter.workplace) {
    conditions += " AND workplace_id = ?";
    wanted.emplace_back(filter.workplace.value);
  }
  return Page<StoredCover>(session, units, conditions, wanted, after, limit);
}

absl::Status InsertRecord(sql::Session& session, const StoredWorkplace& workplace) {
  return InsertStored(session, workplace);
}
absl::Status InsertRecord(sql::Session& session, const StoredCover& cover) {
  return InsertStored(session, cover);
}
absl::Status UpdateRecord(sql::Session& session, const StoredWorkplace& workplace) {
  return UpdateStored(session, workplace);
}
absl::Status UpdateRecord(sql::Session& session, const StoredCover& cover) {
  return UpdateStored(session, cover);
}

absl::Status AddCovering(sql::Session& session, WorkplaceId workplace, int change) {
  return session.Execute(kAddCovering, {int64_t{change}, common::PartitionOf(workplace.value).value, workplace.value})
      .status();
}

absl::Status MoveKeys(sql::Session& session, const StoredWorkplace* before, const StoredWorkplace& after) {
  static const std::string none;
  // Always in this order, so that two who want the same two wait for each other and not in a circle.
  RONGHE_RETURN_IF_ERROR(MoveKey(
      session, "c", before != nullptr ? before->credit_code : none, after.credit_code, after.id,
      common::AlreadyExists("DUPLICATE_CODE", "workplaces",
                            {"a workplace with this credit code is registered already", "该统一社会信用代码已登记"})));
  return MoveKey(
      session, "e", before != nullptr ? before->external_id : none, after.external_id, after.id,
      common::AlreadyExists("DUPLICATE_EXTERNAL_ID", "workplaces",
                            {"the external id is used for another workplace already", "该外部编号已用于其他单位"}));
}

absl::StatusOr<int64_t> CountActiveWorkplaces(sql::Session& session, common::PartitionId partition,
                                              common::UnitUid home) {
  return CountOf(session, kCountActive, partition, home);
}

absl::Status CountWorkplaces(sql::Session& session,
                             absl::FunctionRef<void(common::UnitUid, const WorkplaceCounts&)> each) {
  return session.Select(kCountAll, {}, [&](const sql::Row& row) {
    each(common::UnitUid(row.Int(0)), {row.Int(1), row.Int(2)});
    return absl::OkStatus();
  });
}

}  // namespace ronghe::organization
