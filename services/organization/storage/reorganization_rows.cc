#include "services/organization/storage/reorganization_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/storage/unit_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::UnitUid;

#define RONGHE_REORGANIZATION_COLUMNS \
  "id, title, owner_uid, state, effective_day, steps, outcome, actor, create_us, end_us, revision"

constexpr sql::Query kSelect{"reorganization_select", "SELECT " RONGHE_REORGANIZATION_COLUMNS
                                                      " FROM reorganization WHERE partition_id = 0 AND id = ?"};
constexpr sql::Query kList{"reorganization_list", "SELECT " RONGHE_REORGANIZATION_COLUMNS
                                                  " FROM reorganization WHERE partition_id = 0 AND id < ? AND "
                                                  "((CAST(1 AS BIGINT) << state) & ?) <> 0 ORDER BY id DESC LIMIT ?"};
#undef RONGHE_REORGANIZATION_COLUMNS
constexpr sql::Query kInsert{
    "reorganization_insert",
    "INSERT INTO reorganization (partition_id, id, title, owner_uid, state, effective_day, steps, outcome, actor, "
    "create_us, end_us, revision) VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kUpdateReorganization{
    "reorganization_update",
    "UPDATE reorganization SET state = ?, outcome = ?, end_us = ?, revision = ? WHERE "
    "partition_id = 0 AND id = ?"};

constexpr std::string_view kSuccessors =
    "SELECT s.uid, s.successor_uid, u.code FROM unit_successor s JOIN unit u ON u.partition_id = 0 AND u.uid = "
    "s.successor_uid WHERE s.partition_id = 0 AND s.ended_us = ? AND s.uid IN ({}) ORDER BY s.uid, s.position";
constexpr sql::Query kAllSuccessors{
    "successor_all",
    "SELECT s.uid, s.successor_uid, u.code FROM unit_successor s JOIN unit u ON u.partition_id = 0 AND u.uid = "
    "s.successor_uid WHERE s.partition_id = 0 AND s.ended_us = ? ORDER BY s.uid, s.position"};
constexpr sql::Query kEndSuccessors{
    "successor_end", "UPDATE unit_successor SET ended_us = ? WHERE partition_id = 0 AND uid = ? AND ended_us = ?"};
constexpr sql::Query kAddSuccessor{"successor_add",
                                   "INSERT INTO unit_successor (partition_id, uid, since_us, position, successor_uid, "
                                   "from_day, ended_us) VALUES (0, ?, ?, ?, ?, ?, ?)"};

int64_t Micros(std::optional<absl::Time> time) {
  return time ? absl::ToUnixMicros(*time) : kForever;
}

Reorganization Read(const sql::Row& row) {
  Reorganization read;
  read.id = row.Int(0);
  read.title = row.Text(1);
  read.owner = UnitUid(row.Int(2));
  read.state = static_cast<ReorganizationState>(row.Int(3));
  read.day = common::DayFromNumber(row.Int(4));
  read.steps = row.Bytes(5);
  read.outcome = row.Bytes(6);
  read.actor = row.Text(7);
  read.created = absl::FromUnixMicros(row.Int(8));
  if (row.Int(9) != kForever) read.ended = absl::FromUnixMicros(row.Int(9));
  read.revision = row.Int(10);
  return read;
}

}  // namespace

absl::StatusOr<std::optional<Reorganization>> SelectReorganization(sql::Session& session, int64_t id) {
  std::optional<Reorganization> found;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kSelect, {id},
                                        [&](const sql::Row& row) {
                                          found = Read(row);
                                          return absl::OkStatus();
                                        })
                             .status());
  return found;
}

absl::StatusOr<std::vector<Reorganization>> SelectReorganizations(sql::Session& session, int64_t before,
                                                                  uint32_t states, int limit) {
  std::vector<Reorganization> list;
  RONGHE_RETURN_IF_ERROR(session.Select(kList, {before == 0 ? kForever : before, int64_t{states}, int64_t{limit}},
                                        [&](const sql::Row& row) {
                                          list.push_back(Read(row));
                                          return absl::OkStatus();
                                        }));
  return list;
}

absl::Status InsertReorganization(sql::Session& session, const Reorganization& r) {
  return session
      .Execute(kInsert, {r.id, r.title, r.owner.value, static_cast<int64_t>(r.state), common::DayNumber(r.day),
                         sql::Blob{r.steps}, sql::Blob{r.outcome}, r.actor, absl::ToUnixMicros(r.created),
                         Micros(r.ended), r.revision})
      .status();
}

absl::Status UpdateReorganization(sql::Session& session, const Reorganization& r) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                          session.Execute(kUpdateReorganization, {static_cast<int64_t>(r.state), sql::Blob{r.outcome},
                                                                  Micros(r.ended), r.revision, r.id}));
  return rows == 1 ? absl::OkStatus() : common::Internal("a reorganization is gone");
}

absl::StatusOr<SuccessorMap> SelectSuccessors(sql::Session& session, std::span<const UnitUid> uids) {
  SuccessorMap map;
  const auto read = [&](const sql::Row& row) {
    map[UnitUid(row.Int(0))].push_back({UnitUid(row.Int(1)), std::string(row.Text(2))});
    return absl::OkStatus();
  };
  if (uids.empty()) {
    RONGHE_RETURN_IF_ERROR(session.Select(kAllSuccessors, {kForever}, read));
    return map;
  }
  for (; !uids.empty(); uids = uids.subspan(std::min(uids.size(), kMaxInList))) {
    const std::span<const UnitUid> some = uids.first(std::min(uids.size(), kMaxInList));
    std::vector<sql::Value> args{kForever};
    AppendPadded(args, some);
    const std::string text = WithPlaceholders(kSuccessors, some.size());
    RONGHE_RETURN_IF_ERROR(session.Select({"successor_some", text}, args, read));
  }
  return map;
}

absl::Status ReplaceSuccessors(sql::Session& session, const Unit& unit) {
  const int64_t now = absl::ToUnixMicros(unit.recorded());
  RONGHE_RETURN_IF_ERROR(session.Execute(kEndSuccessors, {now, unit.uid().value, kForever}).status());
  for (size_t i = 0; i < unit.successors().size(); ++i) {
    RONGHE_RETURN_IF_ERROR(
        session
            .Execute(kAddSuccessor, {unit.uid().value, now, static_cast<int64_t>(i), unit.successors()[i].uid.value,
                                     common::DayNumber(unit.from()), kForever})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace ronghe::organization
