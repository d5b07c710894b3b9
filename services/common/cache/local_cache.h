#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/common/cache/cache.h"

namespace ronghe::common {

// The cache of one process alone: nothing is remote, so there are no disturbances and nothing waits. Bounded; what was
// used longest ago leaves first, and entries do not drive out tombstones. Hits count as near. Thread-safe.
class LocalCache final : public Cache {
 public:
  // `max_bytes` of keys, values and bookkeeping; an eighth of it is for tombstones.
  explicit LocalCache(size_t max_bytes);
  ~LocalCache() override;

  std::vector<std::optional<CacheEntry>> Get(std::span<const std::string> keys) override;
  void PutAll(std::span<const KeyedEntry> entries) override;
  void Invalidate(std::span<const std::string> keys, int64_t position) override;
  bool usable() const override { return true; }
  void OnDisturbance(std::function<void(uint64_t)> /*callback*/) override {}
  bool Resume(uint64_t /*generation*/) override { return true; }
  CacheCounters counters() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::common
