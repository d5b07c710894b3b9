#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"

// Logs as JSON lines on standard output: time, level, service, message, then what is given. Names and numbers only:
// never the content of a request, personal data, a token or a secret. Thread-safe.
namespace ronghe::common {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// `debug`, `info`, `warning` or `error`; INVALID_ARGUMENT for anything else.
absl::StatusOr<LogLevel> ParseLogLevel(std::string_view name);

// A text, number or truth value. Refers to the text it was made from.
class LogValue {
 public:
  LogValue(bool value) : value_(value) {}                                           // NOLINT: implicit by design
  LogValue(std::integral auto value) : value_(static_cast<int64_t>(value)) {}       // NOLINT
  LogValue(std::floating_point auto value) : value_(static_cast<double>(value)) {}  // NOLINT
  LogValue(std::string_view value) : value_(value) {}                               // NOLINT
  LogValue(const std::string& value) : value_(std::string_view(value)) {}           // NOLINT
  LogValue(const char* value) : value_(std::string_view(value)) {}                  // NOLINT
  const std::variant<bool, int64_t, double, std::string_view>& get() const { return value_; }

 private:
  std::variant<bool, int64_t, double, std::string_view> value_;
};

struct LogField {
  std::string_view key;  // snake_case
  LogValue value;
};

// Names the process in every line and sets the least level written. Before it: service `-`, level info.
void InitLog(std::string_view service, LogLevel level);
bool LogEnabled(LogLevel level);
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
void Log(LogLevel level, std::string_view message, const std::vector<LogField>& fields);
// With the call's request_id and trace_id.
void Log(LogLevel level, const Call& call, std::string_view message, std::initializer_list<LogField> fields = {});
// Writes what is buffered.
void FlushLog();
// Takes the lines (each with its line feed) instead of standard output; null: standard output again.
void SetLogSinkForTest(std::function<void(std::string_view line)> sink);

}  // namespace ronghe::common
