#include "services/common/telemetry/log.h"

#include <cmath>
#include <memory>
#include <mutex>
#include <span>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "services/common/telemetry/trace.h"
#include "services/common/values/status.h"
#include "services/common/values/utf8.h"

namespace ronghe::common {
namespace {

constexpr size_t kMaxText = 4096;

void AppendEscaped(std::string& out, std::string_view text) {
  std::string clean;
  if (text.size() > kMaxText || !IsCleanUtf8(text)) {
    clean = CleanUtf8(text, kMaxText);
    text = clean;
  }
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void AppendValue(std::string& out, const LogValue& value) {
  struct Visitor {
    std::string& out;
    void operator()(bool v) { out += v ? "true" : "false"; }
    void operator()(int64_t v) { fmt::format_to(std::back_inserter(out), "{}", v); }
    void operator()(double v) {
      if (std::isfinite(v)) {
        fmt::format_to(std::back_inserter(out), "{:.6g}", v);
      } else {
        out += "null";
      }
    }
    void operator()(std::string_view v) { AppendEscaped(out, v); }
  };
  std::visit(Visitor{out}, value.get());
}

void AppendField(std::string& out, std::string_view key, const LogValue& value) {
  out += ',';
  AppendEscaped(out, key);
  out += ':';
  AppendValue(out, value);
}

std::string_view NameOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::err:
      return "error";
    default:
      return "info";
  }
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The payload of a message is the rest of the JSON object, beginning with the message's text.
class JsonFormatter final : public spdlog::formatter {
 public:
  explicit JsonFormatter(std::string service) : service_(std::move(service)) {}

  void format(const spdlog::details::log_msg& msg, spdlog::memory_buf_t& dest) override {
    auto since = msg.time.time_since_epoch();
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since - seconds);
    std::string service;
    AppendEscaped(service, service_);
    fmt::format_to(std::back_inserter(dest),
                   R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:06}Z","level":"{}","service":{},"message":{}}})",
                   fmt::gmtime(std::chrono::system_clock::to_time_t(msg.time)), micros.count(), NameOf(msg.level),
                   service, std::string_view(msg.payload.data(), msg.payload.size()));
    dest.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(service_); }

 private:
  const std::string service_;
};

// Standard output, or what a test put in its place.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void Redirect(std::function<void(std::string_view)> taker) {
    std::unique_lock<std::mutex> lock(mutex_);
    redirect_ = std::move(taker);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    if (redirect_) {
      redirect_(std::string_view(line.data(), line.size()));
    } else {
      fwrite(line.data(), 1, line.size(), stdout);
      fflush(stdout);
    }
  }
  void flush_() override { fflush(stdout); }

 private:
  std::function<void(std::string_view)> redirect_;
};

// The log is the one thing that is not handed around: it must work before and after everything else.
struct State {
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  spdlog::logger logger{"ronghe", sink};
  State() { logger.set_formatter(std::make_unique<JsonFormatter>("-")); }
};

State& Global() {
  static State& state = *new State;
  return state;
}

void Write(LogLevel level, std::string_view message, const Call* call, std::span<const LogField> fields) {
  std::string payload;
  payload.reserve(256);
  AppendEscaped(payload, message);
  if (call != nullptr) {
    AppendField(payload, "request_id", call->request_id);
    AppendField(payload, "trace_id", TraceIdOf(call->traceparent));
  }
  for (const LogField& field : fields) AppendField(payload, field.key, field.value);
  Global().logger.log(ToSpdlog(level), spdlog::string_view_t(payload.data(), payload.size()));
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return InvalidArgument("log_level", "UNKNOWN_VALUE",
                         {"must be debug, info, warning or error", "必须是 debug、info、warning 或 error"});
}

void InitLog(std::string_view service, LogLevel level) {
  Global().logger.set_formatter(std::make_unique<JsonFormatter>(std::string(service)));
  Global().logger.set_level(ToSpdlog(level));
}

bool LogEnabled(LogLevel level) {
  return Global().logger.should_log(ToSpdlog(level));
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (LogEnabled(level)) Write(level, message, nullptr, {fields.begin(), fields.size()});
}

void Log(LogLevel level, std::string_view message, const std::vector<LogField>& fields) {
  if (LogEnabled(level)) Write(level, message, nullptr, fields);
}

void Log(LogLevel level, const Call& call, std::string_view message, std::initializer_list<LogField> fields) {
  if (LogEnabled(level)) Write(level, message, &call, {fields.begin(), fields.size()});
}

void FlushLog() {
  Global().logger.flush();
}

void SetLogSinkForTest(std::function<void(std::string_view)> sink) {
  Global().sink->Redirect(std::move(sink));
}

}  // namespace ronghe::common
