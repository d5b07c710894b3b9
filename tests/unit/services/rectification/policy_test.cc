#include "services/rectification/domain/policy.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "services/rectification/rpc/rules_codec.h"

namespace ronghe::rectification {
namespace {

TEST(PolicyTest, WhatShipsIsWhole) {
  const auto loaded = LoadPolicy("");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Policy& policy = loaded->policy;
  EXPECT_TRUE(policy.HasCategory("organizational_life"));
  EXPECT_FALSE(policy.HasCategory(""));
  ASSERT_EQ(policy.escalation.size(), 3u);
  EXPECT_EQ(policy.escalation[1].days, 7);
  EXPECT_EQ(policy.escalation[1].level, 4);
  EXPECT_THAT(policy.look_back_days, ::testing::ElementsAre(30, 90));
  EXPECT_EQ(policy.RiskReviewDays(1), 90);
  EXPECT_EQ(policy.RiskReviewDays(3), 365);
}

TEST(PolicyTest, EveryFaultOfAFileIsNamed) {
  const auto loaded = ReadPolicy(R"(
    categories { code: "a b" title_zh: "甲" title_en: "a" } categories { code: "x" title_zh: "乙" }
    categories { code: "x" title_zh: "丙" title_en: "c" }
    escalation { days: 7 level: 5 } escalation { days: 7 level: 9 }
    look_back_days: [30, 30]
    due_soon_days: 61
    risk_reviews { rating: RISK_RATING_HIGH days: 0 } risk_reviews { rating: RISK_RATING_HIGH days: 90 }
    risk_reviews { days: 1 })");
  std::vector<std::string> faults;
  for (const common::Violation& fault : common::ViolationsOf(loaded.status())) {
    faults.push_back(fault.field + " " + fault.reason);
  }
  EXPECT_THAT(faults,
              ::testing::UnorderedElementsAre(
                  "version REQUIRED", "categories[0].code BAD_FORM", "categories[1].title_en REQUIRED",
                  "categories[2].code DUPLICATE", "escalation[1].days OUT_OF_RANGE", "escalation[1].level OUT_OF_RANGE",
                  "look_back_days[1] OUT_OF_RANGE", "due_soon_days OUT_OF_RANGE", "risk_reviews[0].days OUT_OF_RANGE",
                  "risk_reviews[1].rating DUPLICATE", "risk_reviews[2].rating UNKNOWN_VALUE", "risk_reviews REQUIRED"));
  EXPECT_THAT(common::FaultsOf(loaded.status()), ::testing::Contains(::testing::StartsWith("version: ")));
  EXPECT_EQ(common::ViolationsOf(LoadPolicy("/nowhere").status()).front().reason, "CANNOT_READ");
}

}  // namespace
}  // namespace ronghe::rectification
