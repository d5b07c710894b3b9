#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

namespace ronghe::common {

// How many parts with a lock each a cache of `bytes` is divided into: one for each MiB, 1 to 64.
inline size_t ShardsFor(size_t bytes) {
  return std::clamp<size_t>(bytes >> 20, 1, 64);
}
inline size_t ShardOf(std::string_view key, size_t shards) {
  return absl::Hash<std::string_view>()(key) % shards;
}

// A map bounded by bytes; what was used longest ago leaves first. Not thread-safe.
template <typename Value>
class LruMap {
 public:
  explicit LruMap(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Valid until the next change. Counts as use.
  Value* Find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return &found->second->value;
  }

  // `payload` is what the value takes beside its own size. Larger than the whole map, nothing is kept for this key.
  bool Fits(std::string_view key, size_t payload) const { return payload + key.size() + kOverhead <= max_bytes_; }
  // Replaces what was there.
  void Set(std::string_view key, Value value, size_t payload) {
    Erase(key);
    if (!Fits(key, payload)) return;
    const size_t bytes = payload + key.size() + kOverhead;
    items_.push_front({.key = std::string(key), .value = std::move(value), .bytes = bytes});
    index_.emplace(items_.front().key, items_.begin());
    bytes_ += bytes;
    while (bytes_ > max_bytes_) Remove(std::prev(items_.end()));
  }

  void Erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found != index_.end()) Remove(found->second);
  }
  void Clear() {
    index_.clear();
    items_.clear();
    bytes_ = 0;
  }
  size_t size() const { return items_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Item {
    std::string key;
    Value value;
    size_t bytes = 0;
  };
  using Items = std::list<Item>;
  // Item, list node and slot of the index, roughly.
  static constexpr size_t kOverhead = sizeof(Item) + 64;

  void Remove(typename Items::iterator item) {
    bytes_ -= item->bytes;
    index_.erase(item->key);
    items_.erase(item);
  }

  size_t max_bytes_;
  size_t bytes_ = 0;
  Items items_;                                                            // used last comes first
  absl::flat_hash_map<std::string_view, typename Items::iterator> index_;  // its keys are the items' own
};

}  // namespace ronghe::common
