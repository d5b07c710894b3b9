#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/education/domain/learning.h"

namespace ronghe::education {

// How learning records count. What the parts mean says ronghe.education.v1.LearningRules.
struct LearningRules {
  struct Precedence {
    LearningSource source = LearningSource::kUnspecified;
    std::string platform;  // empty: any
  };
  std::vector<Precedence> precedence;
  int max_deci_hours = 0;

  // Lower goes first.
  int RankOf(LearningSource source, std::string_view platform) const;
};

// INVALID_ARGUMENT with every fault, on paths as `learning.course_precedence[0].source`.
absl::StatusOr<LearningRules> CheckLearningRules(LearningRules rules);

// Adds what is wrong with a record by itself; `prefix` as `learning_record.`. The unit is not looked at.
void CheckLearning(const LearningRecord& record, const LearningRules& rules, absl::CivilDay today,
                   std::string_view prefix, common::Violations& violations);

// One of the live records of a member's course and year.
struct CourseClaim {
  int64_t record = 0;
  int rank = 0;
  absl::CivilDay day;
};
// The record that counts, of at least one.
int64_t WinnerOf(const std::vector<CourseClaim>& claims);

}  // namespace ronghe::education
