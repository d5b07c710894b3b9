#pragma once

#include <span>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"

namespace ronghe::common {

// Schema of the replica (component `replica`).
std::span<const sql::Migration> ReplicaMigrations();

// The directory of a service with a database of its own, kept in partition 0. Each change of the structure becomes a
// change in the service's own log (STRUCTURE_CHANGED, `units/CODE`), in feed order, in the transaction of the replica's
// rows: so facts and structure have one order. Put between the feed and the directory; what the directory shows is in
// the database. Not thread-safe: Load before the feed starts, then the feed alone.
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
  absl::Status Commit(const DirectoryDelta& delta);
  absl::Status Reload(absl::Time deadline);
  // The feed goes on without anything of interest to us; not worth a transaction each time.
  absl::Status KeepPosition(const DirectoryDelta& delta);

  sql::Database& database_;
  ChangeLog& log_;
  Directory& directory_;
  const Clock& clock_;
  DirectoryDelta gathered_;  // pieces that wait for their `complete`
  bool current_ = false;     // the directory shows what is stored
  absl::Time position_kept_ = absl::InfinitePast();
};

}  // namespace ronghe::common
