#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/sql/database.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

// The durable change log of a service: a gapless revision per partition, written in the transaction of the change, and
// a gapless feed position over all partitions, given by the publisher. It is what Watch streams, what replicas follow
// and what totals are folded from.
namespace ronghe::common {

enum class ChangeKind { kCreated = 1, kUpdated = 2, kDeleted = 3, kStructureChanged = 4 };

// What a write logs. No personal data.
struct ChangeEntry {
  ChangeKind kind = ChangeKind::kUpdated;
  std::string resource = {};  // name, with codes for units
  UnitUid unit = {};          // owner after the change
  UnitUid unit_before = {};   // owner before, where it differs
  std::string etag = {};
  std::string rollup = {};  // what it adds to totals, encoded (services/common/rollup/change.h)
};

// A published change.
struct PublishedChange {
  int64_t position = 0;
  PartitionId partition;
  int64_t revision = 0;
  absl::Time time;
  std::string change_id;
  ChangeEntry entry;
};

// What the request log remembers of a write that was done before.
struct PriorWrite {
  std::string resource;
  int64_t partition = 0;
  int64_t revision = 0;
};

// One write transaction in one partition. Its first statement takes the partition's lock row, so writes of a partition
// are serial. Not thread-safe; valid inside ChangeLog::Write.
class WriteTxn {
 public:
  sql::Session& session() { return *session_; }
  PartitionId partition() const { return partition_; }
  absl::Time now() const { return now_; }
  int64_t now_micros() const { return absl::ToUnixMicros(now_); }
  // A new id that carries the partition.
  int64_t NewId();
  // The revision that the next Log() will get.
  int64_t next_revision() const { return base_revision_ + static_cast<int64_t>(entries_.size()); }
  // Adds a change. A transaction that logs nothing commits nothing new to the feed.
  void Log(ChangeEntry entry) { entries_.push_back(std::move(entry)); }
  // Idempotency. Call before any change: nullopt means the request is new and is now claimed; a PriorWrite means that
  // it has been done: answer with it and change nothing (the transaction is rolled back). ALREADY_EXISTS, reason
  // REQUEST_ID_REUSED, if the digest differs. Nothing happens for an empty request id. Remembered for 48 hours.
  absl::StatusOr<std::optional<PriorWrite>> Claim(const RequestKey& key);
  // What to remember of this write. Required after a Claim that returned nullopt.
  void Remember(std::string resource) { remembered_ = std::move(resource); }

  // The same transaction in a further partition, with that partition's lock row, revisions and ids; what it logs gets
  // the same change id. For what must happen in several partitions at once. Whoever needs several takes them in
  // ascending order, so that nobody waits in a circle. Valid as long as this one; itself for its own partition. There
  // is one of each partition, from whichever of them it is asked for.
  absl::StatusOr<WriteTxn*> Also(PartitionId partition);
  // Runs `body`, and where it returns an error takes back all it did in here, what it logged included; the transaction
  // goes on. Returns the error. Not for errors of the database, after which there is no going on. May be nested.
  absl::Status Attempt(absl::FunctionRef<absl::Status()> body);

 private:
  friend class ChangeLog;
  WriteTxn(sql::Session& session, PartitionId partition, absl::Time now, WriteTxn* root = nullptr)
      : session_(&session), partition_(partition), now_(now), root_(root) {}
  // Takes the partition's lock row.
  absl::Status Begin();
  // Writes what was logged and remembered, and the lock row.
  absl::Status Finish(const std::string& change_id);
  absl::Status Close(const std::string& change_id);
  bool logged() const;
  absl::Status InsertEntries(const std::string& change_id);
  absl::Status RememberRequest(int64_t revision);

  sql::Session* session_;
  PartitionId partition_;
  absl::Time now_;
  int64_t base_revision_ = 0;  // of the first entry
  int64_t first_tick_ = 0;     // as found in the lock row
  int64_t last_tick_ = 0;
  std::vector<ChangeEntry> entries_;
  std::optional<RequestKey> claimed_;
  std::string remembered_;
  bool replayed_ = false;  // Claim found a prior write
  WriteTxn* root_;         // that this one joined; null for itself
  std::vector<std::unique_ptr<WriteTxn>> joined_;
};

class ChangeLog {
 public:
  // The database has the change log's migrations (ChangeLogMigrations). All must outlive it.
  ChangeLog(sql::Database& database, const Clock& clock, Random& random);

  // One transaction in `partition`: OK commits durably and returns the partition's revision after it; an error rolls
  // back. Conflicts with other transactions (ABORTED without a reason of `body`) are run again, at most 3 times, within
  // the deadline, so `body` must have no effect but through its WriteTxn.
  absl::StatusOr<int64_t> Write(PartitionId partition, const Call& call,
                                absl::FunctionRef<absl::Status(WriteTxn&)> body) {
    return Write(partition, {}, call, body);
  }
  // The same, also holding the lock rows of other partitions: for the few transactions that write in more than one. The
  // lock rows are taken in the order of their numbers, so that two such transactions do not wait for each other. What
  // is logged is a change of `partition`.
  absl::StatusOr<int64_t> Write(PartitionId partition, std::span<const PartitionId> also, const Call& call,
                                absl::FunctionRef<absl::Status(WriteTxn&)> body);

  // The current revision of a partition; 0 if nothing was ever written.
  absl::StatusOr<int64_t> Revision(sql::Session& session, PartitionId partition);
  // Identifies this history; changes at every restore.
  absl::StatusOr<std::string> Incarnation();

  // Called after each commit with changes (a hint to the publisher); set once, before serving.
  void OnCommit(std::function<void()> hint) { hint_ = std::move(hint); }

 private:
  struct Attempt;
  absl::Status Try(sql::Session& session, PartitionId partition, std::span<const PartitionId> locks,
                   absl::FunctionRef<absl::Status(WriteTxn&)> body, Attempt& attempt);

  sql::Database& database_;
  const Clock& clock_;
  Random& random_;
  std::function<void()> hint_ = [] {};
  Mutex mutex_;
  std::string incarnation_ ABSL_GUARDED_BY(mutex_);
};

// Takes a partition's lock row without counting a revision: whoever writes in the partition waits until this
// transaction ends, and then sees what it did.
absl::Status LockPartition(sql::Session& session, PartitionId partition);

// Schema of change log, feed, request log and lease.
std::span<const sql::Migration> ChangeLogMigrations();

// Something done in the publishing transaction, so that it has happened for exactly the changes that are published.
class PublicationStep {
 public:
  virtual ~PublicationStep() = default;
  // The changes after `before`, up to `position`, have their positions. An error rolls all of it back.
  virtual absl::Status Publish(sql::Session& session, int64_t before, int64_t position) = 0;
  // Once after each Publish, and after a transaction that ended before it: `committed` is false also where nobody
  // knows.
  virtual void Ended(bool committed) = 0;
};

// Numbers committed changes with feed positions, gapless, exactly once, in each partition in revision order. Runs in
// its own thread, on a hint (under load after a rest) and every 20 ms otherwise; several processes may run one, the
// lease row lets one have effect. It also drops what the feed need not keep (30 days), and expired request ids.
class Publisher {
 public:
  struct Options {
    int batch = 5000;                                      // changes in one transaction; fewer where it takes too long
    absl::Duration poll = absl::Milliseconds(20);          // without a hint
    absl::Duration lease = absl::Seconds(1);               // a silent holder is replaced after it
    absl::Duration retention = absl::Hours(24 * 30);       // of the feed
    absl::Duration retention_interval = absl::Minutes(3);  // between two looks at what has expired
  };
  Publisher(sql::Database& database, const Clock& clock, Random& random);
  Publisher(sql::Database& database, const Clock& clock, Random& random, Options options);
  ~Publisher();  // stops
  void Start();
  void Stop();
  // Wakes the thread. Cheap, from any thread.
  void Hint();
  // Publishes what is committed now, in the caller's thread; returns the last position. Takes the lease, also from a
  // holder that lives. For tests and for start-up.
  absl::StatusOr<int64_t> PublishOnce();
  // Drops what has expired, feed and request ids, in small transactions, in the caller's thread; returns how many rows.
  // The thread does it from time to time.
  absl::StatusOr<int64_t> DropExpired();
  // Called with the new last position after each publication, by this process or another one, after the commit, from
  // the thread that found it: the publisher's own or that of PublishOnce. Set once, before Start.
  void OnPublished(std::function<void(int64_t)> callback);
  // Set once, before Start; outlives the publisher.
  void SetStep(PublicationStep& step);
  // Called with errors of the thread, which goes on and tries again. For the log. Set once, before Start.
  void OnError(std::function<void(const absl::Status&)> callback);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads the feed. Thread-safe.
class Feed {
 public:
  explicit Feed(sql::Database& database) : database_(database) {}
  // At most `limit` changes (and never more than 500) after `position`, in order. OUT_OF_RANGE, reason FEED_EXPIRED, if
  // some of them are no longer kept.
  absl::StatusOr<std::vector<PublishedChange>> After(int64_t position, int limit, absl::Time deadline);
  // The last published position; 0 for an empty feed.
  absl::StatusOr<int64_t> Last(absl::Time deadline);
  // What is kept: positions from `oldest` to `last`; oldest = last + 1 where nothing is.
  struct Bounds {
    int64_t oldest = 1;
    int64_t last = 0;
  };
  absl::StatusOr<Bounds> ReadBounds(absl::Time deadline);
  // The last position, and the revision of `partition` published with it.
  struct Head {
    int64_t position = 0;
    absl::Time time;
    int64_t partition_revision = 0;
  };
  absl::StatusOr<Head> ReadHead(sql::Session& session, PartitionId partition);

 private:
  sql::Database& database_;
};

// Tells waiting streams that the feed has grown. One thread follows the feed (this process' publisher, or by looking
// every 20 ms where another process publishes); every watcher has a cursor and reads pages itself, so a slow one costs
// no memory.
class FeedHub {
 public:
  // Calls `wake` once, from the hub's thread, as soon as the last position exceeds `position`, or after `timeout`.
  // Returns a handle; Cancel guarantees that `wake` will not run after it returns (from inside a `wake` it returns at
  // once). `wake` must be quick; do not hold a lock that it takes while calling Cancel.
  uint64_t WakeAfter(int64_t position, absl::Duration timeout, std::function<void()> wake);
  void Cancel(uint64_t handle);
  int64_t last() const;
  // From the publisher. Lower positions change nothing, but make the hub look at the clock, which tests may have moved.
  void Advance(int64_t position);

  explicit FeedHub(const Clock& clock);
  ~FeedHub();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
