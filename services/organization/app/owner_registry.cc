#include "services/organization/app/owner_registry.h"

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

absl::Status BadName() {
  return common::InvalidArgument("name", "BAD_NAME",
                                 {"is not the name of a resource of this service", "不是本服务的资源名称"});
}

}  // namespace

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
