#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include "gateway/overview/part.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// The last figures each service gave for a unit, for when it does not answer. Bounded: the least recently used go
// first; nothing is given that is older than ten minutes. Thread-safe.
class LastKnown {
 public:
  static constexpr absl::Duration kMaxAge = absl::Minutes(10);
  struct Entry {
    Figures figures;
    FeedPlace place;
  };
  explicit LastKnown(const common::Clock& clock, size_t capacity = 20'000) : clock_(clock), capacity_(capacity) {}

  void Put(std::string_view service, common::UnitUid unit, Entry entry);
  std::optional<Entry> Get(std::string_view service, common::UnitUid unit);

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Kept {
    Key key;
    Entry entry;
    absl::Time since;
  };

  const common::Clock& clock_;
  const size_t capacity_;
  common::Mutex mutex_;
  std::list<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  absl::flat_hash_map<Key, std::list<Kept>::iterator> index_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::gateway
