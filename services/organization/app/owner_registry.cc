#include "services/organization/app/owner_registry.h"

#include <charconv>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

absl::Status BadName() {
  return common::InvalidArgument("name", "BAD_NAME",
                                 {"is not the name of a resource of this service", "不是本服务的资源名称"});
}

}  // namespace

int64_t IdFromName(std::string_view name, std::string_view collection) {
  if (!name.starts_with(collection)) return 0;
  name.remove_prefix(collection.size());
  if (name.empty() || name.front() != '/') return 0;
  name.remove_prefix(1);
  // One spelling only: no sign, no leading zero.
  if (name.empty() || name.front() < '1' || name.front() > '9') return 0;
  int64_t id = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  return error == std::errc() && end == name.data() + name.size() ? id : 0;
}

absl::StatusOr<common::UnitUid> OwnerRegistry::OwnerOf(std::string_view resource, absl::Time deadline) const {
  size_t slash = resource.find('/');
  if (slash == std::string_view::npos) return BadName();
  auto found = collections_.find(resource.substr(0, slash));
  if (found == collections_.end()) return BadName();
  int64_t id = IdFromName(resource, found->first);
  if (id == 0) return BadName();
  return found->second(resource, id, deadline);
}

}  // namespace ronghe::organization
