#pragma once

#include <functional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/organization/app/structure_steps.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/domain/reorganization.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// On whose behalf the structure is changed. Units outside `covers` are NOT_FOUND; null: nothing is outside.
struct ChangeAuthority {
  std::string actor;
  bool roots = true;  // may establish units without a parent
  std::function<bool(common::UnitUid)> covers = nullptr;
};

// Changes of the structure that take effect on one day, inside one transaction: what is allowed is decided here, step
// by step, each on what the ones before have made. A step is refused with every reason at once; the transaction must
// then not be committed. Not thread-safe.
class StructureChange {
 public:
  // `rules`: those in force on `day`, which outlive it. `today`: for the rules of fields.
  StructureChange(UnitTxn& txn, const Rules& rules, absl::CivilDay day, absl::CivilDay today, ChangeAuthority authority)
      : txn_(txn), rules_(rules), day_(day), today_(today), authority_(std::move(authority)) {}

  absl::StatusOr<Unit> Establish(const EstablishStep& step);
  // `etag`, if set, must be current.
  absl::StatusOr<Unit> Update(const UpdateStep& step, const std::string& etag = "");
  absl::StatusOr<Unit> Move(const MoveStep& step, const std::string& etag = "");
  absl::StatusOr<Unit> Dissolve(const DissolveStep& step, const std::string& etag = "");
  // The first step of a dissolution, and its end where it comes to nothing. Reopening what is not closing is OK.
  absl::StatusOr<Unit> Close(const std::string& name);
  absl::Status Reopen(const std::string& name);
  absl::Status Merge(const MergeStep& step);
  absl::Status Split(const SplitStep& step);
  absl::Status Restore(const RestoreStep& step);

  // All of them. OK also where steps are refused: then the outcome has blockers, as many as can be found. An error is
  // one of the store, or NOT_FOUND.
  absl::StatusOr<ReorganizationOutcome> Run(const std::vector<Step>& steps);

 private:
  absl::Status Apply(const Step& step);
  absl::StatusOr<Unit> Find(const std::string& name, std::string_view field);
  // UNIT_SUCCEEDED with the successors for one that was merged or split up.
  absl::StatusOr<Unit> FindLiving(const std::string& name, std::string_view field);
  // The same, a refusal being added to the blockers.
  absl::StatusOr<std::optional<Unit>> Take(const std::string& name, std::string_view field,
                                           std::vector<common::Blocker>& blockers);
  absl::Status CheckMerge(const Unit& source, const Unit& successor, std::vector<Unit>& children,
                          std::vector<common::Blocker>& blockers);
  absl::StatusOr<std::vector<Unit>> ChildrenOf(const Unit& unit, std::vector<common::Blocker>& blockers);
  absl::Status CheckChild(const Unit& child, const Unit& parent, std::vector<common::Blocker>& blockers);
  absl::Status HandOver(const Unit& from, const Unit& to, std::optional<std::vector<std::string>> only,
                        std::vector<common::Blocker>& blockers);
  absl::Status PutUnder(const Unit& child, const Unit& parent);
  absl::StatusOr<std::optional<Unit>> PartOf(const SplitPart& part, const Unit& source,
                                             std::vector<common::Blocker>& blockers);
  absl::Status Allot(const SplitPart& part, const Unit& to, const Unit& source, std::vector<common::Blocker>& blockers);
  absl::Status EndSplit(const Unit& source, std::vector<UnitRef> successors, std::vector<common::Blocker>& blockers);
  void Tell(EffectKind kind, UnitRef unit, UnitRef other = {}, int64_t count = 0) {
    effects_.push_back({step_, kind, std::move(unit), std::move(other), count});
  }

  UnitTxn& txn_;
  const Rules& rules_;
  absl::CivilDay day_;
  absl::CivilDay today_;
  ChangeAuthority authority_;
  int step_ = 0;
  std::vector<StepEffect> effects_;
  absl::flat_hash_set<common::UnitUid> made_;  // here, so they cannot lie outside
};

// The living units that took the place of one, through all mergers and splits, the one that answers for it first; empty
// where the line ends.
absl::StatusOr<std::vector<Unit>> LivingSuccessors(UnitReader& reader, const Unit& unit);
// FAILED_PRECONDITION, reason UNIT_SUCCEEDED, naming them; OK for a unit that nobody took the place of.
absl::Status RefuseIfSucceeded(UnitReader& reader, const Unit& unit);

}  // namespace ronghe::organization
