#pragma once

#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/values/pages.h"
#include "services/organization/app/consistency.h"

namespace ronghe::organization {

// Makes and honours the tokens of writes (`revision`, `min_revision`). Thread-safe.
class RevisionGate {
 public:
  RevisionGate(Consistency& consistency, const common::TokenSigner& signer)
      : consistency_(consistency), signer_(signer) {}

  // For the wrapper, for every token of a request's `min_revision`: OK once reads of the store and of the tree cover
  // it; tokens of other services are theirs. OUT_OF_RANGE, reason FEED_RESET, for another incarnation; UNAVAILABLE,
  // reason NOT_YET_VISIBLE.
  absl::Status Cover(const common::RevisionToken& token, absl::Time deadline);
  // The token of a write; empty if the incarnation cannot be read.
  std::string Token(common::PartitionId partition, int64_t revision);
  // After a write to the structure: waits at most a second until the tree in memory has it, so that the caller's next
  // call sees it. The write stands either way.
  void MakeVisible(int64_t structure_revision, absl::Time deadline);

 private:
  Consistency& consistency_;
  const common::TokenSigner& signer_;
};

}  // namespace ronghe::organization
