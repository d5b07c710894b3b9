#include "services/rectification/domain/risk_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::rectification {
namespace {

using S = RiskPointState;
using E = RiskPointEvent;

TEST(RiskPointTest, EveryPairOfStateAndEventIsInTheTableOrRefused) {
  int allowed = 0;
  for (const S state : {S::kActive, S::kRetired}) {
    for (const E event : {E::kUpdate, E::kReview, E::kRetire, E::kPassReviewDate}) {
      RiskPoint point;
      point.state = state;
      point.owner = 7;
      const auto next = Decide(point, event, {"iss|clerk", 3, 0}, "riskPoints/1");
      allowed += next.ok() ? 1 : 0;
      if (next.ok()) continue;
      EXPECT_EQ(common::ReasonOf(next.status()), "RISK_POINT_STATE");
      EXPECT_EQ(state, S::kRetired);
    }
  }
  EXPECT_EQ(allowed, static_cast<int>(RiskPointTransitions().size()));
}

TEST(RiskPointTest, OnlyTheOwnersReviewIsRefused) {
  RiskPoint point;
  point.owner = 7;
  EXPECT_EQ(common::ReasonOf(Decide(point, E::kReview, {"iss|owner", 3, 7}, "riskPoints/1").status()),
            "OWN_RISK_POINT");
  EXPECT_TRUE(Decide(point, E::kUpdate, {"iss|owner", 3, 7}, "riskPoints/1").ok());
  EXPECT_TRUE(Decide(point, E::kReview, {"iss|other", 3, 8}, "riskPoints/1").ok());
}

TEST(RiskPointTest, TheRulesSayByWhenItIsReviewed) {
  Policy policy;
  policy.risk_reviews = {{1, 90}, {2, 180}, {3, 365}};
  const absl::CivilDay day(2026, 1, 31);
  EXPECT_EQ(LatestReview(RiskRating::kHigh, day, policy), absl::CivilDay(2026, 5, 1));
  EXPECT_EQ(LatestReview(RiskRating::kLow, day, policy), absl::CivilDay(2027, 1, 31));
}

}  // namespace
}  // namespace ronghe::rectification
