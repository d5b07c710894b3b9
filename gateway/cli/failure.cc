#include "gateway/cli/failure.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gateway/cli/width.h"
#include "services/common/values/status.h"

namespace ronghe::gateway::cli {
namespace {

std::string CodeName(const absl::Status& status) {
  return absl::StatusCodeToString(status.code());
}

std::string Both(const common::Text& text) {
  if (text.zh.empty() || text.zh == text.en) return Printable(text.en);
  return Printable(fmt::format("{} / {}", text.zh, text.en));
}

// Statuses from the library have words, but no texts of ours.
common::Text WordsOf(const absl::Status& status) {
  common::Text text = common::TextOf(status);
  if (text.en.empty()) text.en = std::string(status.message());
  return text;
}

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  if (common::ReasonOf(status) == kRowsRejected) return kExitRejected;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitForbidden;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
      return kExitRefused;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kExitUnavailable;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    default:
      return kExitFailure;
  }
}

std::string DescribeFailure(const absl::Status& status) {
  const std::string reason = common::ReasonOf(status);
  const common::Text text = WordsOf(status);
  std::string out = fmt::format("error: {}{}{}\n", CodeName(status), reason.empty() ? "" : " ", reason);
  const auto violations = common::ViolationsOf(status);
  const auto blockers = common::BlockersOf(status);
  // The lists say all that the summary says, and more.
  if (violations.empty()) {
    if (!text.zh.empty() && text.zh != text.en) out += fmt::format("  {}\n", Printable(text.zh));
    if (!text.en.empty()) out += fmt::format("  {}\n", Printable(text.en));
  }
  for (const common::Violation& violation : violations) {
    out += fmt::format("  {}{}{}: {}\n", Printable(violation.field), violation.field.empty() ? "" : " ",
                       violation.reason, Both(violation.text));
  }
  for (const common::Blocker& blocker : blockers) {
    out += fmt::format("  {} {}: {}\n", blocker.reason, Printable(blocker.subject), Both(blocker.text));
  }
  if (const absl::Duration after = common::RetryAfterOf(status); after > absl::ZeroDuration()) {
    const std::string wait = absl::FormatDuration(after);
    out += fmt::format("  可在 {} 后重试 / try again after {}\n", wait, wait);
  }
  return out;
}

std::string FailureJson(const absl::Status& status) {
  const common::Text text = WordsOf(status);
  nlohmann::json json = {{"code", CodeName(status)},
                         {"reason", common::ReasonOf(status)},
                         {"message_zh", text.zh},
                         {"message_en", text.en}};
  for (const common::Violation& v : common::ViolationsOf(status)) {
    json["violations"].push_back(
        {{"field", v.field}, {"reason", v.reason}, {"message_zh", v.text.zh}, {"message_en", v.text.en}});
  }
  for (const common::Blocker& b : common::BlockersOf(status)) {
    json["blockers"].push_back(
        {{"reason", b.reason}, {"subject", b.subject}, {"message_zh", b.text.zh}, {"message_en", b.text.en}});
  }
  return nlohmann::json{{"error", json}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ronghe::gateway::cli
