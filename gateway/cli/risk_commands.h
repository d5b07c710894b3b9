#pragma once

#include <string>

#include <absl/status/status.h>

#include "gateway/cli/commands.h"

// The commands of risk points.
namespace ronghe::gateway::cli {

struct RiskOptions {
  std::string name;
  std::string unit;
  FieldTexts fields;
  std::string filter;
  bool subtree = false;
  std::string result;
  std::string basis;
  std::string finding;
  std::string next_review_date;
  std::string problem_class;
  int working_days = 0;
  std::string reason;
  std::string etag;
  std::string request_id;
  bool validate_only = false;
};
absl::Status RunRiskCreate(const RiskOptions& options, Context& context);
absl::Status RunRiskUpdate(const RiskOptions& options, Context& context);
absl::Status RunRiskGet(const RiskOptions& options, Context& context);
absl::Status RunRiskList(const RiskOptions& options, Context& context);
absl::Status RunRiskReview(const RiskOptions& options, Context& context);
absl::Status RunRiskRetire(const RiskOptions& options, Context& context);
absl::Status RunRiskReviews(const RiskOptions& options, Context& context);

}  // namespace ronghe::gateway::cli
