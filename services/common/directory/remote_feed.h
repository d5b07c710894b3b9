#pragma once

#include <memory>
#include <string>

#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include "services/common/auth/auth.h"
#include "services/common/directory/directory.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"

namespace ronghe::common {

// Keeps a directory current from organization's StreamDirectory, in a thread of its own: applies what comes, hears
// heartbeats, and after any loss, or more than a second of silence, opens the stream again where the directory stands.
// While organization cannot be reached the directory grows stale; what that means is decided elsewhere (auth.h).
class RemoteDirectoryFeed {
 public:
  struct Options {
    std::string service;                                  // whose token is sent: `education`
    bool places = false;                                  // ask for places, which the sink needs
    absl::Duration silence = absl::Seconds(1);            // heartbeats come every 250 ms
    absl::Duration first_message = absl::Seconds(5);      // until the stream begins
    absl::Duration min_backoff = absl::Milliseconds(50);  // between attempts, doubled after each that brought nothing
    absl::Duration max_backoff = absl::Seconds(2);
    absl::Duration token_lifetime = absl::Hours(1);
  };
  struct Parts {
    TokenMaker& maker;
    Directory& directory;
    const Clock& clock;
    Random& random;  // jitter
    DirectorySink* sink =
        nullptr;  // takes what comes and passes it on to the directory; null: straight to the directory
  };
  // `channel`: to organization. The feed waits between attempts by itself and resets the channel's own waiting.
  RemoteDirectoryFeed(std::shared_ptr<grpc::Channel> channel, const Parts& parts, Options options);
  ~RemoteDirectoryFeed();  // stops

  // Once.
  void Start();
  // Returns when the thread has ended and nothing will be applied any more. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
