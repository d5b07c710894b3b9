#pragma once

#include <string_view>

#include <absl/status/statusor.h>

#include "services/common/values/units.h"
#include "services/rectification/app/problem_store.h"

namespace ronghe::rectification {

inline constexpr uint32_t SetOf(ProblemState state) {
  return 1u << static_cast<int>(state);
}
inline constexpr uint32_t kOpenStates = ~(SetOf(ProblemState::kClosed) | SetOf(ProblemState::kCancelled));

// `state = SUBMITTED AND overdue = FALSE`; without a condition on `state`, open ones. INVALID_ARGUMENT on `filter`.
absl::StatusOr<ProblemFilter> ParseProblemFilter(std::string_view filter, const common::Units& units,
                                                 uint32_t default_states = kOpenStates);

}  // namespace ronghe::rectification
