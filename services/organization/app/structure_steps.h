#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/common/values/status.h"
#include "services/organization/domain/unit.h"

// Changes of the structure as callers ask for them. Units are named as the caller named them, `units/{code}`.
namespace ronghe::organization {

struct UnitChanges {
  UnitFields fields;              // the values
  std::vector<std::string> mask;  // which of them; empty: those that are set
  std::string parent;             // as the caller sent it, `units/{code}` or empty
};

// `parent` empty or `units/-`: a root.
struct EstablishStep {
  UnitFields fields;
  std::string parent;
};
struct UpdateStep {
  std::string unit;
  UnitChanges changes;
};
struct MoveStep {
  std::string unit;
  std::string parent;
};
struct MergeStep {
  std::vector<std::string> sources;
  std::string successor;
};
struct SplitPart {
  std::string unit;  // or else
  std::optional<EstablishStep> establish;
  std::vector<std::string> members;
  std::vector<std::string> workplaces = {};
  std::vector<std::string> duties = {};
  std::vector<std::string> units;
};
struct SplitStep {
  std::string unit;
  std::vector<SplitPart> parts;
  bool continues = false;
};
// closing: it takes nothing new from the decision to the day on which it ends; needs a later day.
struct DissolveStep {
  std::string unit;
  bool closing = false;
};
struct RestoreStep {
  std::string unit;
  std::string parent;  // empty: where it stood
};
using Step = std::variant<EstablishStep, UpdateStep, MoveStep, MergeStep, SplitStep, DissolveStep, RestoreStep>;

inline constexpr size_t kMaxSteps = 500;
inline constexpr size_t kMaxSources = 100;
inline constexpr size_t kMaxParts = 50;

// Adds every violation of the form of a step; fields are prefixed (`steps[2].`). `rules` and `today` for the field
// rules.
void CheckStep(const Step& step, const Rules& rules, absl::CivilDay today, const std::string& prefix,
               common::Violations& violations);
// The units a step names that exist before it: those in whose partitions something may live that follows it.
std::vector<std::string> UnitsNamedBy(const Step& step);

// The code in `units/{code}`. INVALID_ARGUMENT on `field` for other names.
absl::StatusOr<std::string> CodeFromName(std::string_view name, std::string_view field);
// Whether it stands for no parent.
bool IsRootParent(const std::string& parent);
// Adds the violations of an update mask.
void CheckMask(const std::vector<std::string>& mask, common::Violations& violations);

}  // namespace ronghe::organization
