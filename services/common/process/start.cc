#include "services/common/process/start.h"

#include <cstdio>
#include <utility>
#include <vector>

#include <absl/strings/str_join.h>
#include <fmt/format.h>

#include "services/common/process/health_check.h"
#include "services/common/telemetry/log.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr int kWrongSettings = 2;
constexpr absl::Duration kHealthPatience = absl::Seconds(2);

absl::Status ParseIssuers(const std::vector<std::string>& values, std::vector<TrustedIssuer>& issuers) {
  issuers.clear();
  for (const std::string& value : values) {
    size_t equals = value.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == value.size()) {
      return absl::InvalidArgumentError("must be NAME=FILE");
    }
    issuers.push_back({value.substr(0, equals), value.substr(equals + 1)});
  }
  return absl::OkStatus();
}

std::string ShowIssuers(const std::vector<TrustedIssuer>& issuers) {
  return absl::StrJoin(issuers, ",", [](std::string* out, const TrustedIssuer& issuer) {
    *out += issuer.issuer + "=" + issuer.jwks_file;
  });
}

void LogSettings(const Settings& settings) {
  auto effective = settings.Effective();
  std::vector<LogField> fields;
  fields.reserve(effective.size());
  for (const auto& [name, value] : effective) fields.push_back({name, std::string_view(value)});
  Log(LogLevel::kInfo, "settings in force", fields);
}

}  // namespace

void AddServeSettings(Settings& settings, ServeConfig& config) {
  settings.Add("listen", config.listen, "address and port for gRPC");
  settings.Add("probe-listen", config.probe_listen, "address and port for /metrics, /healthz and /readyz");
  settings
      .Add(
          "issuer", "trusted issuer of tokens, and the file with its keys (a JWK set): NAME=FILE; repeated",
          [&config](const std::vector<std::string>& values) { return ParseIssuers(values, config.issuers); },
          [&config] { return ShowIssuers(config.issuers); })
      .List()
      .Required();
  settings
      .Add("suite-key", config.suite_key_file, "file with the private key (a JWK) that signs this process's own calls")
      .Required();
  settings
      .Add("token-secret", config.token_secret_file,
           "file with the secret of page, resume and revision tokens; the same for the whole suite")
      .Required();
  settings.Add("pool-threads", config.pool_threads, "threads that run handlers").Range(1, 1024);
  settings.Add("pool-queue", config.pool_queue, "calls that may wait for a thread; more are refused")
      .Range(1, 1'000'000);
  settings.Add("deadline", config.default_deadline, "of calls whose caller gave none");
  settings.Add("drain", config.drain, "how long calls in progress may take when the process stops");
  settings.Add("drain-wait", config.drain_wait,
               "between telling balancers and refusing new calls when the process stops");
  settings.Add("max-connection-age", config.max_connection_age, "after which clients connect anew; 0s: never");
  settings.Add("max-streams", config.max_streams, "streams that may be open at once").Range(1, 1'000'000);
  settings.Add("port-file", config.port_file, "file that gets the ports once the process listens");
  settings.Add("time-zone", config.time_zone, "in which days begin");
  settings.Add("log-level", config.log_level, "least level that is logged")
      .OneOf({"debug", "info", "warning", "error"});
}

std::optional<int> Start(Settings& settings, const ServeConfig& config, int argc, const char* const* argv) {
  absl::StatusOr<StartMode> mode = settings.Parse(argc, argv);
  if (!mode.ok()) {
    Die(mode.status());
    return kWrongSettings;
  }
  switch (*mode) {
    case StartMode::kExit:
      return 0;
    case StartMode::kHealthCheck: {
      absl::Status healthy = CheckHealth(config.listen, config.service, kHealthPatience);
      if (!healthy.ok()) return Die(healthy);
      return 0;
    }
    case StartMode::kServe:
      break;
  }
  if (auto level = ParseLogLevel(config.log_level); level.ok()) InitLog(config.service, *level);
  LogSettings(settings);
  return std::nullopt;
}

int Die(const absl::Status& status) {
  std::string line(status.message());
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  FlushLog();
  fmt::print(stderr, "{}\n", line);
  return 1;
}

}  // namespace ronghe::common
