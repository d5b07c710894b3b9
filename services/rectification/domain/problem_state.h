#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/status.h"
#include "services/rectification/domain/problem.h"

// The state machine of problems: one table.
namespace ronghe::rectification {

// Who may make an event happen.
enum class Party {
  kResponsible,  // who may write in the responsible unit
  kSupervising,  // who may verify in the supervising unit
  kClock,
};

// What must hold besides.
enum class Guard {
  kNone,
  kReady,       // somebody is responsible, there are measures, and a deadline where the class needs one
  kRunning,     // the deadline does not stand still
  kOtherHands,  // not by who submitted
  kExtendable,  // there is a deadline, it runs, it has not passed, and nothing is asked for
  kAsked,       // an extension is asked for, by somebody else
  kPausable,    // there is a deadline, it runs, it has not passed, and nothing is asked for
  kPaused,      // it stands still
  kPassed,      // the deadline has passed, and that has not been recorded
  kOverdue,     // that has been recorded
};

struct ProblemTransition {
  ProblemState from;
  ProblemEvent event;
  Party party;
  Guard guard;
  ProblemState to;
};

// All of it. An event that is not there is refused.
std::span<const ProblemTransition> ProblemTransitions();

// The state to which the table leads, whoever acts and whatever must hold besides; nullopt where it has no such row.
// For what happened elsewhere.
std::optional<ProblemState> StateAfter(ProblemState from, ProblemEvent event);
// Whether an event is made to happen from above.
bool IsSupervising(ProblemEvent event);

// The circumstances of an event.
struct Attempt {
  Person who;
  bool responsible = false;  // may act as kResponsible
  bool supervising = false;
  bool clock = false;
  absl::Time now;
  absl::TimeZone zone;
};

// The state after `event` on the problem as it would be (an assignment: with what it sets). FAILED_PRECONDITION with
// the state, the event, why, and what would be allowed: reason PROBLEM_STATE where the table has no such row, else the
// guard's, with all blockers. PERMISSION_DENIED, reason NOT_SUPERVISING or NOT_RESPONSIBLE, for the wrong
// party.
absl::StatusOr<ProblemState> Decide(const Problem& problem, ProblemEvent event, const Attempt& attempt,
                                    const std::string& resource);

// What this caller may do next, in the order of the table; what depends on the content of a request is not judged.
std::vector<ProblemEvent> AllowedEvents(const Problem& problem, const Attempt& attempt);

}  // namespace ronghe::rectification
