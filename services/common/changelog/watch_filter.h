#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "ronghe/common/v1/change.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/values/call.h"

namespace ronghe::common {

// What one watcher may see and wants to see, by the tree as it is now. A change is seen if its unit is watched: within
// the caller's scope, and within a requested unit where some were requested. What belongs to no unit is seen only by
// those who watch everything.
//
// A resource that moves into the watched units is told as UNIT_ENTERED, one that moves out of them as UNIT_LEFT. For a
// unit that moves this stands for everything below it, so it is told whatever kinds were asked for. Nothing is told of
// units outside the scope, not even their names. Immutable; thread-safe.
class WatchFilter {
 public:
  // INVALID_ARGUMENT with every malformed name of `units` and `kinds`; NOT_FOUND for a unit that does not exist or lies
  // outside the scope. `directory` must outlive the filter.
  static absl::StatusOr<WatchFilter> Create(const Directory& directory, Scope scope, const v1::WatchRequest& request);
  // The change as this watcher is told of it; nullopt if it is not.
  std::optional<v1::Change> Apply(const PublishedChange& change) const;

 private:
  WatchFilter(const Directory& directory, Scope scope) : directory_(&directory), scope_(std::move(scope)) {}

  bool Covered(UnitUid unit) const;  // in the scope
  bool Watched(UnitUid unit) const;
  // Whether a unit that stood below `parent` was watched there.
  bool WatchedBelow(UnitUid unit, UnitUid parent) const;
  bool KindWanted(std::string_view resource) const;
  std::string NameOf(UnitUid unit) const;  // empty outside the scope

  const Directory* directory_;
  Scope scope_;
  std::vector<UnitUid> units_;      // empty: all in the scope
  std::vector<std::string> kinds_;  // `members/`; empty: all
};

// `units/…`: the resource is itself a unit.
bool IsUnitResource(std::string_view resource);

}  // namespace ronghe::common
