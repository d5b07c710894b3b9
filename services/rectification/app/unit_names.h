#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/common/values/status.h"

// Names in requests.
namespace ronghe::rectification {

inline const common::Text kUnitForm{"must have the form units/{code}", "格式应为 units/{代码}"};
inline const common::Text kUnknownCategory{"is not a category of the rules", "不是规则中的问题类别"};

// The code in `units/{code}`; nullopt for another form.
inline std::optional<std::string> CodeIn(std::string_view name) {
  constexpr std::string_view kPrefix = "units/";
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (name.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(name);
}

// For what is no `problems/{number}`.
inline absl::Status BadProblemName(std::string_view name) {
  return common::InvalidArgument("name", name.empty() ? "REQUIRED" : "BAD_NAME",
                                 {"must have the form problems/{number}", "格式应为 problems/{数字}"});
}

}  // namespace ronghe::rectification
