#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "ronghe/education/v1/education_rules.pb.h"

#include "services/education/domain/learning_rules.h"

namespace ronghe::education {

// Rules as they were written, and as they are applied.
struct LoadedPolicy {
  v1::EducationPolicy message;
  LearningRules learning;
};

// From the text format. INVALID_ARGUMENT with every fault (common::FaultsOf): `line 7:3` where the text cannot be read,
// else the path of the field.
absl::StatusOr<LoadedPolicy> ReadPolicy(std::string_view text);
// From a file; an empty name: what ships with the service.
absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& file);

}  // namespace ronghe::education
