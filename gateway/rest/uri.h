#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

namespace ronghe::gateway {

// What a request line asks for, taken apart. Nothing is normalised: there is one way to write every address, and what
// another reader might understand differently (`..`, an encoded slash, an empty segment) is refused.
struct Target {
  // Of the path, decoded, without the verb. `/v1/units/3707:move` has `v1`, `units`, `3707`.
  std::vector<std::string> segments;
  // As `segments`, but the last with all that stands in it: `3707:move`.
  std::string last;
  std::string verb;  // after the last colon of the last segment, not decoded; empty if there is none
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
};

// `text` is the target of a request line: `/path?query` or `http://host/path?query`. INVALID_ARGUMENT naming `path` or
// `query`: encodings that are none, bytes that are no UTF-8, control characters, `.` and `..`, encoded slashes.
absl::StatusOr<Target> ParseTarget(std::string_view text);

// %XX, and + as a space where `plus`; nullopt for what is no encoding, no UTF-8, or has control characters in it.
std::optional<std::string> PercentDecode(std::string_view text, bool plus);

}  // namespace ronghe::gateway
