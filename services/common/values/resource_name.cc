#include "services/common/values/resource_name.h"

#include <charconv>

#include <fmt/format.h>

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

std::optional<std::string> CodeIn(std::string_view name) {
  constexpr std::string_view kPrefix = "units/";
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (name.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(name);
}

Text FormOf(std::string_view collection) {
  return {fmt::format("must have the form {}/{{number}}", collection), fmt::format("格式应为 {}/{{数字}}", collection)};
}

absl::Status BadName(std::string_view name, std::string_view field, std::string_view collection) {
  return InvalidArgument(std::string(field), name.empty() ? "REQUIRED" : "BAD_NAME", FormOf(collection));
}

int64_t ReadOptionalId(std::string_view name, std::string_view collection, std::string_view field,
                       Violations& violations) {
  const int64_t id = IdFromName(name, collection);
  if (id == 0 && !name.empty()) violations.Add(std::string(field), "BAD_NAME", FormOf(collection));
  return id;
}

}  // namespace ronghe::common
