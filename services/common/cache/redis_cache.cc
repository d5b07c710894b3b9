#include "services/common/cache/redis_cache.h"

#include <algorithm>
#include <utility>

#include "services/common/cache/redis_core.h"
#include "services/common/cache/redis_keeper.h"
#include "services/common/cache/redis_writer.h"
#include "services/common/values/status.h"

namespace ronghe::common {

using Answers = std::vector<std::optional<CacheEntry>>;

struct RedisCache::Parts {
  Parts(const RedisAddress& address, const RedisCacheOptions& options, const Clock& clock, Random& random)
      : core(address, options, clock, random), keeper(core), writer(core) {}
  ~Parts() {
    core.state.OnDisturbance(nullptr);  // a callback may use the cache
    core.stopping = true;
    core.queue.Stop();
    core.Wake();
  }

  bool NearSpeaks() const;
  // Fills in what this process has; the others' places are returned.
  std::vector<size_t> FindNear(std::span<const std::string> keys, Answers& found);
  void FindRemote(std::span<const std::string> keys, std::span<const size_t> places, Answers& found);
  absl::StatusOr<RedisReply> Ask(RedisConnection& connection, std::span<const std::string> keys,
                                 std::span<const size_t> places, absl::Time deadline);

  RedisCore core;
  RedisKeeper keeper;
  RedisWriter writer;
};

absl::StatusOr<std::unique_ptr<RedisCache>> RedisCache::Create(std::string_view url, std::string_view setting,
                                                               const RedisCacheOptions& options, const Clock& clock,
                                                               Random& random) {
  RONGHE_ASSIGN_OR_RETURN(const RedisAddress address, ParseRedisUrl(url, setting));
  return std::unique_ptr<RedisCache>(new RedisCache(std::make_unique<Parts>(address, options, clock, random)));
}

RedisCache::RedisCache(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RedisCache::~RedisCache() = default;

bool RedisCache::Parts::NearSpeaks() const {
  if (!core.near.active()) return false;
  const int64_t silent_us = absl::ToUnixMicros(core.clock.Now()) - core.heard_us.load(std::memory_order_relaxed);
  return absl::Microseconds(silent_us) <= core.options.near_silence;
}

std::vector<size_t> RedisCache::Parts::FindNear(std::span<const std::string> keys, Answers& found) {
  const bool speaks = NearSpeaks();
  std::vector<size_t> others;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (speaks) found[i] = core.near.Find(keys[i]);
    if (!found[i].has_value()) others.push_back(i);
  }
  return others;
}

absl::StatusOr<RedisReply> RedisCache::Parts::Ask(RedisConnection& connection, std::span<const std::string> keys,
                                                  std::span<const size_t> places, absl::Time deadline) {
  std::vector<std::string> names;
  for (const size_t place : places) names.push_back(core.options.prefix + keys[place]);
  std::vector<std::string_view> args{"MGET"};
  args.insert(args.end(), names.begin(), names.end());
  connection.Append(args);
  // A master that has become a replica keeps its connections, and what it answers is another's.
  connection.Append({"ROLE"});
  RONGHE_ASSIGN_OR_RETURN(auto replies, connection.Exchange(2, deadline));
  for (const RedisReply& reply : replies) RONGHE_RETURN_IF_ERROR(StatusOfReply(*reply));
  const redisReply& role = *replies[1];
  if (role.type != REDIS_REPLY_ARRAY || role.elements == 0 || TextOfReply(*role.element[0]) != "master") {
    return absl::UnavailableError("the server is not a master");
  }
  if (replies[0]->type != REDIS_REPLY_ARRAY || replies[0]->elements != places.size()) {
    return absl::UnavailableError("not an answer to MGET");
  }
  return std::move(replies[0]);
}

void RedisCache::Parts::FindRemote(std::span<const std::string> keys, std::span<const size_t> places, Answers& found) {
  std::vector<uint64_t> generations;
  // Tombstones on their way count as delivered. Looked at before asking: they may arrive after the question and be gone
  // from the queue before the answer.
  std::vector<int64_t> pending;
  for (const size_t place : places) {
    generations.push_back(core.near.Generation(keys[place]));
    pending.push_back(core.queue.Pending(keys[place]));
  }
  const absl::Time deadline = core.clock.Now() + core.options.command_timeout;
  auto connection = core.pool.Acquire(deadline);
  if (connection == nullptr) return;
  const absl::StatusOr<RedisReply> reply = Ask(*connection, keys, places, deadline);
  core.Return(std::move(connection), reply.status());
  if (!reply.ok()) return;
  for (size_t i = 0; i < places.size(); ++i) {
    const std::string& key = keys[places[i]];
    std::optional<CacheEntry> entry = ReadStored(TextOfReply(*(*reply)->element[i]));
    if (!entry.has_value() || entry->position < pending[i]) continue;
    core.near.Insert(key, *entry, generations[i]);
    found[places[i]] = std::move(entry);
  }
}

Answers RedisCache::Get(std::span<const std::string> keys) {
  RedisCore& core = parts_->core;
  Answers found(keys.size());
  const uint64_t word = core.state.word();
  const auto total = static_cast<int64_t>(keys.size());
  if (!CacheState::Usable(word)) {
    ++core.bypassed;
    core.misses += total;
    return found;
  }
  const std::vector<size_t> others = parts_->FindNear(keys, found);
  if (!others.empty()) parts_->FindRemote(keys, others, found);
  // A loss in between: what was found may be from another time.
  if (core.state.word() != word) std::fill(found.begin(), found.end(), std::nullopt);
  const auto hits = static_cast<int64_t>(
      std::count_if(found.begin(), found.end(), [](const std::optional<CacheEntry>& e) { return e.has_value(); }));
  const int64_t near = hits == 0 ? 0 : total - static_cast<int64_t>(others.size());
  core.near_hits += near;
  core.remote_hits += hits - near;
  core.misses += total - hits;
  return found;
}

void RedisCache::PutAll(std::span<const KeyedEntry> entries) {
  RedisCore& core = parts_->core;
  if (!core.state.usable()) {
    ++core.bypassed;
    return;
  }
  std::vector<std::string> keys;
  std::vector<std::string> stored;
  for (const auto& [key, entry] : entries) {
    if (entry.position < 0 || entry.value.size() > core.options.max_value_bytes ||
        entry.position < core.queue.Pending(key)) {
      ++core.refused_puts;
      continue;
    }
    keys.push_back(core.options.prefix + key);
    stored.push_back(StoredEntry(entry));
  }
  if (keys.empty()) return;
  const absl::Time deadline = core.clock.Now() + core.options.command_timeout;
  auto connection = core.pool.Acquire(deadline);
  if (connection == nullptr) return;
  const auto results = RunScript(*connection, core.put, keys, stored, core.options.entry_ttl, deadline);
  core.Return(std::move(connection), results.status());
  if (!results.ok()) return;
  for (const StoreResult result : *results) {
    ++(result == StoreResult::kStored ? core.puts : result == StoreResult::kFull ? core.full_puts : core.refused_puts);
  }
}

void RedisCache::Invalidate(std::span<const std::string> keys, int64_t position) {
  RedisCore& core = parts_->core;
  const size_t lost = core.queue.Add(keys, position);
  // After it is pending: what a Get that runs now inserts is refused by the one or the other.
  for (const std::string& key : keys) core.near.Erase(key);
  if (lost == 0) return;
  core.overflows += static_cast<int64_t>(lost);
  core.Disturb();
}

bool RedisCache::usable() const {
  return parts_->core.state.usable();
}

void RedisCache::OnDisturbance(std::function<void(uint64_t)> callback) {
  parts_->core.state.OnDisturbance(std::move(callback));
}

bool RedisCache::Resume(uint64_t generation) {
  return parts_->core.state.Resume(generation);
}

CacheCounters RedisCache::counters() const {
  const RedisCore& core = parts_->core;
  CacheCounters counters;
  counters.near_hits = core.near_hits;
  counters.remote_hits = core.remote_hits;
  counters.misses = core.misses;
  counters.bypassed = core.bypassed;
  counters.puts = core.puts;
  counters.refused_puts = core.refused_puts;
  counters.full_puts = core.full_puts;
  counters.invalidations = core.invalidations;
  counters.overflows = core.overflows;
  counters.errors = core.errors;
  counters.disturbances = core.state.disturbances();
  const auto [entries, bytes] = core.near.Size();
  counters.near_entries = static_cast<int64_t>(entries);
  counters.near_bytes = static_cast<int64_t>(bytes);
  return counters;
}

bool RedisCache::near_active() const {
  return parts_->NearSpeaks();
}

size_t RedisCache::pending_invalidations() const {
  return parts_->core.queue.size();
}

std::string RedisCache::last_error() const {
  MutexLock lock(parts_->core.mutex);
  return parts_->core.last_error;
}

}  // namespace ronghe::common
