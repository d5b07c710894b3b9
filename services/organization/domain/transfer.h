#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"
#include "services/organization/domain/member.h"

// A member on the way from one unit to another.
namespace ronghe::organization {

// The permanent number of a transfer; it carries the partition of the record, which is that of the member's, or of the
// target for somebody from outside.
using TransferId = common::Id<struct TransferIdTag>;

// Numbers as in organization.v1.
enum class TransferState { kApplied = 1, kReleased = 2, kAccepted = 3, kWithdrawn = 4, kReturned = 5, kExpired = 6 };
enum class TransferDirection { kInside = 1, kToOutside = 2, kFromOutside = 3 };
enum class TransferReturnReason {
  kNone = 0,
  kIncompleteDocuments = 1,
  kWrongUnit = 2,
  kNotReported = 3,
  kConditionsNotMet = 4,
  kFactsWrong = 5,
};
enum class TransferSide { kSource = 1, kTarget = 2 };
// The last two are not a caller's: the clock's, and a merger's that makes one unit of both sides.
enum class TransferEvent { kRelease, kAccept, kWithdraw, kReturn, kExpire, kUnite };

// Immutable but for what happens to it. Copyable.
struct Transfer {
  TransferDirection direction = TransferDirection::kInside;
  TransferState state = TransferState::kApplied;
  MemberId member;         // none from outside, until accepted
  common::UnitUid source;  // none from outside
  common::UnitUid target;  // none to outside
  std::string outside;     // the organization there
  std::string letter_number;
  std::optional<absl::CivilDay> letter_day;
  std::optional<absl::CivilDay> expire_day;  // the last good one
  TransferReturnReason reason = TransferReturnReason::kNone;

  // The unit that the transfer counts in, and that is responsible: the source, or the target of somebody from outside.
  common::UnitUid owner() const { return source ? source : target; }
  bool open() const { return state == TransferState::kApplied || state == TransferState::kReleased; }
};

// FAILED_PRECONDITION, reason TRANSFER_STATE, naming state, event and what would be allowed, where the table has no
// such row.
absl::StatusOr<TransferState> NextState(TransferState state, TransferEvent event, const std::string& name);
// The same for a letter that is not good any longer on `today`, whether or not the timer has fired: reason
// LETTER_EXPIRED. OK for every event that needs no letter.
absl::Status CheckLetter(const Transfer& transfer, TransferEvent event, absl::CivilDay today, const std::string& name);
// Whose turn an event is; nullopt for what is no caller's.
std::optional<TransferSide> SideOf(TransferEvent event, const Transfer& transfer);
common::Text StateText(TransferState state);
common::Text EventText(TransferEvent event);

// What a side still has to do (bit n: state n), what it waits with, and what has expired.
struct Worklists {
  uint32_t todo = 0;
  uint32_t waiting = 0;
};
Worklists WorklistsOf(TransferSide side);

}  // namespace ronghe::organization
