#include "services/organization/app/post_store.h"

#include <fmt/format.h>

namespace ronghe::organization {

std::string NameOf(PostId id) {
  return fmt::format("posts/{}", id.value);
}
std::string NameOf(TermId id) {
  return fmt::format("terms/{}", id.value);
}
std::string NameOf(AppointmentId id) {
  return fmt::format("appointments/{}", id.value);
}

}  // namespace ronghe::organization
