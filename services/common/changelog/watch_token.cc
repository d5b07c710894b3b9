#include "services/common/changelog/watch_token.h"

#include <charconv>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kPurpose = "watch";
constexpr std::string_view kField = "resume_token";

absl::Status BadToken() {
  return InvalidArgument(std::string(kField), "BAD_TOKEN",
                         {"Not a resume token of this service.", "不是本服务的续传令牌。"});
}

}  // namespace

std::string MakeWatchToken(const TokenSigner& signer, const WatchPosition& position) {
  return signer.Sign(kPurpose, fmt::format("{}\n{}\n{}", position.service, position.incarnation, position.position));
}

absl::StatusOr<int64_t> ReadWatchToken(const TokenSigner& signer, std::string_view service,
                                       std::string_view incarnation, std::string_view token) {
  RONGHE_ASSIGN_OR_RETURN(const std::string content, signer.Verify(kPurpose, token, kField));
  const size_t first = content.find('\n');
  const size_t second = first == std::string::npos ? first : content.find('\n', first + 1);
  if (second == std::string::npos) return BadToken();
  const std::string_view view(content);
  if (view.substr(0, first) != service) return BadToken();
  int64_t position = 0;
  const char* const end = content.data() + content.size();
  const auto [stopped, error] = std::from_chars(content.data() + second + 1, end, position);
  if (error != std::errc{} || stopped != end || position < 0) return BadToken();
  if (view.substr(first + 1, second - first - 1) != incarnation) return FeedReset();
  return position;
}

absl::Status FeedReset() {
  return OutOfRange("FEED_RESET", {"The feed was restored since this token was made. List again.",
                                   "该令牌生成后变更流已被恢复重置。请重新获取列表。"});
}

}  // namespace ronghe::common
