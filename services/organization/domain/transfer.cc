#include "services/organization/domain/transfer.h"

#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

using common::Text;

struct Transition {
  TransferState from;
  TransferEvent event;
  TransferState to;
};
constexpr Transition kTransitions[] = {
    {TransferState::kApplied, TransferEvent::kRelease, TransferState::kReleased},
    {TransferState::kApplied, TransferEvent::kWithdraw, TransferState::kWithdrawn},
    {TransferState::kApplied, TransferEvent::kReturn, TransferState::kReturned},
    {TransferState::kReleased, TransferEvent::kAccept, TransferState::kAccepted},
    {TransferState::kReleased, TransferEvent::kWithdraw, TransferState::kWithdrawn},
    {TransferState::kReleased, TransferEvent::kReturn, TransferState::kReturned},
    {TransferState::kReleased, TransferEvent::kExpire, TransferState::kExpired},
};

constexpr uint32_t Bit(TransferState state) {
  return 1u << static_cast<int>(state);
}

}  // namespace

std::vector<TransferEvent> AllowedEvents(TransferState state) {
  std::vector<TransferEvent> allowed;
  for (const Transition& transition : kTransitions) {
    if (transition.from == state) allowed.push_back(transition.event);
  }
  return allowed;
}

absl::StatusOr<TransferState> NextState(TransferState state, TransferEvent event, const std::string& name) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  std::vector<Text> allowed;
  for (TransferEvent other : AllowedEvents(state)) {
    if (other != TransferEvent::kExpire) allowed.push_back(TransferEventText(other));
  }
  return RefuseTransition({.reason = "TRANSFER_STATE",
                           .resource = name,
                           .state = TransferStateText(state),
                           .event = TransferEventText(event),
                           .allowed = std::move(allowed)});
}

std::optional<TransferSide> SideOf(TransferEvent event, const Transfer& transfer) {
  // The outside has nobody here: the one side that is inside records what it does.
  const auto inside = [&](TransferSide wanted) {
    if (!transfer.source) return TransferSide::kTarget;
    if (!transfer.target) return TransferSide::kSource;
    return wanted;
  };
  switch (event) {
    case TransferEvent::kRelease:
    case TransferEvent::kWithdraw:
      return inside(TransferSide::kSource);
    case TransferEvent::kAccept:
      return inside(TransferSide::kTarget);
    case TransferEvent::kReturn:
      return inside(transfer.state == TransferState::kApplied ? TransferSide::kSource : TransferSide::kTarget);
    case TransferEvent::kExpire:
      break;
  }
  return std::nullopt;
}

Text TransferStateText(TransferState state) {
  switch (state) {
    case TransferState::kApplied:
      return {"applied", "已申请"};
    case TransferState::kReleased:
      return {"released", "已转出"};
    case TransferState::kAccepted:
      return {"accepted", "已接收"};
    case TransferState::kWithdrawn:
      return {"withdrawn", "已撤回"};
    case TransferState::kReturned:
      return {"returned", "已退回"};
    case TransferState::kExpired:
      return {"expired", "已过期"};
  }
  return {"unknown", "未知"};
}

Text TransferEventText(TransferEvent event) {
  switch (event) {
    case TransferEvent::kRelease:
      return {"release", "开具介绍信"};
    case TransferEvent::kAccept:
      return {"accept", "接收"};
    case TransferEvent::kWithdraw:
      return {"withdraw", "撤回"};
    case TransferEvent::kReturn:
      return {"return", "退回"};
    case TransferEvent::kExpire:
      return {"expire", "过期"};
  }
  return {"unknown", "未知"};
}

Worklists WorklistsOf(TransferSide side) {
  const uint32_t applied = Bit(TransferState::kApplied);
  const uint32_t released = Bit(TransferState::kReleased);
  return side == TransferSide::kSource ? Worklists{applied, released} : Worklists{released, applied};
}

}  // namespace ronghe::organization
