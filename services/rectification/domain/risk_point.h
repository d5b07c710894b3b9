#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"
#include "services/common/values/transition.h"
#include "services/rectification/domain/policy.h"
#include "services/rectification/domain/problem.h"

// Points of business work at which integrity is at risk, and their reviews. Numbers of the enums are those of
// ronghe.rectification.v1.
namespace ronghe::rectification {

using RiskPointId = common::Id<struct RiskPointIdTag>;

enum class RiskRating { kUnspecified = 0, kHigh = 1, kMedium = 2, kLow = 3 };
enum class RiskPointState { kUnspecified = 0, kActive = 1, kRetired = 2 };
enum class RiskPointEvent { kUpdate = 1, kReview = 2, kRetire = 3, kPassReviewDate = 4 };
enum class RiskReviewResult { kUnspecified = 0, kPassed = 1, kFailed = 2 };

struct RiskPoint {
  common::UnitUid unit = {};  // as registered; it owns the record
  std::string title;
  std::string category;
  RiskRating rating = RiskRating::kUnspecified;
  int64_t owner = 0;  // member
  std::string description;
  std::string measures;

  RiskPointState state = RiskPointState::kActive;
  std::optional<absl::CivilDay> next_review;  // the last day; while it is active
  bool overdue = false;                       // fired, and not reviewed since
  int reviews = 0;
  int failed = 0;
  std::optional<absl::Time> last_review;
  std::string retire_reason;
};

struct RiskReview {
  int number = 0;  // from 1
  absl::CivilDay due;
  RiskReviewResult result = RiskReviewResult::kUnspecified;
  std::string basis;
  std::string finding;
  bool on_time = true;
  Person by;
  absl::Time at = {};
  int64_t problem = 0;  // that a failed one opened
};

common::Text StateText(RiskPointState state);
common::Text EventText(RiskPointEvent event);
using RiskPointTransition = common::Transition<RiskPointState, RiskPointEvent>;
// All of it.
std::span<const RiskPointTransition> RiskPointTransitions();
// FAILED_PRECONDITION: RISK_POINT_STATE; OWN_RISK_POINT, where the owner reviews.
absl::StatusOr<RiskPointState> Decide(const RiskPoint& point, RiskPointEvent event, const Person& who,
                                      const std::string& resource);

// Adds what is wrong with what a caller says of a risk point; `prefix` as `risk_point.`.
void CheckRiskPoint(const RiskPoint& point, const Policy& policy, std::string_view prefix,
                    common::Violations& violations);
// Adds what is wrong with a review: what it rests on, or what it found.
void CheckRiskReview(const RiskReview& review, common::Violations& violations);
// The last day on which a risk point that was last reviewed (or registered) on a day may be reviewed.
absl::CivilDay LatestReview(RiskRating rating, absl::CivilDay last, const Policy& policy);

}  // namespace ronghe::rectification
