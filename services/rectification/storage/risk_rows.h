#pragma once

#include <optional>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/rectification/app/risk_store.h"
#include "services/rectification/storage/problem_texts.h"

// Rows of risk points and their reviews, between SQL and the domain.
namespace ronghe::rectification {

// A risk point as it is stored, with the key of its texts and of its reviews'.
struct RiskRow {
  StoredRisk stored;
  common::WrappedKey key;
};
absl::StatusOr<std::optional<RiskRow>> SelectRisk(common::sql::Session& session, const ProblemTexts& texts,
                                                  RiskPointId id);
absl::Status InsertRiskRow(common::sql::Session& session, const ProblemTexts& texts, const RiskRow& row);
// INTERNAL if the version before is not the current one.
absl::Status UpdateRiskRow(common::sql::Session& session, const ProblemTexts& texts, const RiskRow& row);
absl::StatusOr<std::vector<StoredRisk>> PageRisks(common::sql::Session& session, const ProblemTexts& texts,
                                                  const UnitsOfPartition& units, const RiskFilter& filter,
                                                  const common::ListPosition& after, int limit);

absl::Status InsertReviewRow(common::sql::Session& session, const ProblemTexts& texts, const RiskRow& row,
                             const RiskReview& review, absl::TimeZone zone);
// Of a risk point, with numbers below `before`, the newest first.
absl::StatusOr<std::vector<RiskReview>> SelectReviews(common::sql::Session& session, const ProblemTexts& texts,
                                                      const RiskRow& row, int before, int limit);

}  // namespace ronghe::rectification
