#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/organization/app/unit_app.h"
#include "services/organization/app/unit_query.h"

namespace ronghe::organization {
namespace {

using common::UnitUid;

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

bool ReadUnitPosition(std::string_view text, int64_t& position, std::string& code) {
  size_t bar = text.find('|');
  if (bar == std::string_view::npos) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + bar, position);
  code = text.substr(bar + 1);
  return error == std::errc() && end == text.data() + bar;
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
  if (!state_named) {
    filter.states = (1u << static_cast<int>(UnitState::kActive)) | (1u << static_cast<int>(UnitState::kClosing));
  }
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

absl::StatusOr<UnitQuery::Listing> UnitQuery::Parse(const ListUnitsQuery& query) const {
  common::Violations violations;
  Listing listing;
  listing.subtree = query.subtree;
  listing.all = query.parent == common::kAllUnits;
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
  if (!position->empty() && !ReadUnitPosition(*position, listing.position, listing.range.after)) {
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

}  // namespace ronghe::organization
