#include "services/common/cache/invalidation_queue.h"

#include <algorithm>
#include <mutex>

namespace ronghe::common {

size_t InvalidationQueue::Add(std::span<const std::string> keys, int64_t position) {
  size_t lost = 0;
  {
    MutexLock lock(mutex_);
    for (const std::string& key : keys) {
      if (const auto found = pending_.find(key); found != pending_.end()) {
        found->second = std::max(found->second, position);
      } else if (pending_.size() >= max_keys_) {
        ++lost;
      } else {
        pending_.emplace(key, position);
        order_.push_back(key);
      }
    }
  }
  changed_.notify_one();
  return lost;
}

// clang's analysis cannot follow a wait on the mutex itself.
std::vector<InvalidationQueue::Item> InvalidationQueue::Take(size_t max,
                                                             absl::Duration timeout) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock<std::mutex> lock(mutex_.native());
  changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                    [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping_ || !order_.empty(); });
  std::vector<Item> taken;
  while (taken.size() < max && !order_.empty()) {
    taken.emplace_back(order_.front(), pending_[order_.front()]);
    order_.pop_front();
  }
  return taken;
}

void InvalidationQueue::Done(std::span<const Item> items) {
  MutexLock lock(mutex_);
  for (const auto& [key, position] : items) {
    const auto found = pending_.find(key);
    if (found == pending_.end()) continue;
    if (found->second == position) {
      pending_.erase(found);
    } else {
      order_.push_back(key);  // changed again while it was on its way
    }
  }
}

void InvalidationQueue::Return(std::span<const Item> items) {
  MutexLock lock(mutex_);
  for (const Item& item : items) order_.push_front(item.first);
}

int64_t InvalidationQueue::Pending(const std::string& key) const {
  MutexLock lock(mutex_);
  const auto found = pending_.find(key);
  return found == pending_.end() ? 0 : found->second;
}

size_t InvalidationQueue::size() const {
  MutexLock lock(mutex_);
  return pending_.size();
}

void InvalidationQueue::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

}  // namespace ronghe::common
