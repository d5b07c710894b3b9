#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

// Rules that operators write, in protobuf's text format.
namespace ronghe::common {

// The content of a file of at most 4 MiB, or of what ships with the service for an empty name. INVALID_ARGUMENT on
// `setting`, reason CANNOT_READ.
absl::StatusOr<std::string> ReadRulesFile(const std::string& file, std::string_view shipped, const char* setting);
// INVALID_ARGUMENT with every fault at its place: `line 7:3`, reason BAD_FORM.
absl::Status ParseText(std::string_view text, google::protobuf::Message& message);
// Every fault of an INVALID_ARGUMENT (`sets[0].branches.max_members: …`), for the log and the terminal.
std::vector<std::string> FaultsOf(const absl::Status& status);

}  // namespace ronghe::common
