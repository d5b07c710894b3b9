#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/common/values/pages.h"

namespace ronghe::common {

// Where a watcher stands: a place in one history of one service's feed.
struct WatchPosition {
  std::string service;
  std::string incarnation;
  int64_t position = 0;
};

std::string MakeWatchToken(const TokenSigner& signer, const WatchPosition& position);
// The position of a token of this service and history. INVALID_ARGUMENT on `resume_token`, reason BAD_TOKEN, for what
// is no token of this service; OUT_OF_RANGE, reason FEED_RESET, for one of another incarnation.
absl::StatusOr<int64_t> ReadWatchToken(const TokenSigner& signer, std::string_view service,
                                       std::string_view incarnation, std::string_view token);

// The answer to a token that points into a history which is no longer this one.
absl::Status FeedReset();

}  // namespace ronghe::common
