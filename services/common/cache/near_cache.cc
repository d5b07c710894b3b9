#include "services/common/cache/near_cache.h"

namespace ronghe::common {

NearCache::NearCache(size_t max_bytes) {
  const size_t shards = ShardsFor(max_bytes);
  for (size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(max_bytes / shards));
}

void NearCache::Activate() {
  Clear();
  active_.store(true, std::memory_order_release);
}

void NearCache::Deactivate() {
  active_.store(false, std::memory_order_release);
  Clear();
}

void NearCache::Clear() {
  for (const auto& shard : shards_) {
    MutexLock lock(shard->mutex);
    ++shard->generation;
    shard->entries.Clear();
  }
}

std::optional<CacheEntry> NearCache::Find(std::string_view key) {
  Shard& shard = Of(key);
  MutexLock lock(shard.mutex);
  const CacheEntry* entry = shard.entries.Find(key);
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

uint64_t NearCache::Generation(std::string_view key) const {
  return Of(key).generation.load(std::memory_order_acquire);
}

void NearCache::Insert(std::string_view key, const CacheEntry& entry, uint64_t generation) {
  Shard& shard = Of(key);
  MutexLock lock(shard.mutex);
  // Looked at under the lock: Deactivate clears after it has said so, and the generation differs from then on.
  if (!active() || shard.generation.load(std::memory_order_relaxed) != generation) return;
  // Another one may have read later and come here sooner.
  if (const CacheEntry* old = shard.entries.Find(key); old != nullptr) {
    if (std::pair(entry.position, entry.valid_us) <= std::pair(old->position, old->valid_us)) return;
  }
  shard.entries.Set(key, entry, entry.value.size());
}

void NearCache::Erase(std::string_view key) {
  Shard& shard = Of(key);
  MutexLock lock(shard.mutex);
  ++shard.generation;
  shard.entries.Erase(key);
}

std::pair<size_t, size_t> NearCache::Size() const {
  std::pair<size_t, size_t> size;
  for (const auto& shard : shards_) {
    MutexLock lock(shard->mutex);
    size.first += shard->entries.size();
    size.second += shard->entries.bytes();
  }
  return size;
}

}  // namespace ronghe::common
