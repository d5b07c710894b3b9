#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

// Errors as the suite speaks of them: a code chosen by its remedy, a stable reason, words in English and Chinese, and
// the complete list of what is wrong. They travel as absl::Status; serve/ turns them into google.rpc.Status details.
//
//   fix the request            InvalidArgument, OutOfRange
//   fix the state              FailedPrecondition, AlreadyExists
//   redo read-modify-write     Aborted
//   call again                 Unavailable
//   slow down                  ResourceExhausted
//
// Thread-safe: all functions are pure.
namespace ronghe::common {

// The same words for people in both languages.
struct Text {
  std::string en;
  std::string zh;
};

// One wrong field of a request. `field` is the path in the request (`unit.code`); `reason` is stable (`REQUIRED`).
struct Violation {
  std::string field;
  std::string reason;
  Text text;
};

// One thing that stands in the way. `subject` is a resource name.
struct Blocker {
  std::string reason;
  std::string subject;
  Text text;
};

// `violations` must not be empty; put all of them in at once.
absl::Status InvalidArgument(std::vector<Violation> violations);
absl::Status InvalidArgument(std::string field, std::string reason, Text text);
// `blockers` may be empty where `reason` says everything.
absl::Status FailedPrecondition(std::string reason, Text text, std::vector<Blocker> blockers = {});
// `resource` is the name as the caller gave it. Used alike for what does not exist and for what the caller may not see.
absl::Status NotFound(std::string resource);
absl::Status AlreadyExists(std::string reason, std::string resource, Text text);
absl::Status Aborted(std::string reason, Text text);
absl::Status OutOfRange(std::string reason, Text text);
absl::Status Unavailable(std::string reason, Text text, absl::Duration retry_after = absl::Milliseconds(200));
absl::Status ResourceExhausted(std::string reason, Text text, absl::Duration retry_after = absl::Milliseconds(200));
absl::Status DeadlineExceeded();
absl::Status Cancelled();
absl::Status Unauthenticated(std::string reason, Text text);
absl::Status PermissionDenied(std::string reason, Text text);
// A fault of ours or of a part we use. `logged` goes to the log and is never sent; the caller sees reason INTERNAL.
absl::Status Internal(std::string logged);

// Adds what only the log may say (a driver's text); never sent.
absl::Status WithLog(absl::Status status, std::string_view logged);
// What to log of an error: reason, message and what WithLog or Internal added; one line, no personal data.
std::string LogOf(const absl::Status& status);

// What an error carries; empty where `status` was not made here.
std::string ReasonOf(const absl::Status& status);
std::vector<Violation> ViolationsOf(const absl::Status& status);
std::vector<Blocker> BlockersOf(const absl::Status& status);
Text TextOf(const absl::Status& status);
std::string ResourceOf(const absl::Status& status);
absl::Duration RetryAfterOf(const absl::Status& status);  // zero: no use in calling again

// A serialized google.rpc.Status: what `grpc-status-details-bin` carries. Code, English message and details ErrorInfo
// {reason, domain `ronghe`}, BadRequest, PreconditionFailure, ResourceInfo, RetryInfo, LocalizedMessage (zh-CN, then
// en). At most kMaxDetailsBytes: long lists end with an entry "and N more". For INTERNAL, and for statuses that were
// not made here, the message is a general one. Empty for OK.
inline constexpr size_t kMaxDetailsBytes = 4096;
std::string SerializedDetails(const absl::Status& status);
// The message of the above: what may be sent.
std::string PublicMessage(const absl::Status& status);
// The way back, for clients: a status as it was made in another process. Details that cannot be read are left out.
absl::Status StatusFromDetails(absl::StatusCode code, std::string_view message, std::string_view details);

// Collects violations: `Violations v; v.Require(ok, …); RONGHE_RETURN_IF_ERROR(v.ToStatus());`
class Violations {
 public:
  void Add(std::string field, std::string reason, Text text) {
    list_.push_back({std::move(field), std::move(reason), std::move(text)});
  }
  // Adds the violations of another check, their fields prefixed.
  void AddAll(const absl::Status& status, std::string_view prefix = "");
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }
  // OK when empty.
  absl::Status ToStatus() const { return list_.empty() ? absl::OkStatus() : InvalidArgument(list_); }

 private:
  std::vector<Violation> list_;
};

}  // namespace ronghe::common

#define RONGHE_CONCAT_INNER_(a, b) a##b
#define RONGHE_CONCAT_(a, b) RONGHE_CONCAT_INNER_(a, b)
// Returns the status of the calling function's expression if it is an error.
#define RONGHE_RETURN_IF_ERROR(expr)                                                       \
  do {                                                                                     \
    if (absl::Status ronghe_status_ = (expr); !ronghe_status_.ok()) return ronghe_status_; \
  } while (false)
// Evaluates a StatusOr; assigns its value, or returns its error.
#define RONGHE_ASSIGN_OR_RETURN(lhs, expr) RONGHE_ASSIGN_OR_RETURN_(RONGHE_CONCAT_(ronghe_or_, __LINE__), lhs, expr)
#define RONGHE_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)
