#include "services/common/cache/redis_url.h"

#include <charconv>
#include <optional>
#include <system_error>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kScheme = "redis://";
constexpr int kMaxPort = 65'535;
constexpr int kMaxDatabase = 1'000'000;

std::optional<int> Number(std::string_view text, int min, int max, int base = 10) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) return std::nullopt;
  return value;
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const std::optional<int> byte = Number(text.substr(i + 1, 2), 0, 255, 16);
    if (!byte.has_value() || i + 2 >= text.size()) return std::nullopt;
    decoded.push_back(static_cast<char>(*byte));
    i += 2;
  }
  return decoded;
}

// What is wrong, in both languages; nothing if all is well.
using Fault = std::optional<Text>;

Fault ReadUserInfo(std::string_view text, RedisAddress* address) {
  const size_t colon = text.find(':');
  const Text bad{.en = "before @ it needs user:password, percent-encoded", .zh = "@ 之前应为 用户:密码（百分号编码）"};
  if (colon == std::string_view::npos) return bad;
  const std::optional<std::string> user = PercentDecoded(text.substr(0, colon));
  const std::optional<std::string> password = PercentDecoded(text.substr(colon + 1));
  if (!user.has_value() || !password.has_value() || password->empty()) return bad;
  address->user = *user;
  address->password = *password;
  return std::nullopt;
}

Fault ReadHostPort(std::string_view text, RedisAddress* address) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    host = "";
  }
  const std::optional<int> port =
      colon == std::string_view::npos ? std::nullopt : Number(text.substr(colon + 1), 1, kMaxPort);
  if (host.empty() || !port.has_value()) {
    return Text{.en = "it needs host:port, the port from 1 to 65535", .zh = "应包含 主机:端口，端口为 1 至 65535"};
  }
  address->host = std::string(host);
  address->port = *port;
  return std::nullopt;
}

Fault Read(std::string_view url, RedisAddress* address) {
  if (!url.starts_with(kScheme)) return Text{.en = "it needs to begin with redis://", .zh = "应以 redis:// 开头"};
  std::string_view rest = url.substr(kScheme.size());
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    if (Fault fault = ReadUserInfo(rest.substr(0, at), address); fault.has_value()) return fault;
    rest.remove_prefix(at + 1);
  }
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view number = rest.substr(slash + 1);
    const std::optional<int> database = number.empty() ? 0 : Number(number, 0, kMaxDatabase);
    if (!database.has_value()) return Text{.en = "after / it needs a database number", .zh = "/ 之后应为数据库编号"};
    address->database = *database;
    rest = rest.substr(0, slash);
  }
  return ReadHostPort(rest, address);
}

}  // namespace

absl::StatusOr<RedisAddress> ParseRedisUrl(std::string_view url, std::string_view setting) {
  RedisAddress address;
  if (Fault fault = Read(url, &address); fault.has_value()) {
    const std::string name(setting);
    return InvalidArgument(name, "INVALID_REDIS_URL",
                           {.en = name + ": not redis://[user:password@]host:port[/db]: " + fault->en,
                            .zh = name + "：不是 redis://[用户:密码@]主机:端口[/库]：" + fault->zh});
  }
  return address;
}

}  // namespace ronghe::common
