#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/executor.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// An open stream that follows the feed: base of the streams of Watch, of the directory and of summaries. Steps run on
// the pool, one at a time; between two of them it waits for the hub or for Next, and holds no thread. Made with
// std::make_shared; what it refers to outlives Close.
class HubStream : public std::enable_shared_from_this<HubStream> {
 public:
  HubStream(FeedHub& hub, Executor& executor) : hub_(hub), executor_(executor) {}
  virtual ~HubStream() = default;

  void Next(MessageSource::Done done);
  // Afterwards `done` is not called and no step runs.
  void Close() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it

 protected:
  using Message = std::unique_ptr<google::protobuf::Message>;
  // What a step came to: a message or an error; nullopt if the stream waits on (Post or WaitFor was called).
  using Outcome = std::optional<absl::StatusOr<Message>>;
  // One step.
  virtual Outcome Advance() = 0;
  // Before the first step after each Next; no step runs meanwhile.
  virtual void OnNext() {}

  // Another step, at the end of the pool's queue.
  void Post();
  // Another step once the feed exceeds `position`, or after `timeout`. In a step only.
  void WaitFor(int64_t position, absl::Duration timeout);
  FeedHub& hub() { return hub_; }

 private:
  void Step();
  bool Enter();  // false once closed
  void Leave();
  bool OthersInside() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FeedHub& hub_;
  Executor& executor_;
  Mutex mutex_;
  std::condition_variable left_;
  MessageSource::Done done_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread::id> inside_ ABSL_GUARDED_BY(mutex_);
  uint64_t handle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// The stream as a source; closes it when destroyed.
std::unique_ptr<MessageSource> SourceOf(std::shared_ptr<HubStream> stream);

}  // namespace ronghe::common
