#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "services/common/values/status.h"

namespace ronghe::common {

// In place of a unit: everything (`parent` of lists, the unit of a grant).
inline constexpr std::string_view kAllUnits = "units/-";

// The number in `collection/number`; 0 where the name has another form.
int64_t IdFromName(std::string_view name, std::string_view collection);

// The code in `units/{code}`; nullopt for another form, which kUnitForm words.
std::optional<std::string> CodeIn(std::string_view name);
inline const Text kUnitForm{"must have the form units/{code}", "格式应为 units/{代码}"};

// What the names of a collection look like, for messages.
Text FormOf(std::string_view collection);
// INVALID_ARGUMENT for what is no name of the collection: REQUIRED if it is empty, else BAD_NAME.
absl::Status BadName(std::string_view name, std::string_view field, std::string_view collection);
// The number in a name that may be left out: 0 for none, and BAD_NAME on `field` for another form.
int64_t ReadOptionalId(std::string_view name, std::string_view collection, std::string_view field,
                       Violations& violations);

}  // namespace ronghe::common
