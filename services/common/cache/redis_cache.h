#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/cache/cache.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"

namespace ronghe::common {

// Times are upper bounds on what a caller waits, or periods of the cache's own threads.
struct RedisCacheOptions {
  std::string prefix = "ronghe:";  // before every key in Redis; what this process is told changes of
  int connections = 4;             // shared by all callers
  absl::Duration connect_timeout = absl::Milliseconds(50);
  absl::Duration command_timeout = absl::Milliseconds(50);  // of a call, with the wait for a free connection
  absl::Duration entry_ttl = absl::Minutes(10);
  absl::Duration tombstone_ttl = absl::Minutes(10);       // longer than any load that ends in a Put
  size_t max_value_bytes = 1 << 20;                       // larger entries are refused
  size_t near_bytes = 64 << 20;                           // 0: no near cache
  absl::Duration near_silence = absl::Milliseconds(500);  // the near cache is bypassed when not heard from for so long
  absl::Duration loss_silence = absl::Seconds(2);         // and its connection is taken as lost after so long
  size_t queued_invalidations = 100'000;                  // keys
  int failures_to_open = 2;                               // timeouts in a row after which Redis is left alone
  absl::Duration check_interval = absl::Milliseconds(250);  // between looks at role, run and liveness
  absl::Duration backoff = absl::Milliseconds(50);          // before the first new attempt; doubled, with jitter
  absl::Duration max_backoff = absl::Seconds(2);
};

// A cache in Redis 6 or newer (older ones: without the near cache), with a bounded near cache in this process that
// Redis keeps coherent (CLIENT TRACKING). Entries are fenced by scripts, so writers may race.
//
// A lost connection, a silent tracking connection, `failures_to_open` timeouts in a row, a role other than master or an
// unknown server open the breaker: calls return at once, untouched by the network, until a thread of the cache has
// connected to a master again; that is a disturbance. So are FLUSHALL, which takes the tombstones along, and an
// overflow of the queue of invalidations. A full Redis (OOM) is none, nor is one late answer.
//
// What eviction by Redis takes along may be a tombstone: a reader must look at the position of what it gets.
class RedisCache final : public Cache {
 public:
  // `redis://[user:password@]host:port[/db]`, the parts percent-encoded; `redis://:password@…` authenticates the
  // default user. INVALID_ARGUMENT naming `setting` where that cannot be read; never says the password. Connects in the
  // background. Clock and random outlive the cache.
  static absl::StatusOr<std::unique_ptr<RedisCache>> Create(std::string_view url, std::string_view setting,
                                                            const RedisCacheOptions& options, const Clock& clock,
                                                            Random& random);
  ~RedisCache() override;

  std::vector<std::optional<CacheEntry>> Get(std::span<const std::string> keys) override;
  void PutAll(std::span<const KeyedEntry> entries) override;
  void Invalidate(std::span<const std::string> keys, int64_t position) override;
  bool usable() const override;
  void OnDisturbance(std::function<void(uint64_t)> callback) override;
  bool Resume(uint64_t generation) override;
  CacheCounters counters() const override;

  // Whether near entries are served now.
  bool near_active() const;
  // Invalidations not delivered yet.
  size_t pending_invalidations() const;
  // What last went wrong, for a log: no keys, no secrets. Empty if nothing has.
  std::string last_error() const;

 private:
  struct Parts;
  explicit RedisCache(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::common
