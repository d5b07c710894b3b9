#pragma once

#include <condition_variable>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"
#include "services/organization/app/tree.h"
#include "services/organization/domain/rules.h"
#include "services/organization/storage/alert_rows.h"

namespace ronghe::organization {

// Keeps the table `alert`: follows the feed and judges again what a change touches — the unit, the branch of a group,
// the general branch above. So a list of alerts reads rows, never the tree. All units are judged once when the rules in
// force are others than at last: another pack, or a set that has come into force.
//
// What is judged depends on committed rows alone and is written under the lock row of the unit's partition, so several
// processes may keep the same table, and a crash costs nothing but judging some units again.
class AlertKeeper {
 public:
  struct Parts {
    common::sql::Database& database;
    common::ChangeLog& log;
    common::Feed& feed;
    const Tree& tree;
    common::Calendar calendar;
    const RuleBook& rules;
  };
  // All outlive it.
  explicit AlertKeeper(Parts parts) : parts_(std::move(parts)) {}
  ~AlertKeeper() { Stop(); }

  // Called with errors of the thread, which goes on. For the log. Set before Start.
  void OnError(std::function<void(const absl::Status&)> callback) { on_error_ = std::move(callback); }
  void Start();
  void Stop();
  // Judges what has changed up to where the tree in memory stands, in the caller's thread; returns how many units. For
  // tests, without Start.
  absl::StatusOr<int64_t> RunOnce();

 private:
  struct Progress {
    int64_t position = 0;
    std::string rules;
  };
  void Run();
  bool Stopping();
  absl::StatusOr<Progress> Load();
  absl::Status Save(const Progress& progress);
  // The units that the changes after `position` touch; moves the position.
  absl::StatusOr<std::vector<common::UnitUid>> Touched(int64_t& position, int64_t until);
  void AddJudged(common::UnitUid unit, absl::flat_hash_map<common::UnitUid, JudgedUnit>& judged) const;
  absl::StatusOr<int64_t> JudgeAll(const absl::flat_hash_map<common::UnitUid, JudgedUnit>& judged);
  absl::StatusOr<int64_t> Sweep();
  std::string RulesInForce() const;

  Parts parts_;
  std::function<void(const absl::Status&)> on_error_ = [](const absl::Status&) {};
  std::optional<Progress> progress_;  // of the thread, or of RunOnce's caller
  common::Mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::organization
