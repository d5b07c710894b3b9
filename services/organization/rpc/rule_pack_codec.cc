#include "services/organization/rpc/rule_pack_codec.h"

#include <optional>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "services/organization/rpc/rules/default_pack.txtpb.h"

namespace ronghe::organization {
namespace {

using common::Violations;

constexpr size_t kMaxTitle = 120 * 4;

template <typename List>
uint32_t SetFrom(const List& values) {
  uint32_t set = 0;
  // Numbers beyond a word are values nobody knows: so is bit 0.
  for (int value : values) set |= value > 0 && value < 32 ? 1u << value : 1u;
  return set;
}

std::optional<absl::CivilDay> DayFrom(const google::type::Date& date) {
  if (date.year() < 1 || date.year() > 9999) return std::nullopt;
  const absl::CivilDay day(date.year(), date.month(), date.day());
  if (day.year() != date.year() || day.month() != date.month() || day.day() != date.day()) return std::nullopt;
  return day;
}

StructureRules FromProto(const v1::StructureRules& rules) {
  StructureRules out;
  out.source = rules.source();
  for (const v1::KindRule& row : rules.kinds()) {
    out.placements.kinds.push_back({static_cast<UnitKind>(row.kind()), SetFrom(row.levels())});
  }
  for (const v1::PlacementRule& row : rules.placements()) {
    out.placements.rows.push_back({SetFrom(row.kinds()), SetFrom(row.levels()), SetFrom(row.parent_kinds()),
                                   SetFrom(row.parent_levels()), row.root()});
  }
  return out;
}

BranchRules FromProto(const v1::BranchRules& rules) {
  BranchRules out;
  out.source = rules.source();
  out.min_full_members = rules.min_full_members();
  out.max_members = rules.max_members();
  out.general_branch_min_members = rules.general_branch_min_members();
  out.general_branch_max_members = rules.general_branch_max_members();
  out.committee_full_members = rules.committee_full_members();
  out.committee_min_seats = rules.committee_min_seats();
  out.committee_max_seats = rules.committee_max_seats();
  out.deputies_without_committee = rules.deputies_without_committee();
  return out;
}

TermRules FromProto(const v1::TermRules& rules) {
  TermRules out;
  out.source = rules.source();
  for (const v1::TermLength& row : rules.lengths()) {
    out.lengths.push_back({SetFrom(row.kinds()), {row.sectors().begin(), row.sectors().end()}, row.years()});
  }
  out.expiring_months = rules.expiring_months();
  out.max_extension_months = rules.max_extension_months();
  return out;
}

Rules FromProto(const v1::RuleSet& set, const std::string& path, Violations& violations) {
  Rules out;
  if (const std::optional<absl::CivilDay> day = DayFrom(set.effective_date())) {
    out.effective = *day;
  } else {
    violations.Add(path + ".effective_date", "BAD_DATE", {"is not a complete date", "不是完整有效的日期"});
  }
  out.source = set.source();
  out.structure = FromProto(set.structure());
  out.branches = FromProto(set.branches());
  out.terms = FromProto(set.terms());
  out.posts = {set.posts().source(), set.posts().max_secretary_posts()};
  out.membership = {set.membership().source(), set.membership().probation_months(),
                    set.membership().max_probation_extension_months(),
                    set.membership().min_probation_extension_months()};
  out.transfers = {set.transfers().source(), set.transfers().letter_days()};
  out.periods = {set.periods().source(), set.periods().month_close_day()};
  out.coverage = {set.coverage().source(), SetFrom(set.coverage().covering_kinds())};
  return out;
}

}  // namespace

absl::StatusOr<LoadedRules> ReadRulePack(std::string_view text) {
  v1::RulePack pack;
  RONGHE_RETURN_IF_ERROR(common::ParseText(text, pack));
  Violations violations;
  pack.set_name("rulePack");
  if (pack.title().size() > kMaxTitle) {
    violations.Add("title", "TOO_LONG", {"has more than 120 characters", "超过 120 个字符"});
  }
  std::vector<Rules> sets;
  for (int i = 0; i < pack.sets_size(); ++i) {
    sets.push_back(FromProto(pack.sets(i), fmt::format("sets[{}]", i), violations));
  }
  absl::StatusOr<RuleBook> book = RuleBook::Create(pack.version(), std::move(sets));
  violations.AddAll(book.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return LoadedRules{std::move(pack), *std::move(book)};
}

absl::StatusOr<LoadedRules> LoadRulePack(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, common::ReadRulesFile(file, DefaultRulePack(), "rule-pack"));
  return ReadRulePack(text);
}

}  // namespace ronghe::organization
