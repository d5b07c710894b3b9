#include "services/common/import/import_engine.h"

#include <cstdlib>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace ronghe::common {
namespace {

constexpr int kIssuesPerWrite = 500;
constexpr int kRowsPerSweep = 5'000;
constexpr size_t kKeysKept = 64;

// Collects refusals and writes them in portions, so that memory stays bounded however many there are.
class IssueWriter {
 public:
  IssueWriter(ImportStore& store, const common::Call& call, Import& import)
      : store_(store), call_(call), import_(import) {}

  absl::Status Add(RowIssue issue) {
    pending_.push_back(std::move(issue));
    return pending_.size() < kIssuesPerWrite ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    if (pending_.empty()) return absl::OkStatus();
    RONGHE_ASSIGN_OR_RETURN(const int64_t rows, store_.Refuse(call_, import_, next_number_, pending_));
    next_number_ += static_cast<int64_t>(pending_.size());
    import_.rejected_rows += rows;
    pending_.clear();
    return absl::OkStatus();
  }

 private:
  ImportStore& store_;
  const common::Call& call_;
  Import& import_;
  std::vector<RowIssue> pending_;
  int64_t next_number_ = 1;
};

ImportFailure Miscounted(const Import& import) {
  return {"ROW_COUNT_MISMATCH",
          {fmt::format("{} rows were received, the sender announced {}.", import.received_rows, import.announced_rows),
           fmt::format("实际收到 {} 行，发送方声明 {} 行。", import.received_rows, import.announced_rows)}};
}

ImportFailure Refused(int64_t rows) {
  return {"ROWS_REFUSED",
          {fmt::format("{} rows were refused; nothing was applied.", rows),
           fmt::format("有 {} 行未通过校验，未导入任何数据。", rows)}};
}

ImportFailure RefusedLate() {
  return {
      "ROWS_REFUSED_LATE",
      {"The register changed while the import was being applied and rows no longer fitted; what had been applied was "
       "taken back.",
       "导入过程中数据发生变化，部分行不再符合要求，已导入的数据已全部撤回。"}};
}

ImportFailure LeftOut() {
  return {
      "ROWS_LEFT_OUT",
      {"The register changed while the import was being applied. Rows that no longer fitted were left out; the others "
       "could not be taken back because something had been built on them.",
       "导入过程中数据发生变化，不再符合要求的行已略过；其余数据已被引用，无法撤回。"}};
}

// A row that is neither applied nor refused would be lost for ever: better to fail.
absl::Status CheckComplete(const Import& import, std::span<const ImportRow> rows, const ChunkOutcome& outcome) {
  std::set<int64_t> lines;
  for (const ChunkOutcome::Applied& row : outcome.applied) lines.insert(row.line);
  for (const RowIssue& issue : outcome.refused) lines.insert(issue.line);
  const int64_t came_back = static_cast<int64_t>(lines.size()) + outcome.unmarked;
  if (came_back == static_cast<int64_t>(rows.size())) return absl::OkStatus();
  return common::Internal(fmt::format("import {}: {} rows of {} came back", import.id, came_back, rows.size()));
}

}  // namespace

std::string RowPlace(int64_t import_id, int64_t line) {
  return fmt::format("imports/{}/rows/{}", import_id, line);
}

ImportEngine::ImportEngine(ImportStore& store, RowSealer& sealer, const common::Clock& clock,
                           std::vector<ImportTarget*> targets)
    : store_(store), sealer_(sealer), clock_(clock), targets_(std::move(targets)) {}

ImportTarget& ImportEngine::TargetOf(std::string_view collection) const {
  for (ImportTarget* target : targets_) {
    if (target->collection() == collection) return *target;
  }
  std::abort();  // collections come from our own methods and rows, never from a caller
}

absl::StatusOr<std::string> ImportEngine::NewKey(std::string_view collection) {
  if (!TargetOf(collection).personal()) return std::string();
  return sealer_.NewKey();
}

absl::StatusOr<std::shared_ptr<const RowKey>> ImportEngine::KeyOf(const Import& import) {
  {
    common::MutexLock lock(mutex_);
    const auto found = keys_.find(import.id);
    if (found != keys_.end()) return found->second;
  }
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<RowKey> key, sealer_.Unwrap(import.sealed_key));
  common::MutexLock lock(mutex_);
  if (keys_.size() >= kKeysKept) keys_.erase(keys_.begin());
  return keys_.emplace(import.id, std::move(key)).first->second;
}

void ImportEngine::ForgetKey(int64_t id) {
  common::MutexLock lock(mutex_);
  keys_.erase(id);
}

absl::Status ImportEngine::Seal(const Import& import, std::span<StagedRow> rows) {
  if (import.sealed_key.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::shared_ptr<const RowKey> key, KeyOf(import));
  for (StagedRow& row : rows) {
    RONGHE_ASSIGN_OR_RETURN(row.payload, key->Seal(RowPlace(import.id, row.line), row.payload));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ImportRow>> ImportEngine::Open(const Import& import, std::span<const StagedRow> rows) {
  std::vector<ImportRow> opened;
  opened.reserve(rows.size());
  std::shared_ptr<const RowKey> key;
  if (!import.sealed_key.empty()) {
    RONGHE_ASSIGN_OR_RETURN(key, KeyOf(import));
  }
  for (const StagedRow& row : rows) {
    if (key == nullptr) {
      opened.push_back({row.line, row.payload});
      continue;
    }
    RONGHE_ASSIGN_OR_RETURN(std::string plain, key->Open(RowPlace(import.id, row.line), row.payload));
    opened.push_back({row.line, std::move(plain)});
  }
  return opened;
}

absl::StatusOr<Import> ImportEngine::Move(const common::Call& call, const Import& import, ImportEvent event,
                                          ImportFailure failure) {
  Import to = import;
  RONGHE_ASSIGN_OR_RETURN(to.state, NextState(import, event));
  to.failure = std::move(failure);
  to.update_time = clock_.Now();
  if (HasEnded(to)) {
    to.sealed_key.clear();
    if (to.state != ImportState::kValidated) to.end_time = to.update_time;
  }
  RONGHE_RETURN_IF_ERROR(store_.Advance(call, import, to));
  if (HasEnded(to)) ForgetKey(to.id);
  return to;
}

absl::StatusOr<Import> ImportEngine::Check(const common::Call& call, Import import, const Beat& beat) {
  if (import.announced_rows != import.received_rows) {
    return Move(call, import, ImportEvent::kMiscounted, Miscounted(import));
  }
  // A check that was cut off is done again from the start: it keeps nothing but its refusals.
  RONGHE_RETURN_IF_ERROR(store_.BeginCheck(call, import));
  import.rejected_rows = 0;
  IssueWriter writer(store_, call, import);
  const auto refuse = [&](RowIssue issue) { return writer.Add(std::move(issue)); };
  ImportTarget& target = TargetOf(import.collection);
  RONGHE_ASSIGN_OR_RETURN(const std::unique_ptr<ImportCheck> check, target.NewCheck(import));
  int64_t line = -1;
  for (;;) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StagedRow> staged,
                            store_.RowsByLine(call, import, line, target.rows_per_chunk()));
    if (staged.empty()) break;
    line = staged.back().line;
    RONGHE_ASSIGN_OR_RETURN(const std::vector<ImportRow> rows, Open(import, staged));
    RONGHE_RETURN_IF_ERROR(check->Add(rows, refuse));
    if (!beat(import)) return common::Cancelled();
  }
  RONGHE_RETURN_IF_ERROR(check->Finish(refuse));
  RONGHE_RETURN_IF_ERROR(writer.Flush());
  return Move(call, import, ImportEvent::kChecked,
              Acceptable(import) ? ImportFailure{} : Refused(import.rejected_rows));
}

absl::StatusOr<Import> ImportEngine::ApplyNext(const common::Call& call, Import import) {
  ImportTarget& target = TargetOf(import.collection);
  const bool whole = import.mode == ImportMode::kAllValid && import.failure.reason.empty();
  const auto apply = [&](ImportTxn& txn, std::span<const StagedRow> staged) -> absl::StatusOr<ChunkOutcome> {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<ImportRow> rows, Open(import, staged));
    RONGHE_ASSIGN_OR_RETURN(ChunkOutcome outcome, target.Apply(txn, import, rows));
    RONGHE_RETURN_IF_ERROR(CheckComplete(import, rows, outcome));
    return outcome;
  };
  RONGHE_ASSIGN_OR_RETURN(ImportStore::ChunkResult chunk,
                          store_.ApplyChunk(call, import, target.rows_per_chunk(), whole, apply));
  if (chunk.rolled_back) return TakeBack(call, import, std::move(chunk.refused));
  if (chunk.rows > 0) return std::move(chunk.import);
  target.MakeVisible(import);
  ImportFailure failure = import.failure;
  return Move(call, import, ImportEvent::kAllApplied, std::move(failure));
}

absl::StatusOr<Import> ImportEngine::TakeBack(const common::Call& call, const Import& import,
                                              std::vector<RowIssue> refused) {
  Import to = import;
  RONGHE_ASSIGN_OR_RETURN(to.state, NextState(import, ImportEvent::kTakenBack));
  to.failure = RefusedLate();
  to.update_time = to.end_time = clock_.Now();
  to.sealed_key.clear();
  ImportTarget& target = TargetOf(import.collection);
  absl::StatusOr<Import> taken = store_.Revert(
      call, import, to, refused, {},
      [&](ImportTxn& txn, std::span<const int64_t> results) { return target.Revert(txn, import, results); });
  if (taken.ok()) ForgetKey(import.id);
  if (taken.status().code() != absl::StatusCode::kFailedPrecondition) return taken;
  // Somebody has built on what was applied, so it cannot be taken back. The rest is applied, the rows that no longer
  // fit are left out, and the import says so.
  Import on = import;
  on.failure = LeftOut();
  on.update_time = clock_.Now();
  RONGHE_RETURN_IF_ERROR(store_.Advance(call, import, on));
  return on;
}

absl::StatusOr<ImportEngine::StepResult> ImportEngine::Step(const common::Call& call, int64_t id, const Beat& beat) {
  absl::StatusOr<Import> import = store_.Get(call, id);
  if (!import.ok()) return std::move(import).status();
  if (!import->committed) return StepResult{*std::move(import), true};
  if (HasEnded(*import)) {
    RONGHE_ASSIGN_OR_RETURN(const bool swept, store_.Sweep(call, *import, kRowsPerSweep));
    return StepResult{*std::move(import), swept};
  }
  switch (import->state) {
    case ImportState::kReceiving:
      import = Check(call, *std::move(import), beat);
      break;
    case ImportState::kValidated:
      import = Move(call, *import, ImportEvent::kApply);
      break;
    default:
      import = ApplyNext(call, *std::move(import));
      break;
  }
  if (!import.ok()) return std::move(import).status();
  return StepResult{*std::move(import), false};
}

absl::StatusOr<Import> ImportEngine::Revert(const common::Call& call, const Import& import,
                                            const common::RequestKey& key) {
  Import to = import;
  absl::StatusOr<ImportState> state = NextState(import, ImportEvent::kRevert);
  // A repeated request finds the import REVERTED already; the store knows whether it is the same one.
  if (!state.ok() && (key.request_id.empty() || import.state != ImportState::kReverted)) return state.status();
  to.state = ImportState::kReverted;
  to.update_time = to.end_time = clock_.Now();
  ImportTarget& target = TargetOf(import.collection);
  return store_.Revert(call, import, to, {}, key, [&](ImportTxn& txn, std::span<const int64_t> results) {
    return target.Revert(txn, import, results);
  });
}

}  // namespace ronghe::common
