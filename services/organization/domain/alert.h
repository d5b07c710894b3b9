#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/organization/domain/rules.h"
#include "services/organization/domain/term.h"
#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// Numbers are those of ronghe.organization.v1; what each means stands in alert.proto.
enum class AlertRule {
  kUnspecified = 0,
  kTermOverdue = 1,
  kFewFullMembers = 2,
  kNoSecretary = 3,
  kNoCommittee = 4,
  kNoTerm = 5,
  kBranchTooLarge = 6,
  kGeneralBranchSize = 7,
  kCommitteeTooLarge = 8,
  kTooManyDeputies = 9,
  kTermExpiring = 10,
  kUncoveredWorkplaces = 11,
};
inline constexpr int kAlertRules = 11;
enum class AlertSeverity { kUnspecified = 0, kUrgent = 1, kWarning = 2, kNotice = 3 };

// Names as filters use them (`NO_SECRETARY`, `URGENT`); nullopt for unknown ones.
std::optional<AlertRule> AlertRuleFromName(std::string_view name);
std::optional<AlertSeverity> AlertSeverityFromName(std::string_view name);
AlertSeverity SeverityOf(AlertRule rule);
// The path of the rule in a rule set, and the text it comes from.
std::string_view PathOf(AlertRule rule);
const std::string& SourceOf(AlertRule rule, const Rules& rules);

// What a unit is judged by.
struct UnitFacts {
  UnitKind kind = UnitKind::kUnspecified;
  UnitState state = UnitState::kUnspecified;
  std::string sector;
  // Of a branch with its groups; of a general branch with everything below it.
  int64_t members = 0;
  int64_t full_members = 0;
  // Active posts.
  int secretaries = 0;  // people
  int deputy_seats = 0;
  int committee_seats = 0;         // of secretary, deputies and committee members together
  int committee_people = 0;        // in those seats
  bool has_members_posts = false;  // a post of COMMITTEE_MEMBER: it has a committee
  struct Term {
    TermId id;
    TermState state = TermState::kCurrent;
    absl::CivilDay due;
    absl::CivilDay expiring;
  };
  std::optional<Term> term;          // the running one
  int64_t uncovered_workplaces = 0;  // of those it counts
};

// A rule that a unit does not keep.
struct AlertFinding {
  AlertRule rule = AlertRule::kUnspecified;
  int64_t value = 0;
  int64_t limit = 0;
  std::optional<absl::CivilDay> since;  // where the records say it
  TermId term = {};
};

// All of them, in the order of the rules. A dissolved unit and a statistical group keep every rule.
std::vector<AlertFinding> Judge(const UnitFacts& facts, const Rules& rules);

}  // namespace ronghe::organization
