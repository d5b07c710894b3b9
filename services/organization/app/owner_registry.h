#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/common/values/resource_name.h"

namespace ronghe::organization {

// Who owns the service's resources, by collection. Filled by the composition root before serving, read-only after.
class OwnerRegistry {
 public:
  // The unit that owns the resource with this id (what follows `members/`); no unit for what belongs to everything.
  // NOT_FOUND for unknown ones, named in full.
  using Find =
      std::function<absl::StatusOr<common::UnitUid>(std::string_view resource, int64_t id, absl::Time deadline)>;

  // `collection` without slash: `members`.
  void Add(std::string collection, Find find) { collections_[std::move(collection)] = std::move(find); }
  bool Has(std::string_view collection) const { return collections_.find(collection) != collections_.end(); }
  // INVALID_ARGUMENT for names of no collection here or with a malformed id.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) const;

 private:
  std::map<std::string, Find, std::less<>> collections_;
};

using common::IdFromName;

}  // namespace ronghe::organization
