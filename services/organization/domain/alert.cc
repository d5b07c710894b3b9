#include "services/organization/domain/alert.h"

#include <algorithm>

namespace ronghe::organization {
namespace {

using R = AlertRule;
using S = AlertSeverity;

struct RuleRow {
  AlertRule rule;
  std::string_view name;
  AlertSeverity severity;
  std::string_view path;
};
constexpr RuleRow kRules[] = {
    {R::kTermOverdue, "TERM_OVERDUE", S::kUrgent, "terms.lengths"},
    {R::kFewFullMembers, "FEW_FULL_MEMBERS", S::kUrgent, "branches.min_full_members"},
    {R::kNoSecretary, "NO_SECRETARY", S::kUrgent, "branches"},
    {R::kNoCommittee, "NO_COMMITTEE", S::kWarning, "branches.committee_full_members"},
    {R::kNoTerm, "NO_TERM", S::kWarning, "terms.lengths"},
    {R::kBranchTooLarge, "BRANCH_TOO_LARGE", S::kWarning, "branches.max_members"},
    {R::kGeneralBranchSize, "GENERAL_BRANCH_SIZE", S::kWarning, "branches.general_branch_min_members"},
    {R::kCommitteeTooLarge, "COMMITTEE_TOO_LARGE", S::kWarning, "branches.committee_max_seats"},
    {R::kTooManyDeputies, "TOO_MANY_DEPUTIES", S::kWarning, "branches.deputies_without_committee"},
    {R::kTermExpiring, "TERM_EXPIRING", S::kNotice, "terms.expiring_months"},
    {R::kUncoveredWorkplaces, "UNCOVERED_WORKPLACES", S::kWarning, "coverage.covering_kinds"},
};
static_assert(std::size(kRules) == kAlertRules);

// A temporary branch is meant to be small and short-lived.
constexpr KindSet kSizedBranches = SetOf(UnitKind::kBranch, UnitKind::kJointBranch);

void JudgeBranch(const UnitFacts& facts, const BranchRules& rules, std::vector<AlertFinding>& found) {
  if (facts.full_members < rules.min_full_members) {
    found.push_back({R::kFewFullMembers, facts.full_members, rules.min_full_members, std::nullopt, {}});
  }
  if (facts.members > rules.max_members) {
    found.push_back({R::kBranchTooLarge, facts.members, rules.max_members, std::nullopt, {}});
  }
  const bool needed = facts.full_members >= rules.committee_full_members;
  if (needed && (!facts.has_members_posts || facts.committee_people < rules.committee_min_seats)) {
    found.push_back({R::kNoCommittee, facts.committee_people, rules.committee_min_seats, std::nullopt, {}});
  }
  if (facts.has_members_posts && facts.committee_seats > rules.committee_max_seats) {
    found.push_back({R::kCommitteeTooLarge, facts.committee_seats, rules.committee_max_seats, std::nullopt, {}});
  }
  if (!facts.has_members_posts && facts.deputy_seats > rules.deputies_without_committee) {
    found.push_back({R::kTooManyDeputies, facts.deputy_seats, rules.deputies_without_committee, std::nullopt, {}});
  }
}

void JudgeTerm(const UnitFacts& facts, std::vector<AlertFinding>& found) {
  if (!facts.term) {
    found.push_back({R::kNoTerm, 0, 0, std::nullopt, {}});
  } else if (facts.term->state == TermState::kOverdue) {
    found.push_back({R::kTermOverdue, 0, 0, facts.term->due + 1, facts.term->id});
  } else if (facts.term->state == TermState::kExpiring) {
    found.push_back({R::kTermExpiring, 0, 0, facts.term->expiring, facts.term->id});
  }
}

}  // namespace

std::optional<AlertRule> AlertRuleFromName(std::string_view name) {
  for (const RuleRow& row : kRules) {
    if (row.name == name) return row.rule;
  }
  return std::nullopt;
}

std::optional<AlertSeverity> AlertSeverityFromName(std::string_view name) {
  if (name == "URGENT") return S::kUrgent;
  if (name == "WARNING") return S::kWarning;
  if (name == "NOTICE") return S::kNotice;
  return std::nullopt;
}

AlertSeverity SeverityOf(AlertRule rule) {
  for (const RuleRow& row : kRules) {
    if (row.rule == rule) return row.severity;
  }
  return S::kUnspecified;
}

std::string_view PathOf(AlertRule rule) {
  for (const RuleRow& row : kRules) {
    if (row.rule == rule) return row.path;
  }
  return "";
}

const std::string& SourceOf(AlertRule rule, const Rules& rules) {
  if (rule == R::kUncoveredWorkplaces) return rules.coverage.source;
  return PathOf(rule).starts_with("terms") ? rules.terms.source : rules.branches.source;
}

std::vector<AlertFinding> Judge(const UnitFacts& facts, const Rules& rules) {
  std::vector<AlertFinding> found;
  if (facts.state != UnitState::kActive || !IsOrganization(facts.kind)) return found;
  if (Holds(kSizedBranches, facts.kind)) JudgeBranch(facts, rules.branches, found);
  if (facts.kind == UnitKind::kGeneralBranch) {
    const int least = rules.branches.general_branch_min_members;
    const int most = rules.branches.general_branch_max_members;
    if (facts.members < least) found.push_back({R::kGeneralBranchSize, facts.members, least, std::nullopt, {}});
    if (facts.members > most) found.push_back({R::kGeneralBranchSize, facts.members, most, std::nullopt, {}});
  }
  if (rules.terms.YearsOf(facts.kind, facts.sector) > 0) {
    JudgeTerm(facts, found);
    if (facts.secretaries == 0) found.push_back({R::kNoSecretary, 0, 1, std::nullopt, {}});
  }
  if (facts.uncovered_workplaces > 0) {
    found.push_back({R::kUncoveredWorkplaces, facts.uncovered_workplaces, 0, std::nullopt, {}});
  }
  std::sort(found.begin(), found.end(), [](const AlertFinding& a, const AlertFinding& b) { return a.rule < b.rule; });
  return found;
}

}  // namespace ronghe::organization
