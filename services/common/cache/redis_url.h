#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace ronghe::common {

struct RedisAddress {
  std::string host;
  int port = 6379;
  std::string user;      // empty: the default user
  std::string password;  // empty: no AUTH
  int database = 0;
};

// `redis://[user:password@]host:port[/db]`; an IPv6 address stands in brackets. INVALID_ARGUMENT naming `setting`; the
// url itself, which may hold a password, is not repeated.
absl::StatusOr<RedisAddress> ParseRedisUrl(std::string_view url, std::string_view setting);

}  // namespace ronghe::common
