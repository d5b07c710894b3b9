#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace ronghe::rectification {

// The rules of rectification that are data (rectification_rules.proto is the manual).
struct Policy {
  struct Category {
    std::string code;
    std::string title_zh;
    std::string title_en;
  };
  struct Step {
    int days = 0;   // after the last day of the deadline
    int level = 0;  // as in organization.v1: 1 province … 6 group
  };
  struct RiskReview {
    int rating = 0;  // of RiskRating
    int days = 0;    // after the last review, at the latest
  };
  std::string version;
  std::vector<Category> categories;
  std::vector<Step> escalation;
  std::vector<int> look_back_days;
  int due_soon_days = 0;
  std::vector<RiskReview> risk_reviews;  // one for each rating

  bool HasCategory(std::string_view code) const;
  // Of a known rating.
  int RiskReviewDays(int rating) const;
};

// The same, or INVALID_ARGUMENT with every fault.
absl::StatusOr<Policy> CheckPolicy(Policy policy);

}  // namespace ronghe::rectification
