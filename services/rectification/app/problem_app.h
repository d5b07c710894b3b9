#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/units.h"
#include "services/common/values/write_options.h"
#include "services/rectification/app/problem_store.h"
#include "services/rectification/app/rights.h"
#include "services/rectification/domain/ledger.h"
#include "services/rectification/domain/policy.h"
#include "services/rectification/domain/problem_state.h"
#include "services/rectification/domain/work_calendar.h"

namespace ronghe::rectification {

// A problem as one caller sees it.
struct ProblemView {
  StoredProblem stored;
  common::UnitUid unit;         // that answers for it now
  common::UnitUid supervising;  // likewise
  bool show_texts = false;
  std::vector<ProblemEvent> allowed;
};

// What a registration says.
struct NewProblem {
  std::string unit;              // `units/{code}`
  std::string supervising_unit;  // empty: the parent
  std::string person;            // `members/{id}`; may be empty
  std::string recurrence_of;     // `problems/{id}`; may be empty
  int working_days = 0;          // instead of problem.due
  Problem problem;               // fields of the request; the rest is the app's
};

// What an event brings along; which parts count depends on the event.
struct ProblemAction {
  ProblemEvent event = ProblemEvent::kUnspecified;
  std::string person;  // `members/{id}`; empty: as it is
  std::string measures;
  std::optional<absl::CivilDay> due;
  int working_days = 0;
  std::string reason;
  std::vector<common::Document> evidence;
};

// What an update says.
struct ProblemUpdate {
  std::string person;
  int working_days = 0;
  Problem problem;
  std::vector<std::string> mask;  // empty: what is set
};

// Writes of problems, and what the clock does to them. Thread-safe.
class ProblemApp {
 public:
  // All outlive it.
  struct Parts {
    ProblemStore& store;
    const common::Units& units;
    const Rights& rights;
    common::Calendar calendar;
    const Policy& policy;
    const WorkCalendar& work_calendar;
  };
  explicit ProblemApp(Parts parts) : parts_(parts) {}

  absl::StatusOr<ProblemView> Create(const common::Call& call, NewProblem fields, const common::WriteOptions& options);
  absl::StatusOr<ProblemView> Get(const common::Call& call, const std::string& name);
  absl::StatusOr<ProblemView> Update(const common::Call& call, const std::string& name, const ProblemUpdate& update,
                                     const common::WriteOptions& options);
  // Every other event that people make happen.
  absl::StatusOr<ProblemView> Do(const common::Call& call, const std::string& name, const ProblemAction& action,
                                 const common::WriteOptions& options);
  // The unit that answers for it now, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, absl::Time deadline);
  // The clock has come to a moment at which the problem may change, in the firing transaction.
  absl::Status Due(ProblemTxn& txn, ProblemId id, absl::Time due);

  // Adds what is wrong with the fields of something new, and sets its deadline.
  void CheckNew(Problem& problem, int working_days, std::string_view prefix, common::Violations& violations) const;
  // Registers a problem that is right, in a transaction of its unit's partition; one with the same source and cause is
  // answered with the problem that exists.
  absl::StatusOr<StoredProblem> Open(ProblemTxn& txn, const Problem& problem, const Person& by) const;

  // The supervising unit, by its name, or the parent. INVALID_ARGUMENT on `problem.supervising_unit`.
  absl::Status PlaceUnder(const std::string& supervising_unit, const common::UnitView& unit, Problem& problem) const;
  // A problem with a history that is right, as a ledger has it: what it is now, and its steps. The units are set.
  struct Restored {
    Problem problem;
    std::vector<ProblemStep> steps;
    absl::Time next;  // when the clock is to look at it
  };
  Restored Replay(const LedgerEntry& entry, Problem problem) const;

  // As this caller sees it.
  ProblemView View(const common::Call& call, StoredProblem stored) const;
  bool Visible(const common::Call& call, const Problem& problem) const;

 private:
  // Claim, `change`, remember, commit; a request that was done before is answered with the problem as it is.
  absl::StatusOr<ProblemView> Run(common::PartitionId partition, const common::Call& call,
                                  const common::WriteOptions& options,
                                  absl::FunctionRef<absl::StatusOr<StoredProblem>(ProblemTxn&)> change);
  // The same on a problem that exists: found, in scope, of the etag that the caller knows. `change` is what happens to
  // it: it changes the problem and returns the step.
  absl::StatusOr<ProblemView> RunOn(
      const common::Call& call, const std::string& name, const common::WriteOptions& options,
      absl::FunctionRef<absl::StatusOr<ProblemStep>(const ProblemTxn&, Problem&, const std::string&)> change);
  // What is wrong with the problem that a new one repeats.
  absl::Status CheckRecurrence(ProblemTxn& txn, const Problem& problem) const;
  absl::StatusOr<StoredProblem> InsertNew(ProblemTxn& txn, ProblemId id, const Problem& problem,
                                          const Person& by) const;
  // The problem's units and deadline, by what the request names.
  absl::StatusOr<Problem> Placed(const common::Call& call, NewProblem fields, common::Violations violations) const;
  absl::Status SetDue(Problem& problem, const std::optional<absl::CivilDay>& due, int working_days,
                      std::string_view prefix) const;
  // What the event does beside the state.
  absl::Status Apply(const ProblemAction& action, const Person& who, absl::Time now, Problem& problem) const;
  void ApplyPast(const LedgerStep& step, const Person& who, Problem& problem) const;
  absl::Status Assign(const ProblemAction& action, Problem& problem) const;
  void Submit(const Person& who, absl::Time now, Problem& problem) const;
  void Grant(absl::Time now, Problem& problem) const;
  void PlanLookBack(Problem& problem, int done, absl::CivilDay closed) const;
  Attempt AttemptOf(const common::Call& call, const Problem& problem, absl::Time now) const;
  absl::Time NextLook(const Problem& problem) const;
  common::UnitUid Reached(common::UnitUid unit, int level) const;

  Parts parts_;
};

inline const common::Text kUnknownCategory{"is not a category of the rules", "不是规则中的问题类别"};
// Who calls.
Person PersonOf(const common::Actor& actor);

}  // namespace ronghe::rectification
