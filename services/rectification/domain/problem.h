#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/document.h"
#include "services/common/values/ids.h"
#include "services/common/values/status.h"

// What a problem is. Numbers of the enums are those of ronghe.rectification.v1.
namespace ronghe::rectification {

using ProblemId = common::Id<struct ProblemIdTag>;

enum class ProblemState {
  kUnspecified = 0,
  kRegistered = 1,
  kAssigned = 2,
  kInProgress = 3,
  kSubmitted = 4,
  kReturned = 5,
  kClosed = 6,
  kReopened = 7,
  kCancelled = 8,
};
enum class ProblemEvent {
  kUnspecified = 0,
  kRegister = 1,
  kUpdate = 2,
  kAssign = 3,
  kStart = 4,
  kSubmit = 5,
  kClose = 6,
  kReturn = 7,
  kReopen = 8,
  kCancel = 9,
  kRequestExtension = 10,
  kGrantExtension = 11,
  kRefuseExtension = 12,
  kPause = 13,
  kResume = 14,
  kPassDeadline = 15,
  kEscalate = 16,
  kLookBack = 17,
  kRecur = 18,
};
enum class ProblemSource {
  kUnspecified = 0,
  kSelfCheck = 1,
  kInspection = 2,
  kDutyReport = 3,
  kAudit = 4,
  kMissedObligation = 5,
  kFailedIndicator = 6,
  kOther = 7,
};
enum class ProblemClass { kUnspecified = 0, kImmediate = 1, kTimeBound = 2, kLongTerm = 3 };
enum class ProblemExtent { kUnspecified = 0, kIndividual = 1, kCommon = 2 };

// Words for people.
common::Text StateText(ProblemState state);
common::Text EventText(ProblemEvent event);
// Names as filters use them (`IN_PROGRESS`); nullopt for unknown ones.
std::optional<ProblemState> ProblemStateFromName(std::string_view name);
std::optional<ProblemSource> ProblemSourceFromName(std::string_view name);
std::optional<ProblemClass> ProblemClassFromName(std::string_view name);
std::optional<ProblemExtent> ProblemExtentFromName(std::string_view name);
std::string_view NameOf(ProblemSource source);

// Neither closed nor cancelled.
inline bool IsOpen(ProblemState state) {
  return state != ProblemState::kClosed && state != ProblemState::kCancelled;
}

// Who did something. Separation of duties compares members, or principals where there is none.
struct Person {
  std::string key;        // `issuer|subject`; empty: the clock, or nobody yet
  int64_t principal = 0;  // 0: not registered
  int64_t member = 0;     // 0: none
};
// False where either is nobody.
bool SamePerson(const Person& a, const Person& b);

struct ExtensionRequest {
  absl::CivilDay due;  // the last day asked for
  absl::Time at;
  Person by;
};

struct Problem {
  common::UnitUid unit = {};         // as registered; it owns the record
  common::UnitUid supervising = {};  // as registered
  int64_t person = 0;                // member; 0: nobody yet
  ProblemSource source = ProblemSource::kUnspecified;
  std::string category;
  ProblemExtent extent = ProblemExtent::kIndividual;
  ProblemClass problem_class = ProblemClass::kUnspecified;
  std::string description;
  std::string measures;
  std::string cause;
  std::string external_source;
  std::string external_id;
  int64_t order = 0;          // that opened it; 0: none
  int64_t recurrence_of = 0;  // the problem that it repeats; 0: none
  int64_t import = 0;         // that brought it in; 0: none

  ProblemState state = ProblemState::kRegistered;
  std::optional<absl::CivilDay> due;  // the last day
  bool overdue = false;               // fired, and not submitted since
  std::optional<int> paused_left;     // working days that are left; set while the deadline stands still
  std::optional<ExtensionRequest> extension;
  int escalation_steps = 0;
  common::UnitUid escalated_to = {};
  Person submitter;  // of the last submission
  std::optional<absl::Time> submitted;
  bool on_time = true;  // of the last submission
  int returns = 0;
  int recurrences = 0;
  std::optional<absl::Time> closed;  // last
  std::optional<absl::CivilDay> look_back;
  int look_backs = 0;
};

// When the last day ends: 24:00 in the zone.
inline absl::Time DeadlineOf(absl::CivilDay last, absl::TimeZone zone) {
  return absl::FromCivil(last + 1, zone);
}

// One thing that happened to a problem.
struct ProblemStep {
  int64_t id = 0;  // the store's
  ProblemEvent event = ProblemEvent::kUnspecified;
  ProblemState before = ProblemState::kUnspecified;
  ProblemState after = ProblemState::kUnspecified;
  absl::Time at = {};
  Person by;
  common::UnitUid concerned = {};  // of an escalation, the unit it reached
  std::optional<absl::CivilDay> due;
  bool on_time = false;  // of a close-out
  std::string reason;
  std::string who;  // of an import: a name, as the ledger had it
  std::vector<common::Document> evidence;
};

// Adds what is wrong with the texts and references of a problem; `prefix` as `problem.`.
void CheckProblem(const Problem& problem, std::string_view prefix, common::Violations& violations);
void CheckReason(std::string_view reason, bool required, common::Violations& violations);
// `required`: at least one; never more than 20.
void CheckEvidence(const std::vector<common::Document>& evidence, bool required, common::Violations& violations);

}  // namespace ronghe::rectification
