#include "services/organization/domain/transfer.h"

#include <utility>

#include <fmt/format.h>

#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

using common::Text;

using S = TransferState;
using E = TransferEvent;

// What the clock and reorganizations do stands last: callers are offered the others.
constexpr Transition<TransferState, TransferEvent> kTransitions[] = {
    {S::kApplied, E::kRelease, S::kReleased},    {S::kApplied, E::kWithdraw, S::kWithdrawn},
    {S::kApplied, E::kReturn, S::kReturned},     {S::kReleased, E::kAccept, S::kAccepted},
    {S::kReleased, E::kWithdraw, S::kWithdrawn}, {S::kReleased, E::kReturn, S::kReturned},
    {S::kReleased, E::kExpire, S::kExpired},     {S::kApplied, E::kUnite, S::kWithdrawn},
    {S::kReleased, E::kUnite, S::kWithdrawn},
};

bool IsGivenByCallers(TransferEvent event) {
  return event != E::kExpire && event != E::kUnite;
}

constexpr uint32_t Bit(TransferState state) {
  return 1u << static_cast<int>(state);
}

}  // namespace

absl::StatusOr<TransferState> NextState(TransferState state, TransferEvent event, const std::string& name) {
  std::vector<Text> allowed;
  for (const auto& row : kTransitions) {
    if (row.from != state) continue;
    if (row.event == event) return row.to;
    if (IsGivenByCallers(row.event)) allowed.push_back(EventText(row.event));
  }
  return RefuseTransition({.reason = "TRANSFER_STATE",
                           .resource = name,
                           .state = StateText(state),
                           .event = EventText(event),
                           .why = {},
                           .allowed = std::move(allowed)});
}

absl::Status CheckLetter(const Transfer& transfer, TransferEvent event, absl::CivilDay today, const std::string& name) {
  if (event != E::kAccept || !transfer.expire_day || today <= *transfer.expire_day) return absl::OkStatus();
  return RefuseTransition(
      {.reason = "LETTER_EXPIRED",
       .resource = name,
       .state = StateText(transfer.state),
       .event = EventText(event),
       .why = {fmt::format("the letter was good until {}", absl::FormatCivilTime(*transfer.expire_day)),
               fmt::format("介绍信有效期至{}", absl::FormatCivilTime(*transfer.expire_day))},
       .allowed = {EventText(E::kWithdraw), EventText(E::kReturn)}});
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
    case TransferEvent::kUnite:
      break;
  }
  return std::nullopt;
}

Text StateText(TransferState state) {
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

Text EventText(TransferEvent event) {
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
    case TransferEvent::kUnite:
      return {"end with the merger of both sides", "因双方组织合并而终止"};
  }
  return {"unknown", "未知"};
}

Worklists WorklistsOf(TransferSide side) {
  const uint32_t applied = Bit(TransferState::kApplied);
  const uint32_t released = Bit(TransferState::kReleased);
  return side == TransferSide::kSource ? Worklists{applied, released} : Worklists{released, applied};
}

}  // namespace ronghe::organization
