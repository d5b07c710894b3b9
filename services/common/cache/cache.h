#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A cache beside the truth. It never makes a call fail or wait long: what cannot be had is a miss. It never lets an
// older entry replace a newer one, and it says when its content may be from another time. Whether an entry is fresh
// enough is for the reader to decide, by position and valid_us.
namespace ronghe::common {

struct CacheEntry {
  int64_t position = 0;  // position in the source's feed for which `value` is true; not negative
  int64_t valid_us = 0;  // feed time (Unix, microseconds) to which it was known to be valid; not negative
  std::string value;     // any bytes

  friend bool operator==(const CacheEntry&, const CacheEntry&) = default;
};

struct KeyedEntry {
  std::string key;
  CacheEntry entry;
};

// Totals since the start.
struct CacheCounters {
  int64_t near_hits = 0;      // answered from this process
  int64_t remote_hits = 0;    // answered by Redis
  int64_t misses = 0;         // keys without an answer, for whatever reason
  int64_t bypassed = 0;       // calls that did not touch the cache: it was not usable
  int64_t puts = 0;           // entries stored
  int64_t refused_puts = 0;   // entries refused because something newer was there
  int64_t full_puts = 0;      // entries or tombstones there was no room for
  int64_t invalidations = 0;  // keys for which a tombstone was delivered
  int64_t overflows = 0;      // keys whose invalidation was lost because the queue was full
  int64_t errors = 0;         // timeouts, lost connections and error replies
  int64_t disturbances = 0;   // times the content may have been from another time
  int64_t near_entries = 0;   // now
  int64_t near_bytes = 0;     // now
};

// Thread-safe. No call waits longer than the timeout of the implementation, and none fails.
//
// An epoch of the owner is part of every key. After a disturbance (a lost connection, a restart, a failover, lost
// invalidations) nothing is served or stored; the owner advances its epoch and then calls Resume.
class Cache {
 public:
  virtual ~Cache() = default;

  // One answer for each key, in their order; nothing where there is no entry or where a newer change is known (a
  // tombstone). At most one round trip.
  virtual std::vector<std::optional<CacheEntry>> Get(std::span<const std::string> keys) = 0;

  // Refused silently where an entry newer by (position, valid_us), or a tombstone with a higher position, is stored. A
  // tombstone with the same position does not refuse: what is true for position p includes the change at p. An entry
  // with a negative position, or larger than the implementation takes, is refused too. One round trip for all.
  virtual void PutAll(std::span<const KeyedEntry> entries) = 0;
  void Put(std::string_view key, const CacheEntry& entry) {
    const KeyedEntry one{.key = std::string(key), .entry = entry};
    PutAll(std::span(&one, 1));
  }

  // The keys' content changed at `position`: removes entries of lower positions and leaves a tombstone that keeps them
  // out. Entries of the same or a higher position stay, so does a higher tombstone. Does not block: what is remote is
  // done by a thread of the cache, once for each key with its highest position, also while the cache is not usable.
  // A tombstone lives for a time of the implementation, longer than any load that may still put what it read before.
  virtual void Invalidate(std::span<const std::string> keys, int64_t position) = 0;

  // False from a disturbance, and from the loss of a connection on, until Resume: meanwhile Get misses and Put does
  // nothing. Also false before the first connection; that one is no disturbance.
  virtual bool usable() const = 0;

  // Called once for each disturbance, when Resume is possible again, from a thread of the cache that does nothing else,
  // one at a time; a disturbance that came before the registration is told too, and of several unheard ones only the
  // latest. usable() is false since before. Registering waits for a running call of the one before to end (so not from
  // within it); nullptr takes it back.
  virtual void OnDisturbance(std::function<void(uint64_t generation)> callback) = 0;

  // Serves again. False, and nothing happens, if another disturbance or loss has come since `generation`.
  virtual bool Resume(uint64_t generation) = 0;

  virtual CacheCounters counters() const = 0;
};

}  // namespace ronghe::common
