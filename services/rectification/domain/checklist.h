#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"
#include "services/rectification/domain/policy.h"
#include "services/rectification/domain/problem.h"

// Standards, and the self-checks of units by them. Numbers of the enums are those of ronghe.rectification.v1.
namespace ronghe::rectification {

using ChecklistId = common::Id<struct ChecklistIdTag>;
using CheckRoundId = common::Id<struct CheckRoundIdTag>;
using SelfCheckId = common::Id<struct SelfCheckIdTag>;

inline constexpr size_t kMaxChecklistItems = 200;
inline constexpr size_t kMaxRoundUnits = 5000;

struct ChecklistItem {
  std::string code;
  std::string title;
  std::string basis;
  std::string category;
  ProblemClass problem_class = ProblemClass::kUnspecified;
  int working_days = 0;  // 0: none
  friend bool operator==(const ChecklistItem&, const ChecklistItem&) = default;
};

struct Checklist {
  common::UnitUid unit = {};
  std::string title;
  std::vector<int> kinds;  // of organization.v1.UnitKind; none: all
  std::vector<ChecklistItem> items;
};

// A checklist handed down.
struct CheckRound {
  ChecklistId checklist = {};
  int version = 0;
  common::UnitUid unit = {};  // that issued it
  std::vector<common::UnitUid> units;
  absl::CivilDay due;
};

enum class SelfCheckState { kUnspecified = 0, kOpen = 1, kDone = 2 };
enum class SelfCheckEvent { kSubmit = 1, kPassDeadline = 2 };
enum class CheckAnswerValue { kUnspecified = 0, kYes = 1, kNo = 2, kNotApplicable = 3 };

struct CheckAnswer {
  std::string item;
  CheckAnswerValue value = CheckAnswerValue::kUnspecified;
  std::string basis;
  std::string description;
  int64_t problem = 0;  // that a NO opened
};

struct SelfCheck {
  CheckRoundId round = {};
  ChecklistId checklist = {};
  int version = 0;            // of the checklist
  common::UnitUid unit = {};  // as issued; it owns the record
  SelfCheckState state = SelfCheckState::kOpen;
  absl::CivilDay due;
  bool overdue = false;  // fired, and not done since
  bool on_time = true;
  int failed = 0;
  std::optional<absl::Time> submitted;
  Person submitter;
  std::vector<CheckAnswer> answers;
};

struct SelfCheckTransition {
  SelfCheckState from;
  SelfCheckEvent event;
  SelfCheckState to;
};
// All of it. A deadline passes once: where it is not recorded yet.
std::span<const SelfCheckTransition> SelfCheckTransitions();
// FAILED_PRECONDITION, reason SELF_CHECK_STATE, with the state, the event and what would be allowed.
absl::StatusOr<SelfCheckState> Decide(const SelfCheck& check, SelfCheckEvent event, const std::string& resource);

// Adds what is wrong with a checklist; `prefix` as `checklist.`.
void CheckChecklist(const Checklist& checklist, const Policy& policy, std::string_view prefix,
                    common::Violations& violations);
// Adds what is wrong with the answers to these items: each item is answered, once, with its basis or what is wrong.
void CheckAnswers(const std::vector<CheckAnswer>& answers, const std::vector<ChecklistItem>& items,
                  common::Violations& violations);

}  // namespace ronghe::rectification
