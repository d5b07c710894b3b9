#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/values/status.h"

// State machines as tables: what may happen in which state, and what comes of it.
namespace ronghe::common {

// What every state machine says of a transition that its table does not have.
struct RefusedTransition {
  std::string reason;
  std::string resource;            // name
  Text state;                      // "probationary"
  Text event;                      // "confirm"
  Text why = {};                   // "the probation lasts until 2027-01-01"; may be empty
  std::vector<Text> allowed = {};  // events
};
// FAILED_PRECONDITION naming state, event, why, and what would be allowed.
absl::Status RefuseTransition(const RefusedTransition& refused);

template <typename State, typename Event>
struct Transition {
  State from;
  Event event;
  State to;
};

// The state after `event`, or RefuseTransition. `StateText` and `EventText` are found for the two enums; events of the
// same text are listed once.
template <typename State, typename Event>
absl::StatusOr<State> NextState(std::span<const Transition<State, Event>> table, State state, Event event,
                                std::string reason, std::string resource) {
  std::vector<Text> possible;
  for (const Transition<State, Event>& row : table) {
    if (row.from != state) continue;
    if (row.event == event) return row.to;
    const Text text = EventText(row.event);
    bool listed = false;
    for (const Text& known : possible) listed = listed || known.en == text.en;
    if (!listed) possible.push_back(text);
  }
  return RefuseTransition(
      {std::move(reason), std::move(resource), StateText(state), EventText(event), {}, std::move(possible)});
}

}  // namespace ronghe::common
