#pragma once

#include <cstdint>
#include <string_view>

namespace ronghe::common {

// In place of a unit: everything (`parent` of lists, the unit of a grant).
inline constexpr std::string_view kAllUnits = "units/-";

// The number in `collection/number`; 0 where the name has another form.
int64_t IdFromName(std::string_view name, std::string_view collection);

}  // namespace ronghe::common
