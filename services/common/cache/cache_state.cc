#include "services/common/cache/cache_state.h"

#include <mutex>
#include <utility>

namespace ronghe::common {

CacheState::CacheState() : notifier_([this] { Run(); }) {}

CacheState::~CacheState() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  notifier_.join();
}

void CacheState::MoveTo(uint64_t phase) {
  const uint64_t count = (word_.load(std::memory_order_relaxed) >> kPhaseBits) + 1;
  word_.store(count << kPhaseBits | phase, std::memory_order_release);
}

bool CacheState::Lose() {
  MutexLock lock(mutex_);
  if (lost()) return false;
  MoveTo(kLost);
  disturb_at_connect_ = true;
  return true;
}

void CacheState::RaiseLocked() {
  MoveTo(kDisturbed);
  raised_ = word_.load(std::memory_order_relaxed) >> kPhaseBits;
  ++disturbances_;
  changed_.notify_all();
}

void CacheState::Connected() {
  MutexLock lock(mutex_);
  if (!lost()) return;
  if (disturb_at_connect_) {
    RaiseLocked();
  } else {
    MoveTo(kUsable);
  }
}

void CacheState::Disturb() {
  MutexLock lock(mutex_);
  if (lost()) {
    disturb_at_connect_ = true;
  } else {
    RaiseLocked();
  }
}

bool CacheState::Resume(uint64_t generation) {
  MutexLock lock(mutex_);
  if (word() != (generation << kPhaseBits | kDisturbed)) return false;
  MoveTo(kUsable);
  return true;
}

// clang's analysis cannot follow a wait on the mutex itself.
void CacheState::OnDisturbance(std::function<void(uint64_t)> callback) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock<std::mutex> lock(mutex_.native());
  callback_ = std::move(callback);
  changed_.wait(lock, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !telling_; });
  changed_.notify_all();
}

bool CacheState::TakeCallback(std::function<void(uint64_t)>* callback,
                              uint64_t* generation) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock<std::mutex> lock(mutex_.native());
  telling_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return stopping_ || (callback_ != nullptr && raised_ != told_);
  });
  if (stopping_) return false;
  *callback = callback_;
  *generation = told_ = raised_;
  telling_ = true;
  return true;
}

void CacheState::Run() {
  std::function<void(uint64_t)> callback;
  uint64_t generation = 0;
  while (TakeCallback(&callback, &generation)) {
    callback(generation);
    callback = nullptr;  // what it captures may end with its registration
  }
}

}  // namespace ronghe::common
