#pragma once

#include <cstdint>
#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/common/values/pages.h"
#include "services/common/values/status.h"

namespace ronghe::common {

// Waits until the totals cover a write of this service: until its revision has a feed position. Thread-safe.
class PublishedGate {
 public:
  // `service` is this process' (`education`). All outlive it.
  PublishedGate(std::string service, sql::Database& database, ChangeLog& log, Publisher& publisher, FeedHub& hub,
                const TokenSigner& signer)
      : service_(std::move(service)),
        database_(database),
        log_(log),
        publisher_(publisher),
        hub_(hub),
        signer_(signer) {}

  // For every token of a request; tokens of other services are theirs. OUT_OF_RANGE, reason FEED_RESET, for another
  // incarnation; UNAVAILABLE, reason NOT_YET_VISIBLE, at the deadline; INVALID_ARGUMENT for what is no token. Blocks.
  template <typename Tokens>
  absl::Status Cover(const Tokens& tokens, absl::Time deadline) {
    for (const std::string& token : tokens) RONGHE_RETURN_IF_ERROR(CoverText(token, deadline));
    return absl::OkStatus();
  }
  absl::Status Cover(const RevisionToken& token, absl::Time deadline);

 private:
  absl::Status CoverText(std::string_view token, absl::Time deadline);
  absl::StatusOr<int64_t> Published(PartitionId partition, absl::Time deadline);
  void AwaitFeed(int64_t position, absl::Time deadline);

  const std::string service_;
  sql::Database& database_;
  ChangeLog& log_;
  Publisher& publisher_;
  FeedHub& hub_;
  const TokenSigner& signer_;
};

}  // namespace ronghe::common
