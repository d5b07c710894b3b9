#include "services/common/cache/local_cache.h"

#include <atomic>
#include <string_view>
#include <utility>

#include "services/common/cache/lru.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {
namespace {

// A key is in one of the two at a time.
struct Shard {
  explicit Shard(size_t bytes) : entries(bytes - bytes / 8), tombstones(bytes / 8) {}
  Mutex mutex;
  LruMap<CacheEntry> entries ABSL_GUARDED_BY(mutex);
  LruMap<int64_t> tombstones ABSL_GUARDED_BY(mutex);
};

bool PutInto(Shard& shard, std::string_view key, const CacheEntry& entry) {
  MutexLock lock(shard.mutex);
  if (!shard.entries.Fits(key, entry.value.size())) return false;  // and a tombstone stays
  if (const int64_t* tombstone = shard.tombstones.Find(key); tombstone != nullptr) {
    if (entry.position < *tombstone) return false;
    shard.tombstones.Erase(key);
  }
  if (const CacheEntry* old = shard.entries.Find(key); old != nullptr) {
    if (std::pair(entry.position, entry.valid_us) <= std::pair(old->position, old->valid_us)) return false;
  }
  shard.entries.Set(key, entry, entry.value.size());
  return true;
}

void InvalidateIn(Shard& shard, std::string_view key, int64_t position) {
  MutexLock lock(shard.mutex);
  if (const int64_t* tombstone = shard.tombstones.Find(key); tombstone != nullptr && *tombstone >= position) return;
  if (const CacheEntry* old = shard.entries.Find(key); old != nullptr && old->position >= position) return;
  shard.entries.Erase(key);
  shard.tombstones.Set(key, position, 0);
}

}  // namespace

struct LocalCache::Parts {
  Shard& Of(std::string_view key) { return *shards[ShardOf(key, shards.size())]; }

  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<int64_t> hits = 0;
  std::atomic<int64_t> misses = 0;
  std::atomic<int64_t> puts = 0;
  std::atomic<int64_t> refused = 0;
  std::atomic<int64_t> invalidations = 0;
};

LocalCache::LocalCache(size_t max_bytes) : parts_(std::make_unique<Parts>()) {
  const size_t shards = ShardsFor(max_bytes);
  for (size_t i = 0; i < shards; ++i) parts_->shards.push_back(std::make_unique<Shard>(max_bytes / shards));
}

LocalCache::~LocalCache() = default;

std::vector<std::optional<CacheEntry>> LocalCache::Get(std::span<const std::string> keys) {
  std::vector<std::optional<CacheEntry>> found(keys.size());
  int64_t hits = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    Shard& shard = parts_->Of(keys[i]);
    MutexLock lock(shard.mutex);
    const CacheEntry* entry = shard.entries.Find(keys[i]);
    if (entry == nullptr) continue;
    found[i] = *entry;
    ++hits;
  }
  parts_->hits += hits;
  parts_->misses += static_cast<int64_t>(keys.size()) - hits;
  return found;
}

void LocalCache::PutAll(std::span<const KeyedEntry> entries) {
  for (const KeyedEntry& one : entries) {
    const bool stored = one.entry.position >= 0 && PutInto(parts_->Of(one.key), one.key, one.entry);
    ++(stored ? parts_->puts : parts_->refused);
  }
}

void LocalCache::Invalidate(std::span<const std::string> keys, int64_t position) {
  for (const std::string& key : keys) InvalidateIn(parts_->Of(key), key, position);
  parts_->invalidations += static_cast<int64_t>(keys.size());
}

CacheCounters LocalCache::counters() const {
  CacheCounters counters;
  counters.near_hits = parts_->hits;
  counters.misses = parts_->misses;
  counters.puts = parts_->puts;
  counters.refused_puts = parts_->refused;
  counters.invalidations = parts_->invalidations;
  for (const auto& shard : parts_->shards) {
    MutexLock lock(shard->mutex);
    counters.near_entries += static_cast<int64_t>(shard->entries.size());
    counters.near_bytes += static_cast<int64_t>(shard->entries.bytes() + shard->tombstones.bytes());
  }
  return counters;
}

}  // namespace ronghe::common
