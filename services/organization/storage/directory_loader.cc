#include "services/organization/storage/directory_loader.h"

#include <algorithm>
#include <charconv>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/rollup/change.h"
#include "services/common/values/status.h"
#include "services/organization/storage/access_rows.h"
#include "services/organization/storage/reorganization_rows.h"
#include "services/organization/storage/unit_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::DirectoryDelta;
using common::UnitUid;

constexpr size_t kUnitsPerPiece = 1000;
constexpr int kChangesPerPiece = 500;
constexpr std::string_view kUnitsPrefix = "units/";

constexpr sql::Query kAllUnits{"directory_units",
                               "SELECT uid, parent_uid, unit_partition, code, title, short_title, level, kind, state "
                               "FROM unit WHERE partition_id = 0 ORDER BY uid"};
constexpr sql::Query kAllPrincipals{
    "directory_principals", "SELECT id, issuer, subject, member_id FROM principal WHERE partition_id = 0 ORDER BY id"};
constexpr sql::Query kAllGrants{"directory_grants",
                                "SELECT id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision FROM "
                                "access_grant WHERE partition_id = 0 AND revoked_us = 0 AND end_us > ? ORDER BY id"};
constexpr sql::Query kAllTokens{"directory_tokens",
                                "SELECT jti, expire_us FROM revoked_token WHERE partition_id = 0 AND expire_us > ? "
                                "ORDER BY id"};
// In the order in which units came to stand there; a parent is placed before what stands under it.
constexpr sql::Query kAllPlaces{"directory_places",
                                "SELECT uid, parent_uid, unit_partition, from_month FROM rollup_place "
                                "WHERE partition_id = 0 ORDER BY from_month, uid"};
constexpr sql::Query kPlaceRevision{"directory_place_revision",
                                    "SELECT structure_revision FROM rollup_state WHERE partition_id = 0"};
constexpr std::string_view kSomeUnits =
    "SELECT uid, parent_uid, unit_partition, code, title, short_title, level, kind, state FROM unit WHERE partition_id "
    "= 0 AND uid IN ({}) ORDER BY uid";
constexpr std::string_view kSomePrincipals =
    "SELECT id, issuer, subject, member_id FROM principal WHERE partition_id = 0 AND id IN ({}) ORDER BY id";
constexpr std::string_view kSomeGrants =
    "SELECT id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision FROM access_grant WHERE "
    "partition_id = 0 AND id IN ({}) ORDER BY id";
constexpr std::string_view kSomeTokens =
    "SELECT jti, expire_us FROM revoked_token WHERE partition_id = 0 AND id IN ({}) ORDER BY id";

common::DirectoryUnit DirectoryUnitOf(const sql::Row& row) {
  common::DirectoryUnit unit;
  unit.uid = UnitUid(row.Int(0));
  unit.parent = UnitUid(row.Int(1));
  unit.partition = common::PartitionId(row.Int(2));
  unit.code = row.Text(3);
  unit.title = row.Text(4);
  unit.short_title = row.Text(5);
  unit.level = static_cast<int>(row.Int(6));
  unit.kind = static_cast<int>(row.Int(7));
  unit.state = static_cast<int>(row.Int(8));
  return unit;
}

common::DirectoryPrincipal DirectoryPrincipalOf(const sql::Row& row) {
  return {row.Int(0), std::string(row.Text(1)), std::string(row.Text(2)), row.Int(3)};
}

common::DirectoryGrant DirectoryGrantOf(const sql::Row& row) {
  Grant grant = GrantOf(row);
  return {grant.id,    grant.principal_id, static_cast<int>(grant.role), grant.unit,
          grant.start, grant.end,          grant.revoked.has_value()};
}

common::DirectoryRevokedToken DirectoryTokenOf(const sql::Row& row) {
  return {std::string(row.Text(0)), absl::FromUnixMicros(row.Int(1))};
}

void AddSuccessors(const SuccessorMap& successors, common::DirectoryUnit& unit) {
  auto found = successors.find(unit.uid);
  if (found == successors.end() || unit.state != static_cast<int>(UnitState::kDissolved)) return;
  for (const UnitRef& successor : found->second) unit.successors.push_back(successor.uid);
}

absl::Status ReadPlaces(sql::Session& session, std::vector<DirectoryDelta>& pieces) {
  RONGHE_RETURN_IF_ERROR(session.Select(kAllPlaces, {}, [&](const sql::Row& row) {
    if (pieces.back().places.size() == kUnitsPerPiece) pieces.emplace_back();
    pieces.back().places.push_back({UnitUid(row.Int(0)), UnitUid(row.Int(1)), common::PartitionId(row.Int(2)),
                                    static_cast<int>(row.Int(3)), false});
    return absl::OkStatus();
  }));
  return session
      .SelectOne(kPlaceRevision, {},
                 [&](const sql::Row& row) {
                   pieces.back().place_revision = row.Int(0);
                   return absl::OkStatus();
                 })
      .status();
}

// What a change says of places.
absl::Status AddPlaces(const common::PublishedChange& change, DirectoryDelta& delta) {
  const std::optional<common::RollupChange> rollup = common::DecodeRollup(change.entry.rollup);
  if (!rollup) return common::Internal("a published change cannot be read");
  delta.place_revision = rollup->StructureRevisionAt(change.revision).value_or(delta.place_revision);
  for (const common::RollupChange::Place& place : rollup->places) {
    delta.places.push_back({place.unit, place.parent, place.partition, place.from, false});
  }
  for (const common::RollupChange::Place& place : rollup->forgotten) {
    delta.places.push_back({place.unit, place.parent, place.partition, place.from, true});
  }
  return absl::OkStatus();
}

// Takes the number in `prefix` + number out of a resource name; false for other names.
bool TakeId(std::string_view resource, std::string_view prefix, std::vector<int64_t>& ids) {
  if (!resource.starts_with(prefix)) return false;
  int64_t id = 0;
  std::from_chars(resource.data() + prefix.size(), resource.data() + resource.size(), id);
  ids.push_back(id);
  return true;
}

std::vector<sql::Value> Args(const std::vector<int64_t>& ids) {
  std::vector<UnitUid> uids;
  for (int64_t id : ids) uids.emplace_back(id);
  std::vector<sql::Value> args;
  AppendPadded(args, uids);
  return args;
}

template <typename Each>
absl::Status SelectSome(sql::Session& session, const char* name, std::string_view text, const std::vector<int64_t>& ids,
                        Each each) {
  if (ids.empty()) return absl::OkStatus();
  std::string statement = WithPlaceholders(text, ids.size());
  return session.Select({name, statement}, Args(ids), [&](const sql::Row& row) {
    each(row);
    return absl::OkStatus();
  });
}

}  // namespace

// Numbers of what the changes speak of.
struct DirectoryLoader::Changed {
  std::vector<int64_t> units;
  std::vector<int64_t> principals;
  std::vector<int64_t> grants;
  std::vector<int64_t> tokens;
};

absl::StatusOr<std::vector<DirectoryDelta>> DirectoryLoader::LoadAll(absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, log_.Incarnation());
  std::vector<DirectoryDelta> pieces(1);
  common::Feed::Head head;
  int64_t now = absl::ToUnixMicros(clock_.Now());
  auto read = [&](sql::Session& session) -> absl::Status {
    pieces.assign(1, DirectoryDelta());
    RONGHE_ASSIGN_OR_RETURN(head, feed_.ReadHead(session, common::kStructurePartition));
    DirectoryDelta& first = pieces.front();
    first.reset = true;
    RONGHE_RETURN_IF_ERROR(session.Select(kAllPrincipals, {}, [&](const sql::Row& row) {
      first.principals.push_back(DirectoryPrincipalOf(row));
      return absl::OkStatus();
    }));
    RONGHE_RETURN_IF_ERROR(session.Select(kAllGrants, {now}, [&](const sql::Row& row) {
      first.grants.push_back(DirectoryGrantOf(row));
      return absl::OkStatus();
    }));
    RONGHE_RETURN_IF_ERROR(session.Select(kAllTokens, {now}, [&](const sql::Row& row) {
      first.revoked_tokens.push_back(DirectoryTokenOf(row));
      return absl::OkStatus();
    }));
    RONGHE_ASSIGN_OR_RETURN(const SuccessorMap successors, SelectSuccessors(session, {}));
    RONGHE_RETURN_IF_ERROR(session.Select(kAllUnits, {}, [&](const sql::Row& row) {
      if (pieces.back().units.size() == kUnitsPerPiece) pieces.emplace_back();
      pieces.back().units.push_back(DirectoryUnitOf(row));
      AddSuccessors(successors, pieces.back().units.back());
      return absl::OkStatus();
    }));
    return ReadPlaces(session, pieces);
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read));
  // The rows may hold more than has been published by then; what is published later brings the same rows again.
  for (DirectoryDelta& piece : pieces) {
    piece.incarnation = incarnation;
    piece.position = head.position;
    piece.structure_revision = head.partition_revision;
  }
  pieces.back().complete = true;
  return pieces;
}

absl::StatusOr<common::Feed::Head> DirectoryLoader::ReadHead(absl::Time deadline) {
  common::Feed::Head head;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(head, feed_.ReadHead(session, common::kStructurePartition));
    return absl::OkStatus();
  }));
  return head;
}

absl::StatusOr<DirectoryDelta> DirectoryLoader::After(int64_t position, int64_t structure_revision,
                                                      absl::Time deadline) {
  DirectoryDelta delta;
  RONGHE_ASSIGN_OR_RETURN(delta.incarnation, log_.Incarnation());
  delta.complete = true;
  delta.position = position;
  delta.structure_revision = structure_revision;
  RONGHE_ASSIGN_OR_RETURN(std::vector<common::PublishedChange> changes,
                          feed_.After(position, kChangesPerPiece, deadline));
  Changed changed;
  absl::flat_hash_set<int64_t> gone;
  for (const common::PublishedChange& change : changes) {
    delta.position = change.position;
    if (change.partition != common::kStructurePartition) continue;
    delta.structure_revision = std::max(delta.structure_revision, change.revision);
    RONGHE_RETURN_IF_ERROR(AddPlaces(change, delta));
    const std::string& resource = change.entry.resource;
    if (resource.starts_with(kUnitsPrefix)) {
      if (gone.insert(change.entry.unit.value).second) changed.units.push_back(change.entry.unit.value);
    } else if (!TakeId(resource, kPrincipalsPrefix, changed.principals) &&
               !TakeId(resource, kGrantsPrefix, changed.grants)) {
      TakeId(resource, kTokensPrefix, changed.tokens);
    }
  }
  if (changed.units.empty() && changed.principals.empty() && changed.grants.empty() && changed.tokens.empty()) {
    return delta;
  }
  RONGHE_RETURN_IF_ERROR(
      database_.Read(deadline, [&](sql::Session& session) { return ReadChanged(session, changed, delta); }));
  // Units that changed and are no more have been erased.
  for (const common::DirectoryUnit& unit : delta.units) gone.erase(unit.uid.value);
  for (int64_t uid : gone) {
    common::DirectoryUnit unit;
    unit.uid = UnitUid(uid);
    unit.deleted = true;
    delta.units.push_back(std::move(unit));
  }
  return delta;
}

absl::Status DirectoryLoader::ReadChanged(sql::Session& session, const Changed& changed, DirectoryDelta& delta) {
  delta.units.clear();
  delta.principals.clear();
  delta.grants.clear();
  delta.revoked_tokens.clear();
  RONGHE_RETURN_IF_ERROR(SelectSome(session, "directory_some_units", kSomeUnits, changed.units,
                                    [&](const sql::Row& row) { delta.units.push_back(DirectoryUnitOf(row)); }));
  std::vector<UnitUid> ended;
  for (const common::DirectoryUnit& unit : delta.units) {
    if (unit.state == static_cast<int>(UnitState::kDissolved)) ended.push_back(unit.uid);
  }
  if (!ended.empty()) {
    RONGHE_ASSIGN_OR_RETURN(const SuccessorMap successors, SelectSuccessors(session, ended));
    for (common::DirectoryUnit& unit : delta.units) AddSuccessors(successors, unit);
  }
  RONGHE_RETURN_IF_ERROR(
      SelectSome(session, "directory_some_principals", kSomePrincipals, changed.principals,
                 [&](const sql::Row& row) { delta.principals.push_back(DirectoryPrincipalOf(row)); }));
  RONGHE_RETURN_IF_ERROR(SelectSome(session, "directory_some_grants", kSomeGrants, changed.grants,
                                    [&](const sql::Row& row) { delta.grants.push_back(DirectoryGrantOf(row)); }));
  return SelectSome(session, "directory_some_tokens", kSomeTokens, changed.tokens,
                    [&](const sql::Row& row) { delta.revoked_tokens.push_back(DirectoryTokenOf(row)); });
}

}  // namespace ronghe::organization
