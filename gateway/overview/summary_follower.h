#pragma once

#include <functional>
#include <memory>
#include <string>

#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include "gateway/overview/freshness.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"

namespace ronghe::gateway {

// Follows a service's SummaryFeedService in a thread of its own: tells `freshness` what changed and, four times a
// second, where the service stands; if the shared cache is in doubt, has the service advance its epoch. After any loss,
// or more than a second of silence, opens the stream again where it was. Without it nothing that is kept is served.
class SummaryFollower {
 public:
  struct Options {
    std::string service;  // that is followed, for the log
    absl::Duration head_interval = absl::Milliseconds(250);
    absl::Duration silence = absl::Seconds(1);            // heartbeats come every 250 ms
    absl::Duration first_message = absl::Seconds(5);      // until the stream begins
    absl::Duration min_backoff = absl::Milliseconds(50);  // between attempts, doubled after each that brought nothing
    absl::Duration max_backoff = absl::Seconds(2);
  };
  struct Uses {
    std::shared_ptr<Freshness> freshness;
    common::ServiceToken& token;
    const common::Clock& clock;
    common::Random& random;  // jitter
  };
  // What a message changed, from the follower's thread, after `freshness` knows.
  using Told = std::function<void(const Touched& touched, int64_t position)>;
  // `channel`: to the service, for the follower alone: it resets the channel's own waiting. What is used outlives it.
  SummaryFollower(std::shared_ptr<grpc::Channel> channel, const Uses& uses, Options options, Told told);
  ~SummaryFollower();  // stops

  // Once.
  void Start();
  // Returns when the thread and all its calls have ended. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::gateway
