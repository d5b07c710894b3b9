#pragma once

#include <span>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// Schema of the replica (component `replica`).
std::span<const sql::Migration> ReplicaMigrations();

// The directory of a service with a database of its own, kept in partition 0. Each change of the structure becomes a
// change in the service's own log (STRUCTURE_CHANGED, `units/CODE`), in feed order, in the transaction of the replica's
// rows: so facts and structure have one order. Put between the feed and the directory; what the directory shows is in
// the database. Thread-safe.
class ReplicaStore final : public DirectorySink {
 public:
  // `directory` is filled by this store alone. The database has the migrations of change log and replica.
  ReplicaStore(sql::Database& database, ChangeLog& log, Directory& directory, const Clock& clock);

  // Fills the directory with what is stored, if anything is. It counts as loaded, but not as heard from. Before the
  // first Apply.
  absl::Status Load(absl::Time deadline);

  // One transaction for everything up to `complete`, then the directory. A complete transfer is compared with what is
  // stored and only what differs is changed and logged. After an error the directory shows again what is stored.
  absl::Status Apply(const DirectoryDelta& delta, absl::Time heard) override;
  void DropUnfinished() override;

 private:
  absl::Status Commit(const DirectoryDelta& delta, absl::Time heard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Reload(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  sql::Database& database_;
  ChangeLog& log_;
  Directory& directory_;
  const Clock& clock_;
  // Held across the transaction: it is what makes applying serial, and only the feed's thread applies.
  Mutex mutex_;
  DirectoryDelta gathered_ ABSL_GUARDED_BY(mutex_);  // pieces that wait for their `complete`
  bool current_ ABSL_GUARDED_BY(mutex_) = false;     // the directory shows what is stored
};

}  // namespace ronghe::common
