#pragma once

#include <string>

#include <absl/status/status.h>

#include "gateway/cli/console.h"

namespace ronghe::gateway::cli {

// Exit codes, as --help lists them.
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;      // wrong usage, wrong input
inline constexpr int kExitForbidden = 3;  // not identified, not permitted
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitRefused = 5;      // the state does not allow it: exists, changed, blocked
inline constexpr int kExitUnavailable = 6;  // call again: unavailable, too slow, too many
inline constexpr int kExitRejected = 7;     // rows of an import were refused
inline constexpr int kExitInterrupted = 130;

// The reason with which an import that refused rows ends.
inline constexpr char kRowsRejected[] = "ROWS_REJECTED";

int ExitCodeOf(const absl::Status& status);

// Everything an error says, in Chinese and English: code, reason, message, every wrong field, every blocker, when to
// call again.
std::string DescribeFailure(const absl::Status& status);
// The same as one JSON object.
std::string FailureJson(const absl::Status& status);

}  // namespace ronghe::gateway::cli
