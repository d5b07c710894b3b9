#pragma once

#include <functional>
#include <memory>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/auth/auth.h"
#include "services/common/serve/executor.h"
#include "services/common/serve/reading_sink.h"
#include "services/common/telemetry/metrics.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/pages.h"

namespace ronghe::common {

// What surrounds every call, in this order: request id (`x-request-id`, also in the answer's trailers), trace context,
// deadline, place in the pool, message, identity, wait for `min_revision`, permission; the handler; error details,
// metrics, log.
//
// One per process. Bindings refer to it; it outlives them and the server. Thread-safe.
class Wrapper {
 public:
  struct Options {
    absl::Duration default_deadline = absl::Seconds(30);  // of unary calls whose caller gave none
    int max_streams = 1024;                               // open at once; more: RESOURCE_EXHAUSTED, STREAMS_FULL
    absl::Duration recheck = absl::Seconds(1);            // how often open streams' permissions are looked at again
    absl::Duration stall = absl::Seconds(60);  // a stream whose reader takes nothing for so long: SLOW_READER
  };
  struct Parts {
    Executor& executor;
    const Authorizer& authorizer;
    const TokenSigner& signer;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
  };
  Wrapper(const Parts& parts, const Options& options);
  ~Wrapper();

  // Called for every token in a request's `min_revision`: OK once this process has seen that revision; may wait until
  // the deadline. Default: OK. Before serving.
  using RevisionGate = std::function<absl::Status(const RevisionToken& token, absl::Time deadline)>;
  void SetRevisionGate(RevisionGate gate);

  // Hears of every answer of the process's own methods; it outlives the server. Before serving.
  void SetReadingSink(ReadingSink* sink);

  Executor& executor();
  const Clock& clock() const;

  // Open streams end with UNAVAILABLE, reason DRAINING, and new ones are refused. Calls in progress go on.
  void Drain();
  int open_streams() const;

  struct Impl;  // serve/ only
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
