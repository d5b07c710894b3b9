#include "services/rectification/domain/policy.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::rectification {
namespace {

constexpr size_t kMaxCode = 40;
constexpr size_t kMaxSteps = 10;
constexpr int kMaxDays = 3650;
constexpr int kGroupLevel = 6;
constexpr int kRatings = 3;

bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

void CheckCategories(const Policy& policy, common::Violations& violations) {
  if (policy.categories.empty()) violations.Add("categories", "REQUIRED", {"is required", "必填"});
  std::set<std::string> codes;
  for (size_t i = 0; i < policy.categories.size(); ++i) {
    const Policy::Category& category = policy.categories[i];
    const std::string at = fmt::format("categories[{}].", i);
    if (!IsCode(category.code)) {
      violations.Add(at + "code", "BAD_FORM",
                     {"must be 1 to 40 letters, digits, _ or -", "应为 1 至 40 个字母、数字、_ 或 -"});
    } else if (!codes.insert(category.code).second) {
      violations.Add(at + "code", "DUPLICATE", {"is there twice", "编码重复"});
    }
    if (category.title_zh.empty()) violations.Add(at + "title_zh", "REQUIRED", {"is required", "必填"});
    if (category.title_en.empty()) violations.Add(at + "title_en", "REQUIRED", {"is required", "必填"});
  }
}

void CheckSteps(const Policy& policy, common::Violations& violations) {
  if (policy.escalation.size() > kMaxSteps) {
    violations.Add("escalation", "TOO_MANY", {"has more than 10 steps", "超过 10 级"});
  }
  int last = -1;
  for (size_t i = 0; i < policy.escalation.size(); ++i) {
    const Policy::Step& step = policy.escalation[i];
    const std::string at = fmt::format("escalation[{}].", i);
    if (step.days <= last || step.days > kMaxDays) {
      violations.Add(at + "days", "OUT_OF_RANGE",
                     {"must be from 0 to 3650 and more than in the step before", "应在 0 到 3650 之间并大于上一级"});
    }
    last = std::max(last, step.days);
    if (step.level < 1 || step.level > kGroupLevel) {
      violations.Add(at + "level", "OUT_OF_RANGE", {"must lie between 1 and 6", "应在 1 到 6 之间"});
    }
  }
}

void CheckRiskReviews(const Policy& policy, common::Violations& violations) {
  std::set<int> ratings;
  for (size_t i = 0; i < policy.risk_reviews.size(); ++i) {
    const Policy::RiskReview& rule = policy.risk_reviews[i];
    const std::string at = fmt::format("risk_reviews[{}].", i);
    if (rule.rating < 1 || rule.rating > kRatings) {
      violations.Add(at + "rating", "UNKNOWN_VALUE", {"is not a rating", "不是风险等级"});
    } else if (!ratings.insert(rule.rating).second) {
      violations.Add(at + "rating", "DUPLICATE", {"is there twice", "风险等级重复"});
    }
    if (rule.days < 1 || rule.days > kMaxDays) {
      violations.Add(at + "days", "OUT_OF_RANGE", {"must lie between 1 and 3650", "应在 1 到 3650 之间"});
    }
  }
  if (ratings.size() < kRatings) {
    violations.Add("risk_reviews", "REQUIRED", {"must have a rule for each rating", "每个风险等级都应有规则"});
  }
}

}  // namespace

bool Policy::HasCategory(std::string_view code) const {
  return std::any_of(categories.begin(), categories.end(), [&](const Category& one) { return one.code == code; });
}

int Policy::RiskReviewDays(int rating) const {
  for (const RiskReview& one : risk_reviews) {
    if (one.rating == rating) return one.days;
  }
  return kMaxDays;
}

absl::StatusOr<Policy> CheckPolicy(Policy policy) {
  common::Violations violations;
  if (policy.version.empty()) violations.Add("version", "REQUIRED", {"is required", "必填"});
  CheckCategories(policy, violations);
  CheckSteps(policy, violations);
  int last = 0;
  for (size_t i = 0; i < policy.look_back_days.size(); ++i) {
    if (policy.look_back_days[i] <= last || policy.look_back_days[i] > kMaxDays) {
      violations.Add(fmt::format("look_back_days[{}]", i), "OUT_OF_RANGE",
                     {"must be from 1 to 3650 and ascending", "应在 1 到 3650 之间并逐个增大"});
    }
    last = std::max(last, policy.look_back_days[i]);
  }
  if (policy.due_soon_days < 1 || policy.due_soon_days > 60) {
    violations.Add("due_soon_days", "OUT_OF_RANGE", {"must lie between 1 and 60", "应在 1 到 60 之间"});
  }
  CheckRiskReviews(policy, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return policy;
}

}  // namespace ronghe::rectification
