#pragma once

#include <string_view>

#include <absl/status/statusor.h>
#include <nlohmann/json.hpp>

namespace ronghe::gateway {

// Reads one JSON text (RFC 8259) strictly. INVALID_ARGUMENT with the path at which it is wrong (`unit.tags[2]`, `$` for
// the whole): not JSON (NOT_JSON; NaN, comments and trailing commas too), bytes that are no UTF-8, a name twice in one
// object (DUPLICATE_NAME), more than 64 levels (TOO_DEEP). Never quotes the text.
absl::StatusOr<nlohmann::json> ReadJson(std::string_view text);

}  // namespace ronghe::gateway
