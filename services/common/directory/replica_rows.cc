#include "services/common/directory/replica_rows.h"

#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using sql::Query;
using sql::Row;
using sql::Session;
using sql::Value;

const int64_t kPartition = kStructurePartition.value;

// Long after the end of a token nobody's clock lets it in.
constexpr absl::Duration kKeepRevoked = absl::Hours(1);

constexpr Query kReadState{
    "replica_read_state", "SELECT incarnation, position, structure_revision FROM replica_state WHERE partition_id = ?"};
constexpr Query kReadUnits{"replica_read_units",
                           "SELECT uid, parent_uid, unit_partition, code, title, short_title, level, kind, state, "
                           "successors FROM replica_unit WHERE partition_id = ? ORDER BY uid"};
constexpr Query kReadPrincipals{"replica_read_principals",
                                "SELECT id, issuer, subject, member_id FROM replica_principal "
                                "WHERE partition_id = ? ORDER BY id"};
constexpr Query kReadGrants{"replica_read_grants",
                            "SELECT id, principal_id, role, unit_uid, start_micros, end_micros FROM replica_grant "
                            "WHERE partition_id = ? ORDER BY id"};
constexpr Query kReadRevoked{"replica_read_revoked",
                             "SELECT jti, expire_micros FROM replica_revoked WHERE partition_id = ? ORDER BY jti"};

constexpr Query kUpsertUnit{
    "replica_upsert_unit",
    "INSERT INTO replica_unit (partition_id, uid, parent_uid, unit_partition, code, title, short_title, level, kind, "
    "state, successors) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partition_id, uid) DO UPDATE SET "
    "parent_uid = excluded.parent_uid, unit_partition = excluded.unit_partition, code = excluded.code, "
    "title = excluded.title, short_title = excluded.short_title, level = excluded.level, kind = excluded.kind, "
    "state = excluded.state, successors = excluded.successors"};
constexpr Query kDeleteUnit{"replica_delete_unit", "DELETE FROM replica_unit WHERE partition_id = ? AND uid = ?"};
constexpr Query kUpsertPrincipal{
    "replica_upsert_principal",
    "INSERT INTO replica_principal (partition_id, id, issuer, subject, member_id) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (partition_id, id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject, "
    "member_id = excluded.member_id"};
constexpr Query kUpsertGrant{
    "replica_upsert_grant",
    "INSERT INTO replica_grant (partition_id, id, principal_id, role, unit_uid, start_micros, end_micros) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partition_id, id) DO UPDATE SET principal_id = excluded.principal_id, "
    "role = excluded.role, unit_uid = excluded.unit_uid, start_micros = excluded.start_micros, "
    "end_micros = excluded.end_micros"};
constexpr Query kDeleteGrant{"replica_delete_grant", "DELETE FROM replica_grant WHERE partition_id = ? AND id = ?"};
constexpr Query kUpsertRevoked{"replica_upsert_revoked",
                               "INSERT INTO replica_revoked (partition_id, jti, expire_micros) VALUES (?, ?, ?) "
                               "ON CONFLICT (partition_id, jti) DO UPDATE SET expire_micros = excluded.expire_micros"};
constexpr Query kPruneRevoked{"replica_prune_revoked",
                              "DELETE FROM replica_revoked WHERE partition_id = ? AND expire_micros < ?"};
constexpr Query kUpsertState{
    "replica_upsert_state",
    "INSERT INTO replica_state (partition_id, incarnation, position, structure_revision) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (partition_id) DO UPDATE SET incarnation = excluded.incarnation, position = excluded.position, "
    "structure_revision = excluded.structure_revision"};
constexpr Query kClearPrincipals{"replica_clear_principals", "DELETE FROM replica_principal WHERE partition_id = ?"};
constexpr Query kClearGrants{"replica_clear_grants", "DELETE FROM replica_grant WHERE partition_id = ?"};
constexpr Query kClearRevoked{"replica_clear_revoked", "DELETE FROM replica_revoked WHERE partition_id = ?"};

constexpr std::string_view kUnitColumns[] = {"partition_id", "uid",   "parent_uid",  "unit_partition",
                                             "code",         "title", "short_title", "level",
                                             "kind",         "state", "successors"};
constexpr std::string_view kPrincipalColumns[] = {"partition_id", "id", "issuer", "subject", "member_id"};
constexpr std::string_view kGrantColumns[] = {"partition_id", "id",           "principal_id", "role",
                                              "unit_uid",     "start_micros", "end_micros"};
constexpr std::string_view kRevokedColumns[] = {"partition_id", "jti", "expire_micros"};

using Values = std::vector<Value>;

int64_t ToMicros(absl::Time time) {
  return absl::ToUnixMicros(time);
}  // the ends of the range stand for ever

absl::Time FromMicros(int64_t micros) {
  if (micros == INT64_MIN) return absl::InfinitePast();
  if (micros == INT64_MAX) return absl::InfiniteFuture();
  return absl::FromUnixMicros(micros);
}

std::string JoinUids(const std::vector<UnitUid>& uids) {
  std::string text;
  for (UnitUid uid : uids) text += (text.empty() ? "" : " ") + std::to_string(uid.value);
  return text;
}

std::vector<UnitUid> SplitUids(std::string_view text) {
  std::vector<UnitUid> uids;
  while (!text.empty()) {
    int64_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (error != std::errc()) break;
    uids.emplace_back(uid);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return uids;
}

Values RowOf(const DirectoryUnit& unit) {
  return {kPartition,         unit.uid.value,      unit.parent.value,        unit.partition.value,
          unit.code,          unit.title,          unit.short_title,         int64_t{unit.level},
          int64_t{unit.kind}, int64_t{unit.state}, JoinUids(unit.successors)};
}
Values RowOf(const DirectoryPrincipal& principal) {
  return {kPartition, principal.id, principal.issuer, principal.subject, principal.member_id};
}
Values RowOf(const DirectoryGrant& grant) {
  return {kPartition,          grant.id,         grant.principal_id,
          int64_t{grant.role}, grant.unit.value, ToMicros(grant.start),
          ToMicros(grant.end)};
}
Values RowOf(const DirectoryRevokedToken& token) {
  return {kPartition, token.jti, ToMicros(token.expire)};
}

absl::Status ReadUnits(Session& session, DirectoryDelta& delta) {
  return session.Select(kReadUnits, {kPartition}, [&](const Row& row) {
    DirectoryUnit unit;
    unit.uid = UnitUid(row.Int(0));
    unit.parent = UnitUid(row.Int(1));
    unit.partition = PartitionId(row.Int(2));
    unit.code = row.Text(3);
    unit.title = row.Text(4);
    unit.short_title = row.Text(5);
    unit.level = static_cast<int>(row.Int(6));
    unit.kind = static_cast<int>(row.Int(7));
    unit.state = static_cast<int>(row.Int(8));
    unit.successors = SplitUids(row.Text(9));
    delta.units.push_back(std::move(unit));
    return absl::OkStatus();
  });
}

absl::Status ReadAccess(Session& session, DirectoryDelta& delta) {
  RONGHE_RETURN_IF_ERROR(session.Select(kReadPrincipals, {kPartition}, [&](const Row& row) {
    delta.principals.push_back({row.Int(0), std::string(row.Text(1)), std::string(row.Text(2)), row.Int(3)});
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(session.Select(kReadGrants, {kPartition}, [&](const Row& row) {
    DirectoryGrant grant;
    grant.id = row.Int(0);
    grant.principal_id = row.Int(1);
    grant.role = static_cast<int>(row.Int(2));
    grant.unit = UnitUid(row.Int(3));
    grant.start = FromMicros(row.Int(4));
    grant.end = FromMicros(row.Int(5));
    delta.grants.push_back(std::move(grant));
    return absl::OkStatus();
  }));
  return session.Select(kReadRevoked, {kPartition}, [&](const Row& row) {
    delta.revoked_tokens.push_back({std::string(row.Text(0)), FromMicros(row.Int(1))});
    return absl::OkStatus();
  });
}

template <typename T>
absl::Status InsertAll(Session& session, const char* name, std::string_view table,
                       std::span<const std::string_view> columns, const T& items) {
  if (items.empty()) return absl::OkStatus();
  std::vector<Values> rows;
  rows.reserve(items.size());
  for (const auto& item : items) rows.push_back(RowOf(item));
  return session.BulkInsert(name, table, columns, rows);
}

}  // namespace

absl::StatusOr<DirectoryDelta> ReadReplica(Session& session) {
  DirectoryDelta delta;
  delta.reset = delta.complete = true;
  absl::StatusOr<bool> found = session.SelectOne(kReadState, {kPartition}, [&](const Row& row) {
    delta.incarnation = row.Text(0);
    delta.position = row.Int(1);
    delta.structure_revision = row.Int(2);
    return absl::OkStatus();
  });
  if (!found.ok()) return found.status();
  if (!*found) return delta;
  RONGHE_RETURN_IF_ERROR(ReadUnits(session, delta));
  RONGHE_RETURN_IF_ERROR(ReadAccess(session, delta));
  return delta;
}

absl::Status WriteUnits(Session& session, std::span<const DirectoryUnit> added, std::span<const DirectoryUnit> changed,
                        std::span<const DirectoryUnit> forgotten) {
  RONGHE_RETURN_IF_ERROR(InsertAll(session, "replica_insert_units", "replica_unit", kUnitColumns, added));
  for (const DirectoryUnit& unit : changed) {
    RONGHE_RETURN_IF_ERROR(session.Execute(kUpsertUnit, RowOf(unit)).status());
  }
  for (const DirectoryUnit& unit : forgotten) {
    RONGHE_RETURN_IF_ERROR(session.Execute(kDeleteUnit, {kPartition, unit.uid.value}).status());
  }
  return absl::OkStatus();
}

absl::Status WriteAccess(Session& session, const DirectoryDelta& delta, absl::Time now) {
  for (const DirectoryPrincipal& principal : delta.principals) {
    RONGHE_RETURN_IF_ERROR(session.Execute(kUpsertPrincipal, RowOf(principal)).status());
  }
  for (const DirectoryGrant& grant : delta.grants) {
    absl::StatusOr<int64_t> done = grant.revoked ? session.Execute(kDeleteGrant, {kPartition, grant.id})
                                                 : session.Execute(kUpsertGrant, RowOf(grant));
    RONGHE_RETURN_IF_ERROR(done.status());
  }
  if (delta.revoked_tokens.empty()) return absl::OkStatus();
  for (const DirectoryRevokedToken& token : delta.revoked_tokens) {
    RONGHE_RETURN_IF_ERROR(session.Execute(kUpsertRevoked, RowOf(token)).status());
  }
  return session.Execute(kPruneRevoked, {kPartition, ToMicros(now - kKeepRevoked)}).status();
}

absl::Status ReplaceAccess(Session& session, const DirectoryDelta& delta) {
  for (const Query& clear : {kClearPrincipals, kClearGrants, kClearRevoked}) {
    RONGHE_RETURN_IF_ERROR(session.Execute(clear, {kPartition}).status());
  }
  // Of several versions of one the last counts.
  std::map<int64_t, DirectoryPrincipal> principals;
  for (const DirectoryPrincipal& principal : delta.principals) principals[principal.id] = principal;
  std::map<int64_t, DirectoryGrant> grants;
  for (const DirectoryGrant& grant : delta.grants) grants[grant.id] = grant;
  std::erase_if(grants, [](const auto& entry) { return entry.second.revoked; });
  std::map<std::string, DirectoryRevokedToken> tokens;
  for (const DirectoryRevokedToken& token : delta.revoked_tokens) tokens[token.jti] = token;
  auto values = [](auto& map) {
    std::vector<typename std::remove_reference_t<decltype(map)>::mapped_type> list;
    list.reserve(map.size());
    for (auto& [key, value] : map) list.push_back(std::move(value));
    return list;
  };
  RONGHE_RETURN_IF_ERROR(
      InsertAll(session, "replica_insert_principals", "replica_principal", kPrincipalColumns, values(principals)));
  RONGHE_RETURN_IF_ERROR(InsertAll(session, "replica_insert_grants", "replica_grant", kGrantColumns, values(grants)));
  return InsertAll(session, "replica_insert_revoked", "replica_revoked", kRevokedColumns, values(tokens));
}

absl::Status WriteState(Session& session, const DirectoryDelta& delta) {
  return session.Execute(kUpsertState, {kPartition, delta.incarnation, delta.position, delta.structure_revision})
      .status();
}

}  // namespace ronghe::common
