#include "services/organization/domain/rules.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

using common::Violations;

constexpr size_t kMaxVersion = 40;
constexpr size_t kMaxSource = 500;
constexpr size_t kMaxSets = 100;
constexpr size_t kMaxSector = 60;
constexpr KindSet kEveryKind = ((1u << (static_cast<int>(UnitKind::kStatisticalGroup) + 1)) - 1) & ~1u;
constexpr LevelSet kEveryLevel = ((1u << (static_cast<int>(Level::kGroup) + 1)) - 1) & ~1u;

// Checks one part of a set; paths begin with its own.
class PartCheck {
 public:
  PartCheck(std::string path, Violations& violations) : path_(std::move(path)), violations_(violations) {}

  void Source(const std::string& source) { CheckText({path_ + ".source", 1, kMaxSource}, source, violations_); }

  void Number(std::string_view field, int value, int least, int greatest) {
    if (value >= least && value <= greatest) return;
    Add(field, "OUT_OF_RANGE",
        {fmt::format("must be between {} and {}", least, greatest),
         fmt::format("应在 {} 至 {} 之间", least, greatest)});
  }

  void NotLess(std::string_view field, int value, std::string_view other, int least) {
    if (value >= least) return;
    Add(field, "OUT_OF_ORDER", {fmt::format("must not be less than {}", other), fmt::format("不能小于 {}", other)});
  }

  // A set of known values; `required`: with one at least.
  bool Set(std::string_view field, uint32_t set, uint32_t known, bool required) {
    if (set == 0 && required) {
      Add(field, "REQUIRED", {"is required", "必填"});
    } else if ((set & ~known) != 0) {
      Add(field, "UNKNOWN_VALUE", {"holds a value that is not known", "含有未知的取值"});
    } else {
      return true;
    }
    return false;
  }

  void Add(std::string_view field, std::string reason, common::Text text) {
    violations_.Add(field.empty() ? path_ : fmt::format("{}.{}", path_, field), std::move(reason), std::move(text));
  }

 private:
  std::string path_;
  Violations& violations_;
};

bool IsKnown(UnitKind kind) {
  return kind > UnitKind::kUnspecified && kind <= UnitKind::kStatisticalGroup;
}

void CheckKinds(const std::vector<KindRule>& kinds, PartCheck& part) {
  KindSet seen = 0;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::string row = fmt::format("kinds[{}]", i);
    const bool none = kinds[i].kind == UnitKind::kUnspecified;
    const KindSet kind = none ? 0 : IsKnown(kinds[i].kind) ? SetOf(kinds[i].kind) : 1u;
    if (part.Set(row + ".kind", kind, kEveryKind, true)) {
      if ((seen & kind) != 0) part.Add(row + ".kind", "DUPLICATE", {"stands there twice", "重复"});
      seen |= kind;
    }
    part.Set(row + ".levels", kinds[i].levels, kEveryLevel, true);
  }
  for (int kind = 1; kind <= static_cast<int>(UnitKind::kStatisticalGroup); ++kind) {
    if ((seen >> kind & 1u) != 0) continue;
    const common::Text text = KindText(static_cast<UnitKind>(kind));
    part.Add("kinds", "KIND_MISSING", {fmt::format("says nothing about a {}", text.en), "缺少类别：" + text.zh});
  }
}

// Of equal ranks only branches under a general branch; never a lower rank above.
bool RanksFit(const PlacementRule& row) {
  for (int level = 1; level <= static_cast<int>(Level::kGroup); ++level) {
    if ((row.levels >> level & 1u) == 0) continue;
    for (int parent = level; parent <= static_cast<int>(Level::kGroup); ++parent) {
      if ((row.parent_levels >> parent & 1u) == 0) continue;
      const bool branches = level == parent && level == static_cast<int>(Level::kBranch) &&
                            row.parent_kinds == SetOf(UnitKind::kGeneralBranch) &&
                            !Holds(row.kinds, UnitKind::kGeneralBranch);
      if (!branches) return false;
    }
  }
  return true;
}

bool AnyFits(const Placements& placements, KindSet kinds, LevelSet levels) {
  return std::any_of(placements.kinds.begin(), placements.kinds.end(), [&](const KindRule& rule) {
    return IsKnown(rule.kind) && Holds(kinds, rule.kind) && (rule.levels & levels) != 0;
  });
}

void CheckRow(const Placements& placements, const PlacementRule& row, const std::string& name, PartCheck& part) {
  bool sets = part.Set(name + ".kinds", row.kinds, kEveryKind, true);
  sets &= part.Set(name + ".levels", row.levels, kEveryLevel, true);
  const bool under = row.parent_kinds != 0 || row.parent_levels != 0;
  sets &= part.Set(name + ".parent_kinds", row.parent_kinds, kEveryKind, under);
  sets &= part.Set(name + ".parent_levels", row.parent_levels, kEveryLevel, under);
  if (!under && !row.root) {
    part.Add(name, "REQUIRED", {"names neither parents nor the root", "既未指定上级也未允许为根"});
  }
  if (!sets) return;
  if (!RanksFit(row)) {
    part.Add(name + ".parent_levels", "LEVEL_ORDER",
             {"a parent must have a higher rank; only branches stand under a general branch of their rank",
              "上级层级必须更高；仅支部可隶属于同级党总支"});
  }
  if (!AnyFits(placements, row.kinds, row.levels)) {
    part.Add(name, "NEVER_APPLIES", {"no kind has such a level", "没有类别具有这些层级"});
  }
}

void CheckStructure(const StructureRules& rules, PartCheck part) {
  part.Source(rules.source);
  const Placements& placements = rules.placements;
  CheckKinds(placements.kinds, part);
  for (size_t i = 0; i < placements.rows.size(); ++i) {
    CheckRow(placements, placements.rows[i], fmt::format("placements[{}]", i), part);
  }
  for (size_t i = 0; i < placements.kinds.size(); ++i) {
    const KindRule& kind = placements.kinds[i];
    if (!IsKnown(kind.kind)) continue;
    for (int level = 1; level <= static_cast<int>(Level::kGroup); ++level) {
      const auto rank = static_cast<Level>(level);
      if (!Holds(kind.levels, rank)) continue;
      const bool placed = std::any_of(placements.rows.begin(), placements.rows.end(), [&](const PlacementRule& row) {
        return Holds(row.kinds, kind.kind) && Holds(row.levels, rank);
      });
      if (placed) continue;
      part.Add(fmt::format("kinds[{}].levels", i), "NO_PLACE",
               {fmt::format("no placement is given for the rank {}", LevelText(rank).en),
                fmt::format("未规定{}级的隶属关系", LevelText(rank).zh)});
    }
  }
}

void CheckBranches(const BranchRules& rules, PartCheck part) {
  part.Source(rules.source);
  part.Number("min_full_members", rules.min_full_members, 1, 100);
  part.Number("max_members", rules.max_members, 1, 10'000);
  part.NotLess("max_members", rules.max_members, "min_full_members", rules.min_full_members);
  part.Number("general_branch_min_members", rules.general_branch_min_members, 1, 10'000);
  part.Number("general_branch_max_members", rules.general_branch_max_members, 1, 100'000);
  part.NotLess("general_branch_max_members", rules.general_branch_max_members, "general_branch_min_members",
               rules.general_branch_min_members);
  part.Number("committee_full_members", rules.committee_full_members, 1, 10'000);
  part.Number("committee_min_seats", rules.committee_min_seats, 1, 100);
  part.Number("committee_max_seats", rules.committee_max_seats, 1, 100);
  part.NotLess("committee_max_seats", rules.committee_max_seats, "committee_min_seats", rules.committee_min_seats);
  part.Number("deputies_without_committee", rules.deputies_without_committee, 0, 10);
}

// Whether an earlier row takes all units of this one.
bool IsShadowed(const std::vector<TermLength>& lengths, size_t at) {
  const TermLength& row = lengths[at];
  KindSet open = row.kinds;
  for (size_t i = 0; i < at; ++i) {
    if (lengths[i].sectors.empty()) open &= ~lengths[i].kinds;
  }
  return row.kinds != 0 && open == 0;
}

void CheckTerms(const TermRules& rules, PartCheck part) {
  part.Source(rules.source);
  if (rules.lengths.empty()) part.Add("lengths", "REQUIRED", {"is required", "必填"});
  for (size_t i = 0; i < rules.lengths.size(); ++i) {
    const TermLength& row = rules.lengths[i];
    const std::string name = fmt::format("lengths[{}]", i);
    part.Set(name + ".kinds", row.kinds, kEveryKind, true);
    part.Number(name + ".years", row.years, 1, 10);
    for (size_t s = 0; s < row.sectors.size(); ++s) {
      const int64_t characters = CountCharacters(row.sectors[s]);
      if (characters >= 1 && characters <= static_cast<int64_t>(kMaxSector)) continue;
      part.Add(fmt::format("{}.sectors[{}]", name, s), "BAD_LENGTH", {"has 1 to 60 characters", "应为 1 至 60 个字符"});
    }
    if (IsShadowed(rules.lengths, i)) {
      part.Add(name, "NEVER_APPLIES", {"an earlier row takes all its units", "前面的规则已涵盖其全部组织"});
    }
  }
  part.Number("expiring_months", rules.expiring_months, 1, 24);
  part.Number("max_extension_months", rules.max_extension_months, 0, 36);
}

void CheckOthers(const Rules& set, const std::string& path, Violations& violations) {
  PartCheck posts(path + ".posts", violations);
  posts.Source(set.posts.source);
  posts.Number("max_secretary_posts", set.posts.max_secretary_posts, 1, 10);
  PartCheck membership(path + ".membership", violations);
  membership.Source(set.membership.source);
  membership.Number("probation_months", set.membership.probation_months, 1, 60);
  membership.Number("max_probation_extension_months", set.membership.max_probation_extension_months, 0, 60);
  membership.Number("min_probation_extension_months", set.membership.min_probation_extension_months, 0, 60);
  PartCheck transfers(path + ".transfers", violations);
  transfers.Source(set.transfers.source);
  transfers.Number("letter_days", set.transfers.letter_days, 1, 365);
  PartCheck periods(path + ".periods", violations);
  periods.Source(set.periods.source);
  periods.Number("month_close_day", set.periods.month_close_day, 1, 28);
  PartCheck coverage(path + ".coverage", violations);
  coverage.Source(set.coverage.source);
  coverage.Set("covering_kinds", set.coverage.covering_kinds, kEveryKind & ~SetOf(UnitKind::kStatisticalGroup), true);
}

}  // namespace

int TermRules::YearsOf(UnitKind kind, std::string_view sector) const {
  for (const TermLength& row : lengths) {
    if (!Holds(row.kinds, kind)) continue;
    if (row.sectors.empty() || std::find(row.sectors.begin(), row.sectors.end(), sector) != row.sectors.end()) {
      return row.years;
    }
  }
  return 0;
}

absl::CivilDay PeriodRules::OldestOpenDay(absl::CivilDay today) const {
  absl::CivilMonth month(today);
  if (today.day() <= month_close_day) --month;
  return absl::CivilDay(month);
}

bool IsPackVersion(std::string_view version) {
  return !version.empty() && version.size() <= kMaxVersion && std::all_of(version.begin(), version.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

absl::StatusOr<RuleBook> RuleBook::Create(std::string version, std::vector<Rules> sets) {
  Violations violations;
  if (!IsPackVersion(version)) {
    violations.Add("version", version.empty() ? "REQUIRED" : "BAD_FORM",
                   {"must have 1 to 40 letters, digits, dots, hyphens and underscores",
                    "应为 1 至 40 个字母、数字、点、连字符或下划线"});
  }
  if (sets.empty()) violations.Add("sets", "REQUIRED", {"is required", "必填"});
  if (sets.size() > kMaxSets) violations.Add("sets", "TOO_MANY", {"holds more than 100 sets", "超过 100 组"});
  std::optional<absl::CivilDay> before;
  for (size_t i = 0; i < sets.size() && i < kMaxSets; ++i) {
    const std::string path = fmt::format("sets[{}]", i);
    CheckText({path + ".source", 1, kMaxSource}, sets[i].source, violations);
    if (before && sets[i].effective <= *before) {
      violations.Add(path + ".effective_date", "OUT_OF_ORDER",
                     {"must be later than that of the set before", "必须晚于前一组的生效日期"});
    }
    before = sets[i].effective;
    CheckStructure(sets[i].structure, PartCheck(path + ".structure", violations));
    CheckBranches(sets[i].branches, PartCheck(path + ".branches", violations));
    CheckTerms(sets[i].terms, PartCheck(path + ".terms", violations));
    CheckOthers(sets[i], path, violations);
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RuleBook(std::move(version), std::move(sets));
}

size_t RuleBook::IndexOn(absl::CivilDay day) const {
  size_t index = sets_.size() - 1;
  while (index > 0 && day < sets_[index].effective) --index;
  return index;
}

}  // namespace ronghe::organization
