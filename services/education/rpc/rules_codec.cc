#include "services/education/rpc/rules_codec.h"

#include <utility>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "services/common/values/text_rules.h"
#include "services/education/rpc/rules/default_policy.txtpb.h"

namespace ronghe::education {
namespace {

constexpr size_t kMaxVersion = 40;

}  // namespace

absl::StatusOr<LoadedPolicy> ReadPolicy(std::string_view text) {
  LoadedPolicy loaded;
  RONGHE_RETURN_IF_ERROR(common::ParseText(text, loaded.message));
  common::Violations violations;
  common::CheckText({"version", 1, kMaxVersion}, loaded.message.version(), violations);
  LearningRules rules;
  for (const v1::CoursePrecedence& one : loaded.message.learning().course_precedence()) {
    rules.precedence.push_back({static_cast<LearningSource>(one.source()), one.platform()});
  }
  rules.max_deci_hours = loaded.message.learning().max_deci_hours();
  absl::StatusOr<LearningRules> checked = CheckLearningRules(std::move(rules));
  violations.AddAll(checked.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  loaded.learning = *std::move(checked);
  return loaded;
}

absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, common::ReadRulesFile(file, DefaultPolicy(), "policy"));
  return ReadPolicy(text);
}

}  // namespace ronghe::education
