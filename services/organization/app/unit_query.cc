#include "services/organization/app/unit_query.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

using common::UnitUid;

constexpr std::string_view kAllUnits = "units/-";
constexpr size_t kMaxNames = 500;
constexpr size_t kExportBatch = 500;

std::string DayText(std::optional<absl::CivilDay> day) {
  return day ? fmt::format("{}", common::DayNumber(*day)) : "";
}

// What a query would have done, for units found by their numbers.
void CutToRange(std::vector<Unit>& units, const UnitFilter& filter, const CodeRange& range) {
  std::erase_if(units, [&](const Unit& unit) {
    bool passed = !range.after.empty() && (range.descending ? unit.code() >= range.after : unit.code() <= range.after);
    return passed || !filter.Allows(unit.level(), unit.kind(), unit.state());
  });
  std::sort(units.begin(), units.end(),
            [&](const Unit& a, const Unit& b) { return range.descending ? b.code() < a.code() : a.code() < b.code(); });
  if (units.size() > static_cast<size_t>(range.limit)) {
    units.erase(units.begin() + range.limit, units.end());
  }
}

// What a page token holds: the feed position of the first page, and the last code.
std::string MakePosition(int64_t position, std::string_view code) {
  return fmt::format("{}|{}", position, code);
}
bool ReadPosition(std::string_view text, int64_t& position, std::string& code) {
  size_t bar = text.find('|');
  if (bar == std::string_view::npos) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + bar, position);
  code = text.substr(bar + 1);
  return error == std::errc() && end == text.data() + bar;
}

// The units of `uids` in their order; those that are gone are left out.
std::vector<Unit> InOrder(std::span<const UnitUid> uids, std::vector<Unit> units) {
  absl::flat_hash_map<UnitUid, size_t> at;
  for (size_t i = 0; i < units.size(); ++i) at.emplace(units[i].uid(), i);
  std::vector<Unit> ordered;
  ordered.reserve(units.size());
  for (UnitUid uid : uids) {
    auto found = at.find(uid);
    if (found != at.end()) ordered.push_back(std::move(units[found->second]));
  }
  return ordered;
}

std::optional<int> ValueNamed(const common::Condition& condition) {
  auto number = [](auto value) { return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt; };
  if (condition.field == "level") return number(LevelFromName(condition.value));
  if (condition.field == "kind") return number(KindFromName(condition.value));
  return number(StateFromName(condition.value));
}

}  // namespace

absl::StatusOr<UnitFilter> ParseUnitFilter(std::string_view text) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<common::Condition> conditions,
                          common::ParseFilter(text, {"level", "kind", "state"}));
  UnitFilter filter;
  common::Violations violations;
  bool state_named = false;
  for (const common::Condition& condition : conditions) {
    std::optional<int> value = ValueNamed(condition);
    if (!value) {
      violations.Add(
          "filter", "UNKNOWN_VALUE",
          {fmt::format("has an unknown value for {}", condition.field), fmt::format("{} 的取值未知", condition.field)});
      continue;
    }
    uint32_t& mask = condition.field == "level"  ? filter.levels
                     : condition.field == "kind" ? filter.kinds
                                                 : filter.states;
    state_named |= condition.field == "state";
    mask &= condition.negated ? ~(1u << *value) : 1u << *value;
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!state_named) filter.states = 1u << static_cast<int>(UnitState::kActive);
  return filter;
}

struct UnitQuery::Listing {
  UnitUid unit;      // none: the roots of the scope
  bool all = false;  // `units/-`
  bool subtree = false;
  UnitFilter filter;
  std::optional<absl::CivilDay> as_of;  // a past day; none: today's tree
  CodeRange range;                      // limit: one more than the page
  int page_size = 0;
  std::string token_query;
  int64_t position = 0;
};

absl::StatusOr<UnitUid> UnitQuery::Resolve(const std::string& name, std::string_view field) const {
  RONGHE_ASSIGN_OR_RETURN(std::string code, CodeFromName(name, field));
  std::optional<TreeUnit> unit = tree_.FindByCode(code);
  if (!unit) return common::NotFound(name);
  return unit->uid;
}

absl::StatusOr<Unit> UnitQuery::Get(const common::Call& call, const std::string& name,
                                    std::optional<absl::CivilDay> as_of, std::optional<absl::Time> as_known_at) {
  RONGHE_ASSIGN_OR_RETURN(std::string code, CodeFromName(name, "name"));
  if (!as_known_at) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> current, store_.FindByCode(code, call.deadline));
    if (!current) return common::NotFound(name);
    // Nothing is dated ahead, so the latest version holds from its day on.
    if (!as_of || *as_of >= current->from()) return *std::move(current);
  }
  std::optional<Unit> found;
  absl::CivilDay day = as_of.value_or(calendar_.Today());
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> current, reader.FindByCode(code));
    if (!current) return absl::OkStatus();
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> versions, reader.Versions(current->uid(), as_known_at));
    for (Unit& version : versions) {
      if (version.from() <= day) found = std::move(version);
    }
    return absl::OkStatus();
  }));
  if (!found) return common::NotFound(name);
  return *std::move(found);
}

absl::StatusOr<std::vector<Unit>> UnitQuery::BatchGet(const common::Call& call, const std::vector<std::string>& names,
                                                      std::optional<absl::CivilDay> as_of) {
  if (names.empty()) return common::InvalidArgument("names", "REQUIRED", {"is required", "必填"});
  if (names.size() > kMaxNames) {
    return common::InvalidArgument("names", "TOO_MANY", {"at most 500 units at once", "一次最多 500 个组织"});
  }
  std::vector<std::string> codes;
  common::Violations violations;
  for (size_t i = 0; i < names.size(); ++i) {
    absl::StatusOr<std::string> code = CodeFromName(names[i], fmt::format("names[{}]", i));
    violations.AddAll(code.status());
    if (code.ok()) codes.push_back(*std::move(code));
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::vector<Unit> units;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(units, reader.FindManyByCode(codes));
    if (!as_of || *as_of >= calendar_.Today()) return absl::OkStatus();
    std::vector<UnitUid> uids;
    for (const Unit& unit : units) uids.push_back(unit.uid());
    RONGHE_ASSIGN_OR_RETURN(units, reader.FindManyAsOf(uids, *as_of));
    return absl::OkStatus();
  }));
  absl::flat_hash_map<std::string, const Unit*> by_code;
  for (const Unit& unit : units) by_code.emplace(unit.code(), &unit);
  std::vector<Unit> ordered;
  ordered.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    auto found = by_code.find(codes[i]);
    if (found == by_code.end()) return common::NotFound(names[i]);
    ordered.push_back(*found->second);
  }
  return ordered;
}

absl::StatusOr<UnitQuery::Listing> UnitQuery::Parse(const ListUnitsQuery& query) const {
  common::Violations violations;
  Listing listing;
  listing.subtree = query.subtree;
  listing.all = query.parent == kAllUnits;
  if (!listing.all) violations.AddAll(CodeFromName(query.parent, "parent").status());
  absl::StatusOr<int> page_size = common::PageSize(query.page_size);
  violations.AddAll(page_size.status());
  absl::StatusOr<UnitFilter> filter = ParseUnitFilter(query.filter);
  violations.AddAll(filter.status());
  listing.range.descending = query.order_by == "code desc";
  if (!query.order_by.empty() && query.order_by != "code" && !listing.range.descending) {
    violations.Add("order_by", "BAD_ORDER", {"must be `code` or `code desc`", "应为 code 或 code desc"});
  }
  listing.token_query = fmt::format("units|{}|{}|{}|{}|{}", query.parent, query.subtree, query.filter, query.order_by,
                                    DayText(query.as_of));
  absl::StatusOr<std::string> position = common::ReadPageToken(signer_, listing.token_query, query.page_token);
  violations.AddAll(position.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());

  if (!listing.all) {
    RONGHE_ASSIGN_OR_RETURN(listing.unit, Resolve(query.parent, "parent"));
  }
  listing.filter = *filter;
  if (query.as_of && *query.as_of < calendar_.Today()) listing.as_of = query.as_of;
  listing.page_size = *page_size;
  listing.range.limit = *page_size + 1;
  // Before anything is read, so that a watch from here misses nothing.
  listing.position = tree_.position();
  if (!position->empty() && !ReadPosition(*position, listing.position, listing.range.after)) {
    return common::InvalidArgument("page_token", "BAD_TOKEN",
                                   {"is not a token that this service made", "不是本服务签发的令牌"});
  }
  return listing;
}

absl::StatusOr<UnitPage> UnitQuery::List(const common::Call& call, const ListUnitsQuery& query) {
  RONGHE_ASSIGN_OR_RETURN(Listing listing, Parse(query));
  RONGHE_ASSIGN_OR_RETURN(Found found, Candidates(call, listing));
  UnitPage page;
  page.position = listing.position;
  if (!found.next.empty()) {
    page.next_page_token =
        common::MakePageToken(signer_, listing.token_query, MakePosition(listing.position, found.next));
  }
  // What a unit of the past has become may lie outside the scope by now, or no longer be what was asked for.
  std::erase_if(found.units, [&](const Unit& unit) {
    return !tree_.Covers(call.scope, unit.uid()) || !listing.filter.Allows(unit.level(), unit.kind(), unit.state());
  });
  page.units = std::move(found.units);
  return page;
}

UnitQuery::Found UnitQuery::Cut(const Listing& listing, std::vector<Unit> units) {
  Found found{std::move(units), ""};
  if (found.units.size() > static_cast<size_t>(listing.page_size)) {
    found.units.erase(found.units.begin() + listing.page_size, found.units.end());
    found.next = found.units.back().code();
  }
  return found;
}

absl::StatusOr<UnitQuery::Found> UnitQuery::Candidates(const common::Call& call, const Listing& listing) {
  if (listing.as_of) return AsOf(call, listing);
  if (listing.subtree) return CurrentSubtree(call, listing);
  std::vector<Unit> units;
  bool roots_of_scope = listing.all && !call.scope.everything;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    if (roots_of_scope) {
      RONGHE_ASSIGN_OR_RETURN(units, reader.FindMany(call.scope.units));
    } else {
      RONGHE_ASSIGN_OR_RETURN(units, reader.Children(listing.unit, listing.filter, listing.range));
    }
    return absl::OkStatus();
  }));
  if (roots_of_scope) CutToRange(units, listing.filter, listing.range);
  return Cut(listing, std::move(units));
}

absl::StatusOr<UnitQuery::Found> UnitQuery::CurrentSubtree(const common::Call& call, const Listing& listing) {
  struct Candidate {
    std::string code;
    UnitUid uid;
  };
  std::vector<Candidate> candidates;
  const CodeRange& range = listing.range;
  auto visit = [&](const TreeUnit& unit) {
    if (unit.uid == listing.unit || !listing.filter.Allows(unit.level, unit.kind, unit.state)) return;
    if (!range.after.empty() && (range.descending ? unit.code >= range.after : unit.code <= range.after)) return;
    candidates.push_back({unit.code, unit.uid});
  };
  if (!listing.all || call.scope.everything) {
    tree_.VisitSubtree(listing.unit, visit);
  } else {
    for (UnitUid root : call.scope.units) tree_.VisitSubtree(root, visit);
  }
  size_t count = std::min(candidates.size(), static_cast<size_t>(listing.page_size));
  std::partial_sort(
      candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count), candidates.end(),
      [&](const Candidate& a, const Candidate& b) { return range.descending ? b.code < a.code : a.code < b.code; });
  std::vector<UnitUid> uids;
  for (size_t i = 0; i < count; ++i) uids.push_back(candidates[i].uid);
  std::vector<Unit> units;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(units, reader.FindMany(uids));
    return absl::OkStatus();
  }));
  // By the candidates, not by what is left of them: a unit may have been erased in between.
  return Found{InOrder(uids, std::move(units)), candidates.size() > count ? candidates[count - 1].code : ""};
}

absl::StatusOr<UnitQuery::Found> UnitQuery::AsOf(const common::Call& call, const Listing& listing) {
  std::vector<Unit> units;
  absl::CivilDay day = *listing.as_of;
  bool scoped = listing.all && !call.scope.everything;
  if (scoped && call.scope.units.empty()) return Found{};
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    if (listing.subtree) {
      std::vector<UnitUid> roots;
      if (!listing.all) roots = {listing.unit};
      if (scoped) roots = call.scope.units;
      RONGHE_ASSIGN_OR_RETURN(units, reader.SubtreeAsOf(roots, !listing.all, day, listing.filter, listing.range));
    } else if (scoped) {
      RONGHE_ASSIGN_OR_RETURN(units, reader.FindManyAsOf(call.scope.units, day));
    } else {
      RONGHE_ASSIGN_OR_RETURN(units, reader.ChildrenAsOf(listing.unit, day, listing.filter, listing.range));
    }
    return absl::OkStatus();
  }));
  if (scoped && !listing.subtree) CutToRange(units, listing.filter, listing.range);
  return Cut(listing, std::move(units));
}

absl::StatusOr<std::vector<UnitHistoryEntry>> UnitQuery::History(const common::Call& call, const std::string& name,
                                                                 std::optional<absl::Time> as_known_at) {
  RONGHE_ASSIGN_OR_RETURN(std::string code, CodeFromName(name, "name"));
  std::vector<Unit> versions;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> current, reader.FindByCode(code));
    if (!current) return common::NotFound(name);
    RONGHE_ASSIGN_OR_RETURN(versions, reader.Versions(current->uid(), as_known_at));
    return absl::OkStatus();
  }));
  if (versions.empty()) return common::NotFound(name);
  std::vector<UnitHistoryEntry> entries;
  for (size_t i = 0; i < versions.size(); ++i) {
    std::optional<absl::CivilDay> end;
    if (i + 1 < versions.size()) end = versions[i + 1].from();
    entries.push_back({std::move(versions[i]), end});
  }
  return entries;
}

absl::StatusOr<UnitQuery::Export> UnitQuery::StartExport(const common::Call& call, const std::string& parent,
                                                         std::optional<absl::CivilDay> as_of) {
  std::vector<UnitUid> roots;
  if (parent != kAllUnits) {
    RONGHE_ASSIGN_OR_RETURN(UnitUid root, Resolve(parent, "parent"));
    roots = {root};
  } else if (!call.scope.everything) {
    roots = call.scope.units;
  }
  if (as_of && *as_of >= calendar_.Today()) as_of.reset();
  auto uids = std::make_shared<std::vector<UnitUid>>();
  bool everything = parent == kAllUnits && call.scope.everything;
  if (as_of && (everything || !roots.empty())) {
    RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(*uids, reader.SubtreeUidsAsOf(roots, *as_of));
      return absl::OkStatus();
    }));
    std::erase_if(*uids, [&](UnitUid uid) { return !tree_.Covers(call.scope, uid); });
  } else {
    auto visit = [&](const TreeUnit& unit) { uids->push_back(unit.uid); };
    if (everything) tree_.VisitSubtree(UnitUid(), visit);
    for (UnitUid root : roots) tree_.VisitSubtree(root, visit);
  }
  return Export(
      [this, uids, as_of, next = size_t{0}, deadline = call.deadline]() mutable -> absl::StatusOr<std::vector<Unit>> {
        std::vector<Unit> units;
        while (next < uids->size() && units.empty()) {
          std::span<const UnitUid> batch(uids->data() + next, std::min(kExportBatch, uids->size() - next));
          RONGHE_RETURN_IF_ERROR(store_.Read(deadline, [&](UnitReader& reader) -> absl::Status {
            if (as_of) {
              RONGHE_ASSIGN_OR_RETURN(units, reader.FindManyAsOf(batch, *as_of));
            } else {
              RONGHE_ASSIGN_OR_RETURN(units, reader.FindMany(batch));
            }
            return absl::OkStatus();
          }));
          units = InOrder(batch, std::move(units));
          next += batch.size();
        }
        return units;
      });
}

}  // namespace ronghe::organization
