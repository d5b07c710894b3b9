#pragma once

#include <condition_variable>
#include <mutex>

#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// Counts calls to other processes, so that whoever owns their channel can wait for them: the library does not bear that
// the last of a channel goes on one of its own threads. A call's context holds its channel: destroy it before End.
// Thread-safe.
class CallsUnderWay {
 public:
  ~CallsUnderWay() { Wait(); }

  void Begin() {
    const common::MutexLock lock(mutex_);
    ++count_;
  }
  void End() {
    const common::MutexLock lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void Wait() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock lock(mutex_.native());
    none_.wait(lock, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return count_ == 0; });
  }

 private:
  common::Mutex mutex_;
  std::condition_variable none_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ronghe::gateway
