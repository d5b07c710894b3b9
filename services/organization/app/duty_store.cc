#include "services/organization/app/duty_store.h"

#include <fmt/format.h>

namespace ronghe::organization {

std::string NameOf(DutyId id) {
  return fmt::format("duties/{}", id.value);
}
std::string NameOf(DutyResultId id) {
  return fmt::format("dutyResults/{}", id.value);
}

}  // namespace ronghe::organization
