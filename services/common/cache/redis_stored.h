#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/cache/cache.h"
#include "services/common/cache/redis_connection.h"

// How entries and tombstones lie in Redis, and the scripts that keep older ones from replacing newer ones.
//
// A string of a fixed header and the value: `R1`, `E` (entry) or `T` (tombstone), position and valid_us with 19 digits
// each, so that comparing text compares numbers (a number of Lua has 53 bits).
namespace ronghe::common {

std::string StoredEntry(const CacheEntry& entry);
std::string StoredTombstone(int64_t position);
// Nothing for a tombstone, and for what others have written.
std::optional<CacheEntry> ReadStored(std::string_view stored);

// What a script did with one key.
enum class StoreResult { kRefused = 0, kStored = 1, kFull = 2 };

struct RedisScript {
  const std::string_view text;
  std::string sha = "";  // after Load
};
RedisScript PutScript();
RedisScript TombstoneScript();

// Makes the server know it; sets `sha` if it is not set yet.
absl::Status LoadScript(RedisConnection& connection, RedisScript& script, absl::Time deadline);

// Runs it for `keys` and the `stored` of each; both have the same size. UNAVAILABLE also for an error reply.
absl::StatusOr<std::vector<StoreResult>> RunScript(RedisConnection& connection, const RedisScript& script,
                                                   std::span<const std::string> keys,
                                                   std::span<const std::string> stored, absl::Duration ttl,
                                                   absl::Time deadline);

}  // namespace ronghe::common
