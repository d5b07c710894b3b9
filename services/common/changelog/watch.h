#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "ronghe/common/v1/change.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/executor.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"

namespace ronghe::common {

// Makes the streams of Watch: `ServerStream<WatchRequest, WatchResponse>("Watch", [&](call, r) { return
// watch.Open(call, r); })`.
//
// A stream begins with what is waiting, or else with a heartbeat at once; then come changes as they are published, and
// a heartbeat after 15 s without any. Every message has a token that covers what was sent and what was filtered out
// before it. A stream holds no changes but the page being sent: it reads again from the feed, on the pool, when the
// client has taken one. Errors that end a stream: OUT_OF_RANGE FEED_EXPIRED; RESOURCE_EXHAUSTED SLOW_READER for a
// client that took nothing for 30 s while more was waiting; UNAVAILABLE STRUCTURE_BEHIND; those of the database.
// Thread-safe.
class WatchService {
 public:
  struct Options {
    absl::Duration heartbeat = absl::Seconds(15);
    absl::Duration slow_reader = absl::Seconds(30);
    absl::Duration structure_patience = absl::Seconds(5);
    int page = 500;
  };
  // All outlive the service, and the service its streams.
  struct Parts {
    std::string service;  // `organization`
    ChangeLog& log;
    Feed& feed;
    FeedHub& hub;
    const Directory& directory;
    const TokenSigner& signer;
    Executor& executor;
    const Clock& clock;
    // The revision of this service's partition 0 that the directory stands at. Changes of units in partition 0 are sent
    // only once it has reached them, so that filters know the tree they speak of. Null where units are not logged
    // there.
    std::function<int64_t()> structure_revision;
  };
  explicit WatchService(Parts parts);
  WatchService(Parts parts, Options options);

  // INVALID_ARGUMENT with every wrong field; NOT_FOUND for units outside the caller's scope; OUT_OF_RANGE, reason
  // FEED_RESET or FEED_EXPIRED, where the caller must list again. Blocks on the database: call it on the pool.
  absl::StatusOr<std::unique_ptr<MessageSource>> Open(const Call& call, const v1::WatchRequest& request);

  // The token from which to watch what happens after `position`: for lists, with the position read in the list's
  // snapshot.
  absl::StatusOr<std::string> TokenAt(int64_t position);

 private:
  absl::StatusOr<int64_t> StartOf(const v1::WatchRequest& request, absl::Time deadline);

  Parts parts_;
  Options options_;
};

}  // namespace ronghe::common
