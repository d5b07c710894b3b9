#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/import/import_store.h"
#include "services/common/import/import_target.h"
#include "services/common/import/row_sealer.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// What is done with imports, whoever sent them: staging, checking, applying, taking back. It holds no state but keys;
// all of it is in the store, so any step may be cut off at any moment and done again. Thread-safe.
class ImportEngine {
 public:
  // All must outlive it.
  ImportEngine(ImportStore& store, RowSealer& sealer, const common::Clock& clock, std::vector<ImportTarget*> targets);

  ImportStore& store() { return store_; }
  const common::Clock& clock() const { return clock_; }
  // A target of this engine; the collection must be one.
  ImportTarget& TargetOf(std::string_view collection) const;

  // The wrapped key for a new import of this collection; empty where rows are not personal.
  absl::StatusOr<std::string> NewKey(std::string_view collection);
  // Seals rows for the store.
  absl::Status Seal(const Import& import, std::span<StagedRow> rows);

  // Called while a step goes on, with the import as it stands: at least once a portion. False ends the step with
  // CANCELLED.
  using Beat = std::function<bool(const Import&)>;
  // Takes a committed import one step further: the whole check, one chunk, or one portion of sweeping. Returns it as it
  // stands. `idle` is set when nothing is left to do with it.
  struct StepResult {
    Import import;
    bool idle = false;
  };
  absl::StatusOr<StepResult> Step(const common::Call& call, int64_t id, const Beat& beat);

  // Takes back what an APPLIED import made. FAILED_PRECONDITION with reason IMPORT_STATE, or IMPORT_IN_USE and all
  // blockers.
  absl::StatusOr<Import> Revert(const common::Call& call, const Import& import, const common::RequestKey& key);

 private:
  absl::StatusOr<Import> Check(const common::Call& call, Import import, const Beat& beat);
  absl::StatusOr<Import> ApplyNext(const common::Call& call, Import import);
  absl::StatusOr<Import> TakeBack(const common::Call& call, const Import& import, std::vector<RowIssue> refused);
  absl::StatusOr<Import> Move(const common::Call& call, const Import& import, ImportEvent event,
                              ImportFailure failure = {});
  absl::StatusOr<std::vector<ImportRow>> Open(const Import& import, std::span<const StagedRow> rows);
  absl::StatusOr<std::shared_ptr<const RowKey>> KeyOf(const Import& import);
  void ForgetKey(int64_t id);

  ImportStore& store_;
  RowSealer& sealer_;
  const common::Clock& clock_;
  std::vector<ImportTarget*> targets_;
  common::Mutex mutex_;
  std::map<int64_t, std::shared_ptr<const RowKey>> keys_ ABSL_GUARDED_BY(mutex_);
};

// Where a sealed row lies: bound into the seal.
std::string RowPlace(int64_t import_id, int64_t line);

}  // namespace ronghe::common
