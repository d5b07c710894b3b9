#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "services/common/changelog/watch.h"
#include "services/common/changelog/watch_filter.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// One open Watch. Steps run on the pool, one at a time; between two of them it waits for the hub or for Next.
class WatchStream : public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(const WatchService::Parts& parts, const WatchService::Options& options, WatchFilter filter,
              std::string incarnation, int64_t position);
  void Next(MessageSource::Done done);
  // Afterwards `done` is not called and none of the parts is used.
  void Close() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it

 private:
  using Message = std::unique_ptr<google::protobuf::Message>;
  // What a step came to: a message or an error; nullopt if the stream waits on.
  using Outcome = std::optional<absl::StatusOr<Message>>;

  void Post();
  void Step();
  bool Enter();  // false once closed
  void Leave();
  bool OthersInside() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Outcome Advance();
  // Reads one page and filters it; false if the structure is not there yet.
  absl::StatusOr<bool> ReadPage(v1::WatchResponse& response);
  size_t Usable(const std::vector<PublishedChange>& page) const;
  Outcome AwaitStructure();
  void WaitFor(int64_t position, absl::Duration timeout);
  Outcome Send(std::unique_ptr<v1::WatchResponse> response);

  const WatchService::Parts& parts_;
  const WatchService::Options& options_;
  const WatchFilter filter_;
  const std::string incarnation_;

  // Of the step that runs, or of Next between steps.
  int64_t position_;
  bool greeted_ = false;
  bool too_slow_ = false;
  absl::Time sent_ = absl::InfinitePast();            // the last message
  absl::Time behind_since_ = absl::InfiniteFuture();  // the structure is

  Mutex mutex_;
  std::condition_variable left_;
  MessageSource::Done done_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread::id> inside_ ABSL_GUARDED_BY(mutex_);
  uint64_t handle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ronghe::common
