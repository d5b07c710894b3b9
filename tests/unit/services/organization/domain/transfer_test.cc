// The table of transfers, walked completely; whose turn it is; worklists.
#include "services/organization/domain/transfer.h"

#include <map>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using S = TransferState;
using E = TransferEvent;

constexpr S kStates[] = {S::kApplied, S::kReleased, S::kAccepted, S::kWithdrawn, S::kReturned, S::kExpired};
constexpr E kEvents[] = {E::kRelease, E::kAccept, E::kWithdraw, E::kReturn, E::kExpire, E::kUnite};

TEST(TransferStatesTest, EveryEventInEveryState) {
  const std::map<std::pair<S, E>, S> expected = {
      {{S::kApplied, E::kRelease}, S::kReleased}, {{S::kApplied, E::kWithdraw}, S::kWithdrawn},
      {{S::kApplied, E::kReturn}, S::kReturned},  {{S::kApplied, E::kUnite}, S::kWithdrawn},
      {{S::kReleased, E::kAccept}, S::kAccepted}, {{S::kReleased, E::kWithdraw}, S::kWithdrawn},
      {{S::kReleased, E::kReturn}, S::kReturned}, {{S::kReleased, E::kExpire}, S::kExpired},
      {{S::kReleased, E::kUnite}, S::kWithdrawn},
  };
  for (S state : kStates) {
    for (E event : kEvents) {
      const absl::StatusOr<S> next = NextState(state, event, "transfers/1");
      if (const auto row = expected.find({state, event}); row != expected.end()) {
        ASSERT_TRUE(next.ok()) << next.status();
        EXPECT_EQ(*next, row->second);
        continue;
      }
      EXPECT_TRUE(absl::IsFailedPrecondition(next.status()));
      EXPECT_EQ(common::ReasonOf(next.status()), "TRANSFER_STATE");
      EXPECT_THAT(next.status().message(), HasSubstr(StateText(state).en));
      EXPECT_THAT(next.status().message(), HasSubstr(EventText(event).en));
      for (E other : kEvents) {
        const bool callers = other != E::kExpire && other != E::kUnite;
        if (other == event || !expected.contains({state, other})) continue;
        if (callers) {
          EXPECT_THAT(next.status().message(), HasSubstr(EventText(other).en));
        } else {
          EXPECT_THAT(next.status().message(), Not(HasSubstr(EventText(other).en)));
        }
      }
    }
  }
}

TEST(TransferStatesTest, WhoseTurnItIs) {
  Transfer inside;
  inside.source = common::UnitUid(1);
  inside.target = common::UnitUid(2);
  EXPECT_EQ(SideOf(E::kRelease, inside), TransferSide::kSource);
  EXPECT_EQ(SideOf(E::kReturn, inside), TransferSide::kSource);
  inside.state = S::kReleased;
  EXPECT_EQ(SideOf(E::kAccept, inside), TransferSide::kTarget);
  EXPECT_EQ(SideOf(E::kReturn, inside), TransferSide::kTarget);
  EXPECT_EQ(SideOf(E::kWithdraw, inside), TransferSide::kSource);
  EXPECT_EQ(SideOf(E::kExpire, inside), std::nullopt);
  EXPECT_EQ(SideOf(E::kUnite, inside), std::nullopt);
  // The outside has nobody here: all is recorded by the one side that is inside.
  Transfer out = inside;
  out.target = {};
  Transfer in = inside;
  in.source = {};
  for (E event : {E::kRelease, E::kAccept, E::kWithdraw, E::kReturn}) {
    EXPECT_EQ(SideOf(event, out), TransferSide::kSource);
    EXPECT_EQ(SideOf(event, in), TransferSide::kTarget);
  }
  EXPECT_EQ(out.owner(), common::UnitUid(1));
  EXPECT_EQ(in.owner(), common::UnitUid(2));
}

TEST(TransferStatesTest, ALetterIsGoodOnItsLastDay) {
  Transfer transfer;
  transfer.state = S::kReleased;
  transfer.expire_day = absl::CivilDay(2026, 11, 22);
  EXPECT_TRUE(CheckLetter(transfer, E::kAccept, absl::CivilDay(2026, 11, 22), "transfers/1").ok());
  EXPECT_TRUE(CheckLetter(transfer, E::kReturn, absl::CivilDay(2026, 11, 23), "transfers/1").ok());
  const absl::Status late = CheckLetter(transfer, E::kAccept, absl::CivilDay(2026, 11, 23), "transfers/1");
  EXPECT_EQ(common::ReasonOf(late), "LETTER_EXPIRED");
  for (const char* text : {"released", "accept", "2026-11-22", "withdraw", "return"}) {
    EXPECT_THAT(late.message(), HasSubstr(text));
  }
}

// What one side has to do the other waits for, and an open transfer is on both lists or rather on one of each side.
TEST(TransferStatesTest, EveryOpenTransferIsOnOneListOfEachSide) {
  for (S state : kStates) {
    const uint32_t bit = 1u << static_cast<int>(state);
    Transfer transfer;
    transfer.state = state;
    for (TransferSide side : {TransferSide::kSource, TransferSide::kTarget}) {
      const Worklists lists = WorklistsOf(side);
      EXPECT_EQ(((lists.todo & bit) != 0) + ((lists.waiting & bit) != 0), transfer.open() ? 1 : 0);
    }
    EXPECT_EQ(WorklistsOf(TransferSide::kSource).todo & bit, WorklistsOf(TransferSide::kTarget).waiting & bit);
  }
}

}  // namespace
}  // namespace ronghe::organization
