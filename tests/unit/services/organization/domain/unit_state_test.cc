#include "services/organization/domain/unit_state.h"

#include <map>

#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

TEST(UnitStateTest, EveryPairOfStateAndEvent) {
  using S = UnitState;
  using E = UnitEvent;
  const std::map<std::pair<S, E>, S> allowed = {
      {{S::kActive, E::kUpdate}, S::kActive},      {{S::kActive, E::kMove}, S::kActive},
      {{S::kActive, E::kDissolve}, S::kDissolved}, {{S::kActive, E::kSucceed}, S::kDissolved},
      {{S::kActive, E::kClose}, S::kClosing},      {{S::kClosing, E::kUpdate}, S::kClosing},
      {{S::kClosing, E::kMove}, S::kClosing},      {{S::kClosing, E::kDissolve}, S::kDissolved},
      {{S::kClosing, E::kSucceed}, S::kDissolved}, {{S::kClosing, E::kReopen}, S::kActive},
      {{S::kDissolved, E::kRestore}, S::kActive},
  };
  for (S state : {S::kUnspecified, S::kActive, S::kDissolved, S::kClosing}) {
    for (E event : {E::kUpdate, E::kMove, E::kDissolve, E::kSucceed, E::kRestore, E::kClose, E::kReopen}) {
      absl::StatusOr<S> next = NextState(state, event);
      auto expected = allowed.find({state, event});
      if (expected != allowed.end()) {
        ASSERT_TRUE(next.ok());
        EXPECT_EQ(*next, expected->second);
        continue;
      }
      EXPECT_TRUE(absl::IsFailedPrecondition(next.status()));
      const char* reason = state == S::kActive    ? "UNIT_ACTIVE"
                           : state == S::kClosing ? "UNIT_CLOSING"
                                                  : "UNIT_DISSOLVED";
      EXPECT_EQ(common::ReasonOf(next.status()), reason);
    }
  }
}

TEST(UnitStateTest, ARefusalNamesStateEventAndWhatIsAllowed) {
  const common::Text text = common::TextOf(NextState(UnitState::kDissolved, UnitEvent::kMove).status());
  EXPECT_EQ(text.en, "the unit is dissolved: move is not possible, only restore");
  EXPECT_EQ(text.zh, "该组织已撤销，不能划转，只可恢复");
}

}  // namespace
}  // namespace ronghe::organization
