#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::organization {

using DutyId = common::Id<struct DutyIdTag>;
using DutyResultId = common::Id<struct DutyResultIdTag>;

// Numbers are those of ronghe.organization.v1.
enum class DutyKind {
  kUnspecified = 0,
  kResponsibilityArea = 1,
  kModelPost = 2,
  kTaskForce = 3,
  kPairing = 4,
  kMentorship = 5,
  kCommitment = 6,
};
enum class DutyState { kUnspecified = 0, kPlanned = 1, kActive = 2, kCompleted = 3, kEnded = 4, kCancelled = 5 };
enum class DutyEvent { kUpdate, kChangePeople, kStart, kComplete, kEnd, kCancel };
enum class DutyRole {
  kUnspecified = 0,
  kLeader = 1,
  kParticipant = 2,
  kMentor = 3,
  kApprentice = 4,
  kPartner = 5,
};
enum class OutsideParty { kUnspecified = 0, kHousehold = 1, kWorker = 2, kOther = 4 };  // 1 to 4 are known
enum class PartEndReason { kUnspecified = 0, kReleased = 1, kMemberLeft = 2, kDutyEnded = 3 };
enum class DutyResultState { kUnspecified = 0, kDue = 1, kRecorded = 2, kWaived = 3 };
enum class DutyResultEvent { kRecord, kAmend, kWaive };
enum class DutyOutcome { kUnspecified = 0, kAchieved = 1, kNotAchieved = 3 };  // 1 to 3 are known

common::Text StateText(DutyState state);
common::Text EventText(DutyEvent event);
common::Text StateText(DutyResultState state);
common::Text EventText(DutyResultEvent event);
// Names as filters use them (`TASK_FORCE`); nullopt for unknown ones.
std::optional<DutyKind> DutyKindFromName(std::string_view name);
std::optional<DutyState> DutyStateFromName(std::string_view name);
std::optional<DutyResultState> DutyResultStateFromName(std::string_view name);

// The state after `event`; FAILED_PRECONDITION, reason DUTY_STATE or DUTY_RESULT_STATE.
absl::StatusOr<DutyState> NextState(DutyState state, DutyEvent event, const std::string& resource);
absl::StatusOr<DutyResultState> NextState(DutyResultState state, DutyResultEvent event, const std::string& resource);

// What a caller says about a duty.
struct DutyFields {
  int kind = 0;
  std::string title;
  std::string scope;
  std::optional<absl::CivilDay> from;
  std::optional<absl::CivilDay> until;  // the last day
  std::string objective;                // `objectives/{id}`, or empty
};
// Adds every violation of the field rules of duty.proto; fields are prefixed.
void CheckDutyFields(const DutyFields& fields, std::string_view prefix, common::Violations& violations);

// One side of a duty as a caller names it: a member, a unit, or somebody outside.
struct PartyFields {
  int role = 0;
  std::string member;
  std::string unit;
  int outside = 0;
  std::string description;  // of an outside party, without personal data
};
// Adds what is wrong with one of them by itself; fields are prefixed.
void CheckParty(DutyKind kind, const PartyFields& party, std::string_view prefix, common::Violations& violations);

// What roles take part, of all that take part now.
struct RoleCount {
  int leaders = 0;
  int participants = 0;
  int mentors = 0;
  int apprentices = 0;
  int partners = 0;

  void Add(DutyRole role);
};
// What is missing for a duty of the kind to begin; nullopt: nothing.
std::optional<common::Text> MissingRoles(DutyKind kind, const RoleCount& roles);

// What is said about a month: an outcome and a few words.
void CheckResult(int outcome, const std::string& summary, std::string_view prefix, common::Violations& violations);

// A free text in which nobody is to be named: at most `max` characters, and no row of digits as long as that of a phone
// or an identity number (PERSONAL_DATA).
void CheckPlainText(const std::string& field, size_t min, size_t max, std::string_view text,
                    common::Violations& violations);

}  // namespace ronghe::organization
