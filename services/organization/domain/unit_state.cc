#include "services/organization/domain/unit_state.h"

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

struct Transition {
  UnitState from;
  UnitEvent event;
  UnitState to;
};
constexpr Transition kTransitions[] = {
    {UnitState::kActive, UnitEvent::kUpdate, UnitState::kActive},
    {UnitState::kActive, UnitEvent::kMove, UnitState::kActive},
    {UnitState::kActive, UnitEvent::kDissolve, UnitState::kDissolved},
};

}  // namespace

absl::StatusOr<UnitState> NextState(UnitState state, UnitEvent event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  return common::FailedPrecondition("UNIT_DISSOLVED", {"the unit is dissolved", "该组织已撤销"});
}

}  // namespace ronghe::organization
