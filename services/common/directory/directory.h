#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/common/values/ids.h"

// The replica of structure, principals and grants that every process keeps. Filled in feed order from organization's
// own store (in organization) or from StreamDirectory (elsewhere).
namespace ronghe::common {

// The current version of a unit. Numbers of level, kind and state are those of organization.v1.
struct DirectoryUnit {
  UnitUid uid;
  UnitUid parent;  // none: a root
  PartitionId partition;
  std::string code;
  std::string title;
  std::string short_title;
  int level = 0;
  int kind = 0;
  int state = 0;
  bool deleted = false;
  std::vector<UnitUid> successors = {};  // of a unit that was merged or split up; the one that answers for it first
};
struct DirectoryPrincipal {
  int64_t id = 0;
  std::string issuer;
  std::string subject;
  int64_t member_id = 0;
};
struct DirectoryGrant {
  int64_t id = 0;
  int64_t principal_id = 0;
  int role = 0;  // common.v1.Role
  UnitUid unit;  // none: everything
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
  bool revoked = false;
};
struct DirectoryRevokedToken {
  std::string jti;
  absl::Time expire;
};

// Where a unit stands from a month on (rollup/change.h); not kept by the directory, but passed on by its sinks.
struct DirectoryPlace {
  UnitUid unit;
  UnitUid parent;
  PartitionId partition;
  int from_month = 0;
  bool forgotten = false;
};

// A piece of the directory, as it arrives.
struct DirectoryDelta {
  bool reset = false;     // forget everything first
  bool complete = false;  // everything up to `position` is in
  std::string incarnation;
  int64_t position = 0;
  int64_t structure_revision = 0;
  int64_t place_revision = 0;  // of the last structural change among these; 0: none
  std::vector<DirectoryPlace> places;
  std::vector<DirectoryUnit> units;
  std::vector<DirectoryPrincipal> principals;
  std::vector<DirectoryGrant> grants;
  std::vector<DirectoryRevokedToken> revoked_tokens;
};

// True without units, places, principals, grants and tokens: at most a position.
bool IsEmpty(const DirectoryDelta& delta);

// Where the pieces of a stream go. Called by one thread at a time.
class DirectorySink {
 public:
  virtual ~DirectorySink() = default;
  // After an error the stream is opened again from the directory's position.
  virtual absl::Status Apply(const DirectoryDelta& delta, absl::Time heard) = 0;
  // The stream was lost: pieces without their `complete` are void.
  virtual void DropUnfinished() = 0;
};

// In memory, about 200 bytes a unit. Thread-safe; every read is one consistent moment.
class Directory {
 public:
  Directory();
  ~Directory();

  // Applies a piece. Pieces become visible together with the one that is `complete`, as a whole, in one moment; so does
  // a complete transfer (`reset` … `complete`), until whose end the former content stays.
  void Apply(const DirectoryDelta& delta, absl::Time heard);
  // Forgets the pieces that wait for their `complete`: the stream that was to bring it is lost.
  void DropUnfinished();
  // The source was heard from (also by Apply).
  void Heard(absl::Time now);
  absl::Time last_heard() const;
  bool loaded() const;  // the first complete transfer is in
  std::string incarnation() const;
  int64_t position() const;
  int64_t structure_revision() const;
  // The revision of the last structural change of units in it, which is not raised by grants: what the totals of all
  // services say they are summed under. 0 where the source does not tell.
  int64_t place_revision() const;
  // Calls `wake` from the applying thread whenever position or content has changed. For streams and waits. There is no
  // way to take it back: register something that lives as long as the directory.
  void OnChange(std::function<void()> wake);
  // Waits until structure_revision() >= revision; false at the deadline.
  bool WaitForStructure(int64_t revision, absl::Time deadline);

  // Structure.
  std::optional<DirectoryUnit> FindByCode(std::string_view code) const;
  std::optional<DirectoryUnit> Find(UnitUid uid) const;
  std::string CodeOf(UnitUid uid) const;  // empty for an unknown one
  // Also true for itself; false for unknown units and for no unit.
  bool IsWithin(UnitUid unit, UnitUid ancestor) const;
  std::vector<UnitUid> AncestorsOf(UnitUid unit) const;       // itself first, the root last; empty for an unknown one
  std::vector<DirectoryUnit> ChildrenOf(UnitUid unit) const;  // by code; of no unit: the roots
  // The units that answer for `unit` now: itself while it lives; of one that was merged or split up the living units
  // that took its place, through all mergers and splits, the responsible one first. Empty for an unknown unit and where
  // the line has ended.
  std::vector<DirectoryUnit> SuccessorsOf(UnitUid unit) const;
  // The units that were merged or split up and for which `unit` answers first, or with `subtree` one in or below it,
  // wherever they stood. In no order.
  std::vector<DirectoryUnit> PredecessorsOf(UnitUid unit, bool subtree) const;
  // Units in and below `unit` (all, for no unit), parents before children; dissolved ones too. They are those of one
  // moment; `visit` runs without a lock, so it may take its time and call the directory.
  void VisitSubtree(UnitUid unit, absl::FunctionRef<void(const DirectoryUnit&)> visit) const;
  std::vector<UnitUid> SubtreeOf(UnitUid unit) const;
  int64_t unit_count() const;

  // Access.
  std::optional<DirectoryPrincipal> FindPrincipal(std::string_view issuer, std::string_view subject) const;
  // In force at `now`.
  std::vector<DirectoryGrant> GrantsOf(int64_t principal_id, absl::Time now) const;
  bool IsRevoked(std::string_view jti) const;
  bool ScopeCovers(const Scope& scope, UnitUid unit) const;  // no unit: everything

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
