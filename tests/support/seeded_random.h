#pragma once

#include <cstdint>

#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

namespace ronghe::tests {

// The same sequence for the same seed (SplitMix64). Thread-safe.
class SeededRandom final : public common::Random {
 public:
  explicit SeededRandom(uint64_t seed = 1) : state_(seed) {}
  void Fill(void* data, size_t size) override {
    auto* bytes = static_cast<unsigned char*>(data);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(Next() >> 32);
  }
  uint64_t Next() {
    common::MutexLock lock(mutex_);
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [0, limit).
  uint64_t Below(uint64_t limit) { return Next() % limit; }

 private:
  common::Mutex mutex_;
  uint64_t state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::tests
