#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/organization/domain/placement.h"
#include "services/organization/domain/unit_types.h"

// The rules in force, as plain values. What each means, its unit and its range stand in rule_pack.proto, which has the
// same names; the values come from the rule pack that the service was started with.
namespace ronghe::organization {

struct StructureRules {
  std::string source;
  Placements placements;
};

struct BranchRules {
  std::string source;
  int min_full_members = 0;
  int max_members = 0;
  int general_branch_min_members = 0;
  int general_branch_max_members = 0;
  int committee_full_members = 0;
  int committee_min_seats = 0;
  int committee_max_seats = 0;
  int deputies_without_committee = 0;
};

struct TermLength {
  KindSet kinds = 0;
  std::vector<std::string> sectors;
  int years = 0;
};
struct TermRules {
  std::string source;
  std::vector<TermLength> lengths;
  int expiring_months = 0;
  int max_extension_months = 0;

  // Years of a term of such a unit; 0: it has no terms.
  int YearsOf(UnitKind kind, std::string_view sector) const;
};

struct PostRules {
  std::string source;
  int max_secretary_posts = 0;
};

struct MembershipRules {
  std::string source;
  int probation_months = 0;
  int max_probation_extension_months = 0;
  int min_probation_extension_months = 0;
};

struct TransferRules {
  std::string source;
  int letter_days = 0;
};

struct PeriodRules {
  std::string source;
  int month_close_day = 0;

  // The first day of the oldest month that is still open: nothing is back-dated before it.
  absl::CivilDay OldestOpenDay(absl::CivilDay today) const;
};

struct CoverageRules {
  std::string source;
  KindSet covering_kinds = 0;
};

// Everything in force from `effective` until the day of the next set.
struct Rules {
  absl::CivilDay effective;
  std::string source;
  StructureRules structure;
  BranchRules branches;
  TermRules terms;
  PostRules posts;
  MembershipRules membership;
  TransferRules transfers;
  PeriodRules periods;
  CoverageRules coverage;
};

// What a version of data that operators keep may look like: 1 to 40 letters, digits, dots, hyphens and underscores.
bool IsPackVersion(std::string_view version);

// A checked rule pack. Immutable; safe to share.
class RuleBook {
 public:
  // INVALID_ARGUMENT with every fault at its path in the pack (`sets[0].terms.lengths[1].years`).
  static absl::StatusOr<RuleBook> Create(std::string version, std::vector<Rules> sets);

  const std::string& version() const { return version_; }
  // The rules in force on a day; before the first set, the first.
  const Rules& On(absl::CivilDay day) const { return sets_[IndexOn(day)]; }
  // Which of the sets that is.
  size_t IndexOn(absl::CivilDay day) const;
  // Oldest first, at least one.
  const std::vector<Rules>& sets() const { return sets_; }

 private:
  RuleBook(std::string version, std::vector<Rules> sets) : version_(std::move(version)), sets_(std::move(sets)) {}
  std::string version_;
  std::vector<Rules> sets_;
};

}  // namespace ronghe::organization
