#include "services/common/cache/redis_writer.h"

#include <poll.h>

#include <string>
#include <utility>
#include <vector>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr size_t kBatch = 256;
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr int kRetryMilliseconds = 10;

}  // namespace

void RedisWriter::Run() {
  while (!core_.stopping) {
    const std::vector<InvalidationQueue::Item> items = core_.queue.Take(kBatch, kIdle);
    if (items.empty()) continue;
    auto connection = core_.pool.Acquire(core_.clock.Now() + core_.options.command_timeout);
    if (connection == nullptr) {
      core_.queue.Return(items);
      poll(nullptr, 0, kRetryMilliseconds);  // there is none until the keeper has made one
      continue;
    }
    const absl::Status delivered = Deliver(*connection, items);
    if (delivered.ok()) {
      core_.queue.Done(items);
    } else {
      core_.queue.Return(items);
    }
    core_.Return(std::move(connection), delivered);
  }
}

absl::Status RedisWriter::Deliver(RedisConnection& connection, std::span<const InvalidationQueue::Item> items) {
  std::vector<std::string> keys;
  std::vector<std::string> stored;
  for (const auto& [key, position] : items) {
    keys.push_back(core_.options.prefix + key);
    stored.push_back(StoredTombstone(position));
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoreResult> results,
                          RunScript(connection, core_.tombstone, keys, stored, core_.options.tombstone_ttl,
                                    core_.clock.Now() + core_.options.command_timeout));
  for (const StoreResult result : results) {
    if (result == StoreResult::kFull) ++core_.full_puts;
  }
  core_.invalidations += static_cast<int64_t>(items.size());
  return absl::OkStatus();
}

}  // namespace ronghe::common
