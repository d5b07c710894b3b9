#include "services/organization/app/workplace_store.h"

#include <fmt/format.h>

namespace ronghe::organization {

std::string NameOf(WorkplaceId id) {
  return fmt::format("workplaces/{}", id.value);
}
std::string NameOf(CoverId id) {
  return fmt::format("covers/{}", id.value);
}

}  // namespace ronghe::organization
