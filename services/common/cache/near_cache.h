#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/cache/cache.h"
#include "services/common/cache/lru.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// Copies of remote entries in this process, erased when the remote ones change. Inactive it has nothing and takes
// nothing. Thread-safe.
class NearCache {
 public:
  explicit NearCache(size_t max_bytes);

  bool active() const { return active_.load(std::memory_order_acquire); }
  // Changes are told from now on.
  void Activate();
  // They are not any more: what is here goes.
  void Deactivate();
  void Clear();

  std::optional<CacheEntry> Find(std::string_view key);
  // Taken before the remote entry is asked for, and given with it: Insert does nothing if the key may have changed in
  // between.
  uint64_t Generation(std::string_view key) const;
  void Insert(std::string_view key, const CacheEntry& entry, uint64_t generation);
  // The remote entry has changed.
  void Erase(std::string_view key);

  // Entries and bytes.
  std::pair<size_t, size_t> Size() const;

 private:
  struct Shard {
    explicit Shard(size_t bytes) : entries(bytes) {}
    Mutex mutex;
    LruMap<CacheEntry> entries ABSL_GUARDED_BY(mutex);
    std::atomic<uint64_t> generation = 0;  // written under the mutex
  };
  Shard& Of(std::string_view key) const { return *shards_[ShardOf(key, shards_.size())]; }

  std::atomic<bool> active_ = false;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace ronghe::common
