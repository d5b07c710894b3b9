#include "services/common/values/pages.h"

#include <charconv>

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr size_t kMacSize = 16;
constexpr size_t kMaxToken = 4096;

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The purpose goes in with its length, so that no purpose and content can be split in another way.
std::string Mac(const std::string& secret, std::string_view purpose, std::string_view content) {
  std::string input = fmt::format("{}:{}{}", purpose.size(), purpose, content);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(input), input.size(), digest, &size);
  return {reinterpret_cast<const char*>(digest), kMacSize};
}

std::string QueryDigest(std::string_view query) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(query.data(), query.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), kMacSize};
}

absl::Status BadToken(std::string_view field) {
  return InvalidArgument(std::string(field), "BAD_TOKEN",
                         {"is not a token that this service made", "不是本服务签发的令牌"});
}

bool ReadInt(std::string_view text, int64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

absl::StatusOr<int> PageSize(int requested) {
  if (requested < 0) {
    return InvalidArgument("page_size", "NEGATIVE", {"must not be negative", "不能为负数"});
  }
  return requested == 0 ? kDefaultPageSize : std::min(requested, kMaxPageSize);
}

std::string TokenSigner::Sign(std::string_view purpose, std::string_view content) const {
  return absl::WebSafeBase64Escape(Mac(secret_, purpose, content).append(content));
}

absl::StatusOr<std::string> TokenSigner::Verify(std::string_view purpose, std::string_view token,
                                                std::string_view field) const {
  std::string raw;
  if (token.size() > kMaxToken || !absl::WebSafeBase64Unescape(View(token), &raw) || raw.size() < kMacSize) {
    return BadToken(field);
  }
  std::string content = raw.substr(kMacSize);
  if (CRYPTO_memcmp(raw.data(), Mac(secret_, purpose, content).data(), kMacSize) != 0) return BadToken(field);
  return content;
}

std::string MakePageToken(const TokenSigner& signer, std::string_view query, std::string_view position) {
  return signer.Sign("page", QueryDigest(query).append(position));
}

absl::StatusOr<std::string> ReadPageToken(const TokenSigner& signer, std::string_view query, std::string_view token) {
  if (token.empty()) return std::string();
  RONGHE_ASSIGN_OR_RETURN(std::string content, signer.Verify("page", token, "page_token"));
  if (content.size() < kMacSize) return BadToken("page_token");
  if (std::string_view(content).substr(0, kMacSize) != QueryDigest(query)) {
    return InvalidArgument(
        "page_token", "OTHER_QUERY",
        {"belongs to another query: repeat the request it came from", "属于另一个查询，请使用与原请求相同的条件"});
  }
  return content.substr(kMacSize);
}

std::string MakeRevisionToken(const TokenSigner& signer, const RevisionToken& token) {
  return signer.Sign("revision",
                     fmt::format("{}\n{}\n{}\n{}", token.service, token.incarnation, token.partition, token.revision));
}

absl::StatusOr<RevisionToken> ReadRevisionToken(const TokenSigner& signer, std::string_view token,
                                                std::string_view field) {
  RONGHE_ASSIGN_OR_RETURN(std::string content, signer.Verify("revision", token, field));
  std::vector<std::string_view> parts;
  std::string_view rest = content;
  for (size_t at = rest.find('\n'); at != std::string_view::npos; at = rest.find('\n')) {
    parts.push_back(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
  parts.push_back(rest);
  RevisionToken read;
  if (parts.size() != 4 || !ReadInt(parts[2], read.partition) || !ReadInt(parts[3], read.revision)) {
    return BadToken(field);
  }
  read.service = parts[0];
  read.incarnation = parts[1];
  return read;
}

std::string TextOf(const ListPosition& position) {
  return fmt::format("{}.{}", position.key, position.id);
}

absl::StatusOr<ListPosition> ReadListPosition(const std::string& text) {
  ListPosition position;
  if (text.empty()) return position;
  const char* const end = text.data() + text.size();
  const auto key = std::from_chars(text.data(), end, position.key);
  if (key.ec == std::errc() && key.ptr != end && *key.ptr == '.') {
    const auto id = std::from_chars(key.ptr + 1, end, position.id);
    if (id.ec == std::errc() && id.ptr == end) return position;
  }
  return Internal("a signed page token has another form");
}

}  // namespace ronghe::common
