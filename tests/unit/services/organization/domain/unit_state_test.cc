#include "services/organization/domain/unit_state.h"

#include <map>

#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

TEST(UnitStateTest, EveryPairOfStateAndEvent) {
  const std::map<std::pair<UnitState, UnitEvent>, UnitState> allowed = {
      {{UnitState::kActive, UnitEvent::kUpdate}, UnitState::kActive},
      {{UnitState::kActive, UnitEvent::kMove}, UnitState::kActive},
      {{UnitState::kActive, UnitEvent::kDissolve}, UnitState::kDissolved},
  };
  for (UnitState state : {UnitState::kUnspecified, UnitState::kActive, UnitState::kDissolved}) {
    for (UnitEvent event : {UnitEvent::kUpdate, UnitEvent::kMove, UnitEvent::kDissolve}) {
      absl::StatusOr<UnitState> next = NextState(state, event);
      auto expected = allowed.find({state, event});
      if (expected != allowed.end()) {
        ASSERT_TRUE(next.ok());
        EXPECT_EQ(*next, expected->second);
      } else {
        EXPECT_EQ(common::ReasonOf(next.status()), "UNIT_DISSOLVED");
        EXPECT_TRUE(absl::IsFailedPrecondition(next.status()));
      }
    }
  }
}

}  // namespace
}  // namespace ronghe::organization
