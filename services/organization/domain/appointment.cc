#include "services/organization/domain/appointment.h"

#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

constexpr Transition<AppointmentState, AppointmentEvent> kTransitions[] = {
    {AppointmentState::kActive, AppointmentEvent::kEnd, AppointmentState::kEnded},
};

}  // namespace

common::Text StateText(AppointmentState state) {
  if (state == AppointmentState::kActive) return {"active", "在任"};
  if (state == AppointmentState::kEnded) return {"ended", "已免去"};
  return {"unknown", "未知"};
}

common::Text EventText(AppointmentEvent) {
  return {"be ended", "免去"};
}

std::optional<AppointmentState> AppointmentStateFromName(std::string_view name) {
  if (name == "ACTIVE") return AppointmentState::kActive;
  if (name == "ENDED") return AppointmentState::kEnded;
  return std::nullopt;
}

std::optional<AppointmentBasis> AppointmentBasisFromName(std::string_view name) {
  if (name == "ELECTED") return AppointmentBasis::kElected;
  if (name == "APPOINTED") return AppointmentBasis::kAppointed;
  return std::nullopt;
}

absl::StatusOr<AppointmentState> NextState(AppointmentState state, AppointmentEvent event,
                                           const std::string& resource) {
  return NextState<AppointmentState, AppointmentEvent>(kTransitions, state, event, "APPOINTMENT_ENDED", resource);
}

}  // namespace ronghe::organization
