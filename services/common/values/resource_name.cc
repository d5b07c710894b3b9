#include "services/common/values/resource_name.h"

#include <charconv>

namespace ronghe::common {

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

}  // namespace ronghe::common
