#pragma once

#include <cstddef>
#include <list>
#include <string>

#include <absl/container/flat_hash_map.h>

#include "gateway/overview/summary.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// The last totals a service gave, for when neither it nor a cache answers. Bounded: what was used longest ago leaves
// first. Thread-safe.
class LastKnown {
 public:
  explicit LastKnown(size_t capacity = 5'000) : capacity_(capacity) {}

  // An older position of the same history does not replace a newer one.
  void Put(const std::string& key, SummaryPtr summary);
  SummaryPtr Get(const std::string& key);  // null: none

 private:
  struct Kept {
    std::string key;
    SummaryPtr summary;
  };
  const size_t capacity_;
  common::Mutex mutex_;
  std::list<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  absl::flat_hash_map<std::string, std::list<Kept>::iterator> index_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::gateway
