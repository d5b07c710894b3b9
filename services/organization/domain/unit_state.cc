#include "services/organization/domain/unit_state.h"

#include <string>

#include <fmt/format.h>

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
    {UnitState::kActive, UnitEvent::kSucceed, UnitState::kDissolved},
    {UnitState::kActive, UnitEvent::kClose, UnitState::kClosing},
    {UnitState::kClosing, UnitEvent::kUpdate, UnitState::kClosing},
    {UnitState::kClosing, UnitEvent::kMove, UnitState::kClosing},
    {UnitState::kClosing, UnitEvent::kDissolve, UnitState::kDissolved},
    {UnitState::kClosing, UnitEvent::kSucceed, UnitState::kDissolved},
    {UnitState::kClosing, UnitEvent::kReopen, UnitState::kActive},
    {UnitState::kDissolved, UnitEvent::kRestore, UnitState::kActive},
};

common::Text EventText(UnitEvent event) {
  switch (event) {
    case UnitEvent::kUpdate:
      return {"update", "修改"};
    case UnitEvent::kMove:
      return {"move", "划转"};
    case UnitEvent::kDissolve:
      return {"dissolve", "撤销"};
    case UnitEvent::kSucceed:
      return {"merge or split", "合并或分设"};
    case UnitEvent::kRestore:
      return {"restore", "恢复"};
    case UnitEvent::kClose:
      return {"begin to dissolve", "启动撤销"};
    case UnitEvent::kReopen:
      return {"abort the dissolution", "中止撤销"};
  }
  return {"unknown", "未知"};
}

common::Text AllowedText(UnitState state) {
  common::Text all;
  for (const Transition& transition : kTransitions) {
    if (transition.from != state) continue;
    const common::Text event = EventText(transition.event);
    all.en += (all.en.empty() ? "" : ", ") + event.en;
    all.zh += (all.zh.empty() ? "" : "、") + event.zh;
  }
  return all;
}

std::string ReasonFor(UnitState state) {
  if (state == UnitState::kActive) return "UNIT_ACTIVE";
  return state == UnitState::kClosing ? "UNIT_CLOSING" : "UNIT_DISSOLVED";
}

}  // namespace

absl::StatusOr<UnitState> NextState(UnitState state, UnitEvent event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  const common::Text state_text = StateText(state);
  const common::Text event_text = EventText(event);
  const common::Text allowed = AllowedText(state);
  return common::FailedPrecondition(
      ReasonFor(state), {fmt::format("the unit is {}: {} is not possible, only {}", state_text.en, event_text.en,
                                     allowed.en.empty() ? "nothing" : allowed.en),
                         fmt::format("该组织{}，不能{}，只可{}", state_text.zh, event_text.zh,
                                     allowed.zh.empty() ? "查询" : allowed.zh)});
}

}  // namespace ronghe::organization
