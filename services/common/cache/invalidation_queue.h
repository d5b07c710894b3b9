#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include "services/common/values/mutex.h"

namespace ronghe::common {

// Keys that have changed, each with its highest position, until the tombstone is delivered. Bounded. Thread-safe; one
// taker at a time.
class InvalidationQueue {
 public:
  using Item = std::pair<std::string, int64_t>;
  explicit InvalidationQueue(size_t max_keys) : max_keys_(max_keys) {}

  // How many keys there was no room for.
  size_t Add(std::span<const std::string> keys, int64_t position);
  // Waits for something, or for Stop or `timeout` (then empty). What is taken counts as pending until Done or Return.
  std::vector<Item> Take(size_t max, absl::Duration timeout);
  void Done(std::span<const Item> items);
  void Return(std::span<const Item> items);
  // The position below which `key` is known to be out of date though it is not delivered; 0: nothing pending.
  int64_t Pending(const std::string& key) const;
  size_t size() const;
  void Stop();

 private:
  const size_t max_keys_;
  mutable Mutex mutex_;
  std::condition_variable changed_;
  absl::flat_hash_map<std::string, int64_t> pending_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);  // pending and not taken
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ronghe::common
