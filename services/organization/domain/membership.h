#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"
#include "services/organization/domain/member.h"
#include "services/organization/domain/rules.h"

// The life of a membership: what it is beside the facts of the person, and the table of what may happen to it.
namespace ronghe::organization {

// Numbers as in organization.v1.
enum class Floating { kNone = 0, kToUnit = 1, kOutside = 2 };
enum class LeaveReason {
  kNone = 0,
  kResigned = 1,
  kStruckOff = 2,
  kExpelled = 3,
  kProbationCancelled = 4,
  kSuspended = 5,
  kMovedOutside = 6,
  kDeceased = 7,
};

// Where a membership stands, beside its status.
struct Membership {
  std::optional<absl::CivilDay> probation_until;  // as extended; otherwise the rules say
  Floating floating = Floating::kNone;
  common::UnitUid floating_unit;  // for kToUnit
  std::optional<absl::CivilDay> floating_since;
  LeaveReason leave_reason = LeaveReason::kNone;
  std::optional<absl::CivilDay> leave_day;
  int64_t transfer = 0;  // the open one
  friend bool operator==(const Membership&, const Membership&) = default;
};

// Full and probationary members are counted; the others are kept.
bool IsCurrent(MemberStatus status);
// The first day on which a probationary member may become full: by the rules in force when the member joined, and as
// extended.
absl::CivilDay ProbationEnd(const Member& member, const Membership& membership, const RuleBook& rules);
// The member with another status; `full_day` where it became full.
Member WithStatus(const Member& member, MemberStatus status, std::optional<absl::CivilDay> full_day);

enum class MemberEvent {
  kUpdate,
  kMove,
  kConfirm,
  kExtendProbation,
  kFloat,
  kReturn,
  kLeave,
  kCancelProbation,
  kMoveOutside,
  kDie,
  kRestore,
  kTransfer,
};
// Who comes to be at home where it floats does not float any longer; nothing happens to others.
void EndFloatingAt(common::UnitUid unit, Membership& membership);
// Which event ends a membership for this reason; nullopt for no reason of the list.
std::optional<MemberEvent> EventOf(LeaveReason reason);
common::Text MemberEventText(MemberEvent event);
common::Text MemberStatusText(MemberStatus status);

// What the table looks at.
struct MemberState {
  MemberStatus status = MemberStatus::kFull;
  bool floating = false;
  bool extended = false;  // the probation
  bool transferring = false;
  bool was_full = false;                        // has a date of becoming full
  absl::CivilDay day;                           // of what is to happen
  std::optional<absl::CivilDay> probation_end;  // of a probationary member
};
MemberState StateOf(const Member& member, const Membership& membership, const RuleBook& rules, absl::CivilDay day);

// The status after `event`. FAILED_PRECONDITION naming state, event and what would be allowed where the table has no
// such row (reason MEMBER_STATE), or where what the row asks for is not so: PROBATION_NOT_OVER, PROBATION_EXTENDED,
// FLOATING, NOT_FLOATING. `name` is the member's.
absl::StatusOr<MemberStatus> NextStatus(const MemberState& state, MemberEvent event, const std::string& name);
// In the order of the enum.
std::vector<MemberEvent> AllowedEvents(const MemberState& state);
const std::vector<MemberEvent>& AllMemberEvents();

}  // namespace ronghe::organization
