#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// What was used last, up to a number of bytes. Whether an answer may still be given is for the reader to judge. Shared,
// so that looking one up copies nothing; in shards, so that readers do not wait for each other. Thread-safe.
template <typename Value>
class AnswerCache {
 public:
  using Ptr = std::shared_ptr<const Value>;

  // `max_bytes` of keys and what Put says.
  explicit AnswerCache(size_t max_bytes) : bytes_per_shard_(max_bytes / kShards) {}

  Ptr Get(const std::string& key) {
    Shard& shard = ShardOf(key);
    const common::MutexLock lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return nullptr;
    shard.kept.splice(shard.kept.begin(), shard.kept, found->second);
    return found->second->value;
  }

  // `bytes`: what the value takes. Replaces what was there.
  void Put(const std::string& key, Ptr value, size_t bytes) {
    std::list<Kept> gone;  // destroyed without the lock
    Shard& shard = ShardOf(key);
    const common::MutexLock lock(shard.mutex);
    if (const auto found = shard.index.find(key); found != shard.index.end()) Remove(shard, found->second, gone);
    shard.kept.push_front({key, std::move(value), bytes + 2 * key.size() + sizeof(Kept)});
    shard.index.try_emplace(key, shard.kept.begin());
    shard.bytes += shard.kept.front().bytes;
    while (shard.bytes > bytes_per_shard_) Remove(shard, std::prev(shard.kept.end()), gone);
  }

  size_t size() const {
    size_t size = 0;
    for (Shard& shard : shards_) {
      const common::MutexLock lock(shard.mutex);
      size += shard.kept.size();
    }
    return size;
  }

 private:
  static constexpr size_t kShards = 16;
  struct Kept {
    std::string key;
    Ptr value;
    size_t bytes;
  };
  struct Shard {
    common::Mutex mutex;
    std::list<Kept> kept ABSL_GUARDED_BY(mutex);  // most recently used first
    absl::flat_hash_map<std::string, typename std::list<Kept>::iterator> index ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  static void Remove(Shard& shard, typename std::list<Kept>::iterator kept, std::list<Kept>& gone)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    shard.bytes -= kept->bytes;
    shard.index.erase(kept->key);
    gone.splice(gone.begin(), shard.kept, kept);
  }
  Shard& ShardOf(const std::string& key) { return shards_[std::hash<std::string>()(key) % kShards]; }

  const size_t bytes_per_shard_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace ronghe::gateway
