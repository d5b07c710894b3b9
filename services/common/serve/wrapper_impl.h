#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <thread>

#include <absl/container/flat_hash_map.h>

#include "services/common/serve/call_metrics.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/trace.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

class OpenStream;

struct Wrapper::Impl {
  Impl(const Parts& given_parts, const Options& given_options)
      : parts(given_parts),
        options(given_options),
        ids(given_parts.random),
        call_metrics(std::make_shared<CallMetrics>()) {}

  // UNAVAILABLE while draining, RESOURCE_EXHAUSTED above the bound.
  absl::Status Enter(const std::shared_ptr<OpenStream>& stream);
  void Leave(const OpenStream* stream);
  std::vector<std::shared_ptr<OpenStream>> Snapshot();
  void Watch();  // the timer thread

  const Parts parts;
  const Options options;
  IdSource ids;
  const std::shared_ptr<CallMetrics> call_metrics;
  RevisionGate gate;
  ReadingSink* sink = nullptr;
  std::atomic<bool> draining{false};
  std::atomic<int> open{0};

  Mutex mutex;
  absl::flat_hash_map<const OpenStream*, std::weak_ptr<OpenStream>> streams ABSL_GUARDED_BY(mutex);
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::condition_variable wake;
  std::thread timer;
};

}  // namespace ronghe::common
