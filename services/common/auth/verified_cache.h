#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "services/common/auth/auth.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// SHA-256 of a token: what is kept instead of it.
using TokenDigest = std::array<uint8_t, 32>;
TokenDigest DigestOf(std::string_view token);

// What verified tokens said, by digest. Bounded; thread-safe.
class VerifiedCache {
 public:
  struct Entry {
    Claims claims;
    size_t issuer = 0;       // index among the trusted ones
    int64_t generation = 0;  // of the issuer's keys that vouched for it
  };

  explicit VerifiedCache(size_t capacity);
  std::optional<Entry> Find(const TokenDigest& digest) const;
  // What has expired by `now` goes first when it is full.
  void Put(const TokenDigest& digest, Entry entry, absl::Time now);
  void Remove(const TokenDigest& digest);
  size_t size() const;

 private:
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<TokenDigest, Entry> entries ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;
  Shard& ShardOf(const TokenDigest& digest) const { return shards_[digest[0] % kShards]; }

  size_t shard_capacity_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace ronghe::common
