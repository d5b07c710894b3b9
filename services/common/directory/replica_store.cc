#include "services/common/directory/replica_store.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "services/common/directory/migrations/migrations.h"
#include "services/common/directory/replica_rows.h"
#include "services/common/rollup/change.h"
#include "services/common/telemetry/log.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr absl::Duration kWriteDeadline = absl::Seconds(30);
// How often a position without content is written down. Behind it nothing but resuming is slower.
constexpr absl::Duration kKeepPosition = absl::Seconds(60);

// What a delta really changes in the structure, in its order.
struct UnitChanges {
  std::vector<DirectoryUnit> added;
  std::vector<DirectoryUnit> changed;
  std::vector<DirectoryUnit> forgotten;
  std::vector<ChangeEntry> entries;
};

bool Same(const DirectoryUnit& a, const DirectoryUnit& b) {
  return a.parent == b.parent && a.partition == b.partition && a.code == b.code && a.title == b.title &&
         a.short_title == b.short_title && a.level == b.level && a.kind == b.kind && a.state == b.state &&
         a.successors == b.successors;
}

void AddEntry(const DirectoryUnit& unit, UnitChanges& changes) {
  ChangeEntry entry;
  entry.kind = ChangeKind::kStructureChanged;
  entry.resource = "units/" + unit.code;
  entry.unit = unit.uid;
  changes.entries.push_back(std::move(entry));
}

void Forget(const DirectoryUnit& unit, UnitChanges& changes) {
  changes.forgotten.push_back(unit);
  AddEntry(unit, changes);
}

// The directory shows what is stored, so it can be asked instead of the rows.
UnitChanges Compare(const DirectoryDelta& delta, const Directory& stored) {
  absl::flat_hash_map<int64_t, size_t> last;  // of several versions of one the last counts
  for (size_t i = 0; i < delta.units.size(); ++i) last[delta.units[i].uid.value] = i;
  UnitChanges changes;
  for (size_t i = 0; i < delta.units.size(); ++i) {
    const DirectoryUnit& unit = delta.units[i];
    if (!unit.uid || last[unit.uid.value] != i) continue;
    std::optional<DirectoryUnit> before = stored.Find(unit.uid);
    if (unit.deleted) {
      if (before) Forget(*before, changes);
      continue;
    }
    if (before && Same(*before, unit)) continue;
    (before ? changes.changed : changes.added).push_back(unit);
    AddEntry(unit, changes);
  }
  if (!delta.reset) return changes;
  stored.VisitSubtree(UnitUid(), [&](const DirectoryUnit& before) {
    if (!last.contains(before.uid.value)) Forget(before, changes);
  });
  return changes;
}

// How many places one logged change carries: its text stays small.
constexpr size_t kPlacesPerEntry = 200;

// Gives the entries what they do to totals: the delta's places, in its order, and under which revision. Of a complete
// transfer only what is not folded here: what follows a place in the order of places may be said twice.
void AddPlaces(const DirectoryDelta& delta, const Directory& stored, UnitChanges& changes) {
  std::vector<RollupChange> rollups(1);
  for (const DirectoryPlace& place : delta.places) {
    if (delta.reset && place.from_month == 0 && stored.Find(place.unit)) continue;
    if (rollups.back().places.size() == kPlacesPerEntry) rollups.emplace_back();
    std::vector<RollupChange::Place>& list = place.forgotten ? rollups.back().forgotten : rollups.back().places;
    list.push_back({place.unit, place.parent, place.partition, place.from_month});
  }
  if (delta.place_revision > 0) rollups.back().structure_revision = delta.place_revision;
  if (delta.reset) {
    for (const DirectoryUnit& unit : changes.forgotten) {
      rollups.back().forgotten.push_back({unit.uid, UnitUid(), unit.partition, 0});
    }
  }
  if (rollups.size() == 1 && rollups.back().empty()) return;
  while (changes.entries.size() < rollups.size()) {
    ChangeEntry entry;
    entry.kind = ChangeKind::kStructureChanged;
    const std::vector<RollupChange::Place>& places = rollups[changes.entries.size()].places;
    entry.resource = "units/" + (places.empty() ? std::string() : stored.CodeOf(places.front().unit));
    entry.unit = places.empty() ? UnitUid() : places.front().unit;
    changes.entries.push_back(std::move(entry));
  }
  const size_t first = changes.entries.size() - rollups.size();
  for (size_t i = 0; i < rollups.size(); ++i) changes.entries[first + i].rollup = EncodeRollup(rollups[i]);
}

}  // namespace

std::span<const sql::Migration> ReplicaMigrations() {
  return replica::Migrations();
}

ReplicaStore::ReplicaStore(sql::Database& database, ChangeLog& log, Directory& directory, const Clock& clock)
    : database_(database), log_(log), directory_(directory), clock_(clock) {}

absl::Status ReplicaStore::Load(absl::Time deadline) {
  return Reload(deadline);
}

absl::Status ReplicaStore::Apply(const DirectoryDelta& delta, absl::Time heard) {
  if (delta.reset) gathered_ = DirectoryDelta();
  gathered_.reset = gathered_.reset || delta.reset;
  gathered_.units.insert(gathered_.units.end(), delta.units.begin(), delta.units.end());
  gathered_.places.insert(gathered_.places.end(), delta.places.begin(), delta.places.end());
  gathered_.place_revision = std::max(gathered_.place_revision, delta.place_revision);
  gathered_.principals.insert(gathered_.principals.end(), delta.principals.begin(), delta.principals.end());
  gathered_.grants.insert(gathered_.grants.end(), delta.grants.begin(), delta.grants.end());
  gathered_.revoked_tokens.insert(gathered_.revoked_tokens.end(), delta.revoked_tokens.begin(),
                                  delta.revoked_tokens.end());
  if (!delta.complete) {
    directory_.Heard(heard);
    return absl::OkStatus();
  }
  DirectoryDelta whole = std::exchange(gathered_, DirectoryDelta());
  whole.complete = true;
  whole.incarnation = delta.incarnation;
  whole.position = delta.position;
  whole.structure_revision = delta.structure_revision;
  if (!current_) RONGHE_RETURN_IF_ERROR(Reload(clock_.Now() + kWriteDeadline));
  // After a commit of unknown end the stream may bring again what is stored.
  bool known = !whole.reset && whole.incarnation == directory_.incarnation() && whole.position < directory_.position();
  if (known) {
    directory_.Heard(heard);
    return absl::OkStatus();
  }
  absl::Status committed = !whole.reset && IsEmpty(whole) ? KeepPosition(whole) : Commit(whole);
  if (!committed.ok()) {
    // It may have been committed or not: only the database knows.
    current_ = false;
    absl::Status reloaded = Reload(clock_.Now() + kWriteDeadline);
    if (!reloaded.ok()) Log(LogLevel::kWarning, "replica cannot be read", {{"cause", reloaded.ToString()}});
    return committed;
  }
  directory_.Apply(whole, heard);
  return absl::OkStatus();
}

void ReplicaStore::DropUnfinished() {
  gathered_ = DirectoryDelta();
}

absl::Status ReplicaStore::Commit(const DirectoryDelta& delta) {
  UnitChanges changes = Compare(delta, directory_);
  AddPlaces(delta, directory_, changes);
  absl::Time now = clock_.Now();
  Call call;
  call.deadline = now + kWriteDeadline;
  call.actor.key = "directory";
  absl::StatusOr<int64_t> written = log_.Write(kStructurePartition, call, [&](WriteTxn& txn) -> absl::Status {
    sql::Session& session = txn.session();
    RONGHE_RETURN_IF_ERROR(WriteUnits(session, changes.added, changes.changed, changes.forgotten));
    RONGHE_RETURN_IF_ERROR(delta.reset ? ReplaceAccess(session, delta) : WriteAccess(session, delta, now));
    RONGHE_RETURN_IF_ERROR(WriteState(session, delta));
    for (const ChangeEntry& entry : changes.entries) txn.Log(entry);
    return absl::OkStatus();
  });
  if (written.ok()) position_kept_ = now;
  return written.status();
}

absl::Status ReplicaStore::KeepPosition(const DirectoryDelta& delta) {
  absl::Time now = clock_.Now();
  bool new_history = delta.incarnation != directory_.incarnation();
  if (!new_history && absl::AbsDuration(now - position_kept_) < kKeepPosition) return absl::OkStatus();
  if (delta.position == directory_.position() && !new_history) return absl::OkStatus();
  position_kept_ = now;
  return database_.Write(now + kWriteDeadline, [&](sql::Session& session) { return WriteState(session, delta); });
}

absl::Status ReplicaStore::Reload(absl::Time deadline) {
  DirectoryDelta stored;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(stored, ReadReplica(session));
    return absl::OkStatus();
  }));
  current_ = true;
  if (stored.incarnation.empty() && !directory_.loaded()) return absl::OkStatus();
  // Not heard from: what is stored may be old.
  directory_.Apply(stored, directory_.last_heard());
  return absl::OkStatus();
}

}  // namespace ronghe::common
