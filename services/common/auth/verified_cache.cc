#include "services/common/auth/verified_cache.h"

#include <algorithm>
#include <utility>

#include <openssl/evp.h>

namespace ronghe::common {

TokenDigest DigestOf(std::string_view token) {
  // Fetched once: looking the algorithm up each time would cost more than the hash.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  TokenDigest digest{};
  EVP_Digest(token.data(), token.size(), digest.data(), nullptr, sha256, nullptr);
  return digest;
}

VerifiedCache::VerifiedCache(size_t capacity) : shard_capacity_(std::max<size_t>(1, capacity / kShards)) {}

std::optional<VerifiedCache::Entry> VerifiedCache::Find(const TokenDigest& digest) const {
  Shard& shard = ShardOf(digest);
  MutexLock lock(shard.mutex);
  auto found = shard.entries.find(digest);
  return found == shard.entries.end() ? std::nullopt : std::optional(found->second);
}

void VerifiedCache::Put(const TokenDigest& digest, Entry entry, absl::Time now) {
  Shard& shard = ShardOf(digest);
  MutexLock lock(shard.mutex);
  if (shard.entries.size() >= shard_capacity_) {
    absl::erase_if(shard.entries, [&](const auto& item) { return item.second.claims.expire <= now; });
  }
  if (shard.entries.size() >= shard_capacity_) shard.entries.erase(shard.entries.begin());
  shard.entries[digest] = std::move(entry);
}

void VerifiedCache::Remove(const TokenDigest& digest) {
  Shard& shard = ShardOf(digest);
  MutexLock lock(shard.mutex);
  shard.entries.erase(digest);
}

size_t VerifiedCache::size() const {
  size_t total = 0;
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    total += shard.entries.size();
  }
  return total;
}

}  // namespace ronghe::common
