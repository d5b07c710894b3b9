#include "gateway/cli/session.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::gateway::cli {
namespace {

absl::StatusOr<std::string> ReadAll(const std::string& path, const std::string& option, std::istream& standard_input) {
  std::stringstream content;
  if (path == "-") {
    content << standard_input.rdbuf();
    return content.str();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file || !(content << file.rdbuf())) {
    return common::InvalidArgument(option, "FILE_UNREADABLE",
                                   {fmt::format("cannot read {}", path), fmt::format("无法读取文件 {}", path)});
  }
  return content.str();
}

std::string FirstWord(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  words >> word;
  if (word == "Bearer") words >> word;
  return word;
}

}  // namespace

void Session::Prepare(grpc::ClientContext& context, absl::Duration timeout) {
  if (timeout != absl::InfiniteDuration()) context.set_deadline(absl::ToChronoTime(clock_.Now() + timeout));
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  context.AddMetadata("x-request-id", random_.Uuid());
}

absl::StatusOr<std::unique_ptr<Session>> Connect(const ConnectOptions& options, std::istream& standard_input,
                                                 const common::Clock& clock, common::Random& random) {
  std::string token;
  if (options.token_required) {
    absl::StatusOr<std::string> content = ReadAll(options.token_file, "token", standard_input);
    if (!content.ok()) return content.status();
    token = FirstWord(*content);
    if (token.empty() ||
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=") !=
            std::string::npos) {
      return common::InvalidArgument(
          "token", "TOKEN_MALFORMED",
          {fmt::format("{} holds no token", options.token_file), fmt::format("{} 中没有令牌", options.token_file)});
    }
  }
  std::shared_ptr<grpc::Channel> channel;
  if (options.ca_file.empty()) {
    channel = common::MakeChannel(options.address);
  } else {
    absl::StatusOr<std::string> ca = ReadAll(options.ca_file, "ca", standard_input);
    if (!ca.ok()) return ca.status();
    grpc::SslCredentialsOptions credentials;
    credentials.pem_root_certs = *std::move(ca);
    channel = grpc::CreateChannel(options.address, grpc::SslCredentials(credentials));
  }
  return std::make_unique<Session>(std::move(channel), std::move(token), options.timeout, clock, random);
}

}  // namespace ronghe::gateway::cli
