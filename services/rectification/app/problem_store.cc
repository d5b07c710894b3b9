#include "services/rectification/app/problem_store.h"

#include <fmt/format.h>

#include "services/common/values/clock.h"

namespace ronghe::rectification {

std::string NameOf(ProblemId id) {
  return fmt::format("problems/{}", id.value);
}

std::string NameOf(OrderId id) {
  return fmt::format("orders/{}", id.value);
}

std::string EtagOf(const StoredProblem& stored) {
  return fmt::format("{:x}.{:x}", stored.version, absl::ToUnixMicros(stored.update_time));
}

std::string StepName(ProblemId id, int64_t step) {
  return fmt::format("problems/{}/events/{}", id.value, step);
}

std::string CauseKey(ProblemSource source, std::string_view cause) {
  return fmt::format("cause\n{}\n{}", static_cast<int>(source), cause);
}

std::string ExternalKey(std::string_view external_source, std::string_view external_id) {
  return fmt::format("external\n{}\n{}", external_source, external_id);
}

common::ListPosition PositionOf(const StoredProblem& stored, ProblemOrder order) {
  switch (order) {
    case ProblemOrder::kUnit:
      return {stored.problem.unit.value, stored.id.value};
    case ProblemOrder::kDue:
      return {stored.problem.due ? common::DayNumber(*stored.problem.due) : INT64_MAX, stored.id.value};
    case ProblemOrder::kNewest:
      return {-absl::ToUnixMicros(stored.create_time), stored.id.value};
  }
  return {};
}

}  // namespace ronghe::rectification
