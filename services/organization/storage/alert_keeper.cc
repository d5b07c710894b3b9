#include "services/organization/storage/alert_keeper.h"

#include <chrono>
#include <map>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr int kChanges = 500;
constexpr size_t kUnitsAtOnce = 100;  // units judged in one transaction
constexpr absl::Duration kDeadline = absl::Seconds(30);
constexpr std::chrono::milliseconds kPoll(50);  // of the tree's position in memory
constexpr sql::Query kLoad{"alert_progress_load", "SELECT position, rules FROM alert_progress WHERE partition_id = 0"};
constexpr sql::Query kSave{"alert_progress_save",
                           "UPDATE alert_progress SET position = ?, rules = ? WHERE partition_id = 0 AND "
                           "(position < ? OR rules <> ?)"};

// Real time, as the database has it.
absl::Time Deadline() {
  return common::SystemClock().Now() + kDeadline;
}

}  // namespace

std::string AlertKeeper::RulesInForce() const {
  return fmt::format("{}/{}", parts_.rules.version(), parts_.rules.IndexOn(parts_.calendar.Today()));
}

absl::StatusOr<AlertKeeper::Progress> AlertKeeper::Load() {
  Progress progress;
  RONGHE_RETURN_IF_ERROR(parts_.database.Read(Deadline(), [&](sql::Session& session) {
    return session
        .SelectOne(kLoad, {},
                   [&](const sql::Row& row) {
                     progress = {row.Int(0), std::string(row.Text(1))};
                     return absl::OkStatus();
                   })
        .status();
  }));
  return progress;
}

absl::Status AlertKeeper::Save(const Progress& progress) {
  return parts_.database.Write(Deadline(), [&](sql::Session& session) {
    return session.Execute(kSave, {progress.position, progress.rules, progress.position, progress.rules}).status();
  });
}

absl::StatusOr<std::vector<common::UnitUid>> AlertKeeper::Touched(int64_t& position, int64_t until) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::PublishedChange> changes,
                          parts_.feed.After(position, kChanges, Deadline()));
  absl::flat_hash_set<common::UnitUid> units;
  for (const common::PublishedChange& change : changes) {
    if (change.position > until) break;
    position = change.position;
    if (change.entry.unit) units.insert(change.entry.unit);
    if (change.entry.unit_before) units.insert(change.entry.unit_before);
  }
  return std::vector<common::UnitUid>(units.begin(), units.end());
}

void AlertKeeper::AddJudged(common::UnitUid uid, absl::flat_hash_map<common::UnitUid, JudgedUnit>& judged) const {
  for (std::optional<TreeUnit> unit = parts_.tree.Find(uid); unit; unit = parts_.tree.Find(unit->parent)) {
    const bool below = unit->level == Level::kGroup || unit->level == Level::kBranch;
    if (unit->level != Level::kGroup && !judged.contains(unit->uid)) {
      JudgedUnit one{unit->uid, unit->partition, {}};
      std::map<common::PartitionId, std::vector<common::UnitUid>> counted;
      if (below) {
        parts_.tree.VisitSubtree(unit->uid, [&](const TreeUnit& part) { counted[part.partition].push_back(part.uid); });
      }
      for (auto& [partition, uids] : counted) one.counted.push_back({partition, std::move(uids)});
      judged.emplace(unit->uid, std::move(one));
    }
    // What a branch counts, the general branch above counts too; nobody else does.
    if (!below || !unit->parent) return;
    const std::optional<TreeUnit> parent = parts_.tree.Find(unit->parent);
    if (!parent || (unit->level == Level::kBranch && parent->level != Level::kBranch)) return;
  }
}

absl::StatusOr<int64_t> AlertKeeper::JudgeAll(const absl::flat_hash_map<common::UnitUid, JudgedUnit>& judged) {
  std::map<common::PartitionId, std::vector<const JudgedUnit*>> parts;
  for (const auto& [uid, unit] : judged) parts[unit.partition].push_back(&unit);
  const absl::CivilDay today = parts_.calendar.Today();
  const Rules& rules = parts_.rules.On(today);
  for (const auto& [partition, units] : parts) {
    for (std::span<const JudgedUnit* const> left(units); !left.empty();) {
      // A whole register takes a while; what is not judged now is at the next start.
      if (Stopping()) return common::Cancelled();
      const std::span<const JudgedUnit* const> some = left.first(std::min(left.size(), kUnitsAtOnce));
      left = left.subspan(some.size());
      // Most changes leave the alerts as they are: that is seen without the lock row.
      std::vector<AlertDifference> differences;
      RONGHE_RETURN_IF_ERROR(parts_.database.Read(Deadline(), [&](sql::Session& session) -> absl::Status {
        RONGHE_ASSIGN_OR_RETURN(differences, JudgeUnits(session, some, rules, today));
        return absl::OkStatus();
      }));
      if (differences.empty()) continue;
      std::vector<const JudgedUnit*> differing;
      for (const AlertDifference& one : differences) differing.push_back(&judged.at(one.unit));
      common::Call call;
      call.deadline = Deadline();
      const auto keep = [&](common::WriteTxn& txn) -> absl::Status {
        RONGHE_ASSIGN_OR_RETURN(differences, JudgeUnits(txn.session(), differing, rules, today));
        for (const AlertDifference& one : differences) RONGHE_RETURN_IF_ERROR(KeepAlerts(txn.session(), one));
        return absl::OkStatus();
      };
      // Nothing is logged: alerts follow from what is. The lock row keeps what is read here from changing meanwhile.
      RONGHE_RETURN_IF_ERROR(parts_.log.Write(partition, call, keep).status());
    }
  }
  return static_cast<int64_t>(judged.size());
}

absl::StatusOr<int64_t> AlertKeeper::Sweep() {
  Progress next{std::max(progress_->position, parts_.tree.position()), RulesInForce()};
  std::vector<common::UnitUid> units;
  parts_.tree.VisitSubtree({}, [&](const TreeUnit& unit) { units.push_back(unit.uid); });
  absl::flat_hash_map<common::UnitUid, JudgedUnit> judged;
  for (common::UnitUid unit : units) AddJudged(unit, judged);
  RONGHE_ASSIGN_OR_RETURN(const int64_t count, JudgeAll(judged));
  RONGHE_RETURN_IF_ERROR(Save(next));
  progress_ = std::move(next);
  return count;
}

absl::StatusOr<int64_t> AlertKeeper::RunOnce() {
  if (!progress_) {
    RONGHE_ASSIGN_OR_RETURN(progress_, Load());
  }
  int64_t count = 0;
  if (progress_->rules != RulesInForce()) {
    RONGHE_ASSIGN_OR_RETURN(count, Sweep());
  }
  const int64_t until = parts_.tree.position();
  while (progress_->position < until) {
    Progress next = *progress_;
    absl::StatusOr<std::vector<common::UnitUid>> touched = Touched(next.position, until);
    if (absl::IsOutOfRange(touched.status())) return Sweep();  // it slept for longer than the feed is kept
    if (!touched.ok()) return touched.status();
    if (next.position == progress_->position) break;
    absl::flat_hash_map<common::UnitUid, JudgedUnit> judged;
    for (common::UnitUid unit : *touched) AddJudged(unit, judged);
    RONGHE_ASSIGN_OR_RETURN(const int64_t some, JudgeAll(judged));
    RONGHE_RETURN_IF_ERROR(Save(next));
    progress_ = std::move(next);
    count += some;
  }
  return count;
}

void AlertKeeper::Start() {
  common::MutexLock lock(mutex_);
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this] { Run(); });
}

void AlertKeeper::Stop() {
  std::thread thread;
  {
    common::MutexLock lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

bool AlertKeeper::Stopping() {
  common::MutexLock lock(mutex_);
  return stopping_;
}

void AlertKeeper::Run() {
  std::unique_lock lock(mutex_.native());
  const auto stop = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping_; };
  while (!stop()) {
    lock.unlock();
    const absl::Status status = RunOnce().status();
    if (!status.ok()) {
      if (!absl::IsCancelled(status)) on_error_(status);
      progress_.reset();
    }
    lock.lock();
    changed_.wait_for(lock, status.ok() ? kPoll : kPoll * 20, stop);
  }
}

}  // namespace ronghe::organization
