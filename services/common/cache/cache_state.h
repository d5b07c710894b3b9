#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <thread>

#include "services/common/values/mutex.h"

namespace ronghe::common {

// Whether what is remote may be used, as one number that changes with every transition:
//
//   lost ──Connected──▶ disturbed ──Resume──▶ usable        usable, disturbed ──Lose──▶ lost
//   lost ──first Connected──▶ usable                        usable, disturbed ──Disturb──▶ disturbed (anew)
//
// Who uses the cache takes the number before and compares after: equal means that nothing happened in between. Owns the
// thread that tells the owner of disturbances. Thread-safe.
class CacheState {
 public:
  CacheState();
  ~CacheState();

  uint64_t word() const { return word_.load(std::memory_order_acquire); }
  static bool Usable(uint64_t word) { return (word & kPhaseMask) == kUsable; }
  static bool Lost(uint64_t word) { return (word & kPhaseMask) == kLost; }
  bool usable() const { return Usable(word()); }
  bool lost() const { return Lost(word()); }

  // A connection is lost. True if it was not known.
  bool Lose();
  // Connected to a master and ready. The first time it is usable, later, and after a Disturb before it, disturbed.
  void Connected();
  // The content is from another time. While lost it is remembered for Connected.
  void Disturb();
  bool Resume(uint64_t generation);
  void OnDisturbance(std::function<void(uint64_t)> callback);
  int64_t disturbances() const { return disturbances_; }

 private:
  static constexpr uint64_t kLost = 0;
  static constexpr uint64_t kDisturbed = 1;
  static constexpr uint64_t kUsable = 2;
  static constexpr uint64_t kPhaseMask = 3;
  static constexpr int kPhaseBits = 2;

  void MoveTo(uint64_t phase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RaiseLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TakeCallback(std::function<void(uint64_t)>* callback, uint64_t* generation);
  void Run();

  std::atomic<uint64_t> word_ = kLost;  // written under the mutex
  std::atomic<int64_t> disturbances_ = 0;
  Mutex mutex_;
  std::condition_variable changed_;
  bool disturb_at_connect_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void(uint64_t)> callback_ ABSL_GUARDED_BY(mutex_);
  uint64_t raised_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t told_ ABSL_GUARDED_BY(mutex_) = 0;
  bool telling_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread notifier_;
};

}  // namespace ronghe::common
