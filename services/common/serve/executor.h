#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/values/clock.h"

namespace ronghe::common {

class Metrics;

// Work for the pool. Exactly one of Run and Drop is called for a task that TryPost took.
class Task {
 public:
  virtual ~Task() = default;
  virtual void Run() = 0;
  // Instead of Run: DEADLINE_EXCEEDED if it passed in the queue, CANCELLED if nobody waits for it any more.
  virtual void Drop(absl::Status why) = 0;
  virtual absl::Time deadline() const { return absl::InfiniteFuture(); }
  virtual bool cancelled() const { return false; }
};

// A fixed number of threads with a bounded queue, first in first out. Thread-safe.
class Executor {
 public:
  struct Options {
    int threads = 8;
    int queue = 512;
  };
  Executor(const Options& options, const Clock& clock);
  ~Executor();  // stops

  // RESOURCE_EXHAUSTED, reason QUEUE_FULL, at once when the queue is full: then neither Run nor Drop is called. `task`
  // is not owned and must live until it was run or dropped.
  absl::Status TryPost(Task* task);
  // The same for functions. `dropped` may be null.
  absl::Status TryPost(absl::Time deadline, std::function<void()> run,
                       std::function<void(absl::Status)> dropped = nullptr);
  // For the steps of streams, which are bounded by the number of streams: never refused, never dropped.
  void Post(std::function<void()> step);

  // Runs what is queued, then ends the threads. What is posted afterwards runs on the poster's thread.
  void Stop();

  int queued() const;   // waiting
  int running() const;  // on a thread now
  // Gauges ronghe_pool_queued, ronghe_pool_running, ronghe_pool_threads, and what was refused and dropped.
  void Register(Metrics& metrics) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
