#include <filesystem>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "services/common/auth/auth.h"
#include "services/common/config/settings.h"

namespace ronghe::gateway::cli {

absl::Status RunTokenCreate(const TokenOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(const absl::Duration lifetime, common::ParseDuration(options.ttl));
  if (lifetime <= absl::ZeroDuration() || lifetime > absl::Hours(24)) {
    return common::InvalidArgument("ttl", "OUT_OF_RANGE", {"tokens live at most 24h", "令牌有效期最长 24h"});
  }
  RONGHE_ASSIGN_OR_RETURN(auto maker,
                          common::TokenMaker::Load(options.key, context.environment.clock, context.environment.random));
  RONGHE_ASSIGN_OR_RETURN(const std::string token, maker->Make(options.issuer, options.subject, lifetime));
  context.out() << token << '\n';
  return absl::OkStatus();
}

absl::Status RunKeysCreate(const std::string& directory, Context& context) {
  const std::filesystem::path path(directory);
  const std::string private_file = path / "private.jwk";
  const std::string jwks_file = path / "jwks.json";
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return common::InvalidArgument("directory", "FILE_UNWRITABLE",
                                   {fmt::format("cannot make {}: {}", directory, error.message()),
                                    fmt::format("无法创建目录 {}：{}", directory, error.message())});
  }
  // A key that is overwritten takes all tokens it signed with it.
  if (std::filesystem::exists(private_file, error)) {
    return common::AlreadyExists("KEY_EXISTS", private_file,
                                 {fmt::format("{} exists and is left as it is", private_file),
                                  fmt::format("{} 已存在，保持不变", private_file)});
  }
  RONGHE_RETURN_IF_ERROR(common::TokenMaker::CreateKey(private_file, jwks_file));
  context.out() << private_file << '\n' << jwks_file << '\n';
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
