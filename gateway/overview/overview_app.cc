#include "gateway/overview/overview_app.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gateway/overview/catalog.h"
#include "gateway/overview/overview_explain.h"
#include "gateway/overview/ranking.h"
#include "services/common/values/status.h"
#include "services/common/values/timestamp.h"

namespace ronghe::gateway {
namespace {

constexpr std::string_view kPrefix = "units/";
constexpr std::string_view kEverything = "units/-";

WantedUnit WantedOf(const common::DirectoryUnit& unit) {
  return {unit.uid, fmt::format("{}{}", kPrefix, unit.code)};
}

bool IsActive(const common::DirectoryUnit& unit) {
  return !unit.deleted && unit.state == organization::v1::UNIT_STATE_ACTIVE;
}

bool SameUnits(const std::vector<common::DirectoryUnit>& a, const std::vector<common::DirectoryUnit>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const common::DirectoryUnit& x, const common::DirectoryUnit& y) { return x.uid == y.uid; });
}

template <typename Request>
std::vector<std::string> TokensOf(const Request& request) {
  return {request.min_revision().begin(), request.min_revision().end()};
}

std::string KeyOf(const std::string& unit, const Span& span) {
  return fmt::format("{} {} {}", unit, span.text, static_cast<int>(span.structure));
}

bool IsWhole(const Collected& collected) {
  const auto whole = [](const PartAnswer& part) { return !part.missing && !part.stale && part.place.has_value(); };
  return !collected.structure_differs && std::all_of(collected.parts.begin(), collected.parts.end(), whole);
}

// The part of an ordered list that follows a key, and the key after which the next part begins.
template <typename Item, typename KeyOfItem>
common::Page<Item> Cut(std::vector<Item> items, const std::optional<SortKey>& after, const ListQuery& query,
                       KeyOfItem key_of) {
  auto begin = items.begin();
  if (after.has_value()) {
    begin = std::find_if(begin, items.end(), [&](const Item& i) { return Before(*after, key_of(i), query.order); });
  }
  const auto end = begin + std::min<std::ptrdiff_t>(query.page_size, items.end() - begin);
  common::Page<Item> page;
  if (begin != end && end != items.end()) page.next = KeyText(key_of(*std::prev(end)));
  page.items.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
  return page;
}

SortKey KeyOfUnit(const common::DirectoryUnit& unit) {
  return {std::nullopt, unit.code};
}

}  // namespace

StructureVersion::StructureVersion(common::Directory& directory) : state_(std::make_shared<State>()) {
  const auto look = [state = state_, &directory] {
    const std::string incarnation = directory.incarnation();
    const int64_t revision = directory.place_revision();
    const common::MutexLock lock(state->mutex);
    if (state->incarnation == incarnation && state->revision == revision) return;
    state->incarnation = incarnation;
    state->revision = revision;
    state->version.fetch_add(1, std::memory_order_acq_rel);
  };
  directory.OnChange(look);
  look();
}

void FillPart(const PartAnswer& answer, v1::OverviewPart& part) {
  part.set_service(answer.service);
  part.set_missing(answer.missing);
  part.set_stale(answer.stale);
  part.set_structure_revision(answer.structure_revision);
  if (answer.place.has_value() && answer.place->position > 0) {
    part.set_position(answer.place->position);
    common::WriteTimestamp(answer.place->time, *part.mutable_time());
  }
  if (answer.down_since.has_value()) common::WriteTimestamp(*answer.down_since, *part.mutable_down_since());
}

void FillParts(const Collected& collected, google::protobuf::RepeatedPtrField<v1::OverviewPart>& parts) {
  for (const PartAnswer& answer : collected.parts) FillPart(answer, *parts.Add());
}

OverviewApp::OverviewApp(const Uses& uses, size_t answer_bytes, CountAssembled count_assembled)
    : uses_(uses), version_(uses.directory), answers_(answer_bytes), count_assembled_(std::move(count_assembled)) {}

common::MonthNumber OverviewApp::Month() const {
  return common::MonthAt(uses_.calendar, uses_.calendar.clock().Now());
}

absl::StatusOr<common::DirectoryUnit> OverviewApp::Find(const std::string& name) const {
  if (!name.starts_with(kPrefix)) return common::NotFound(name);
  std::optional<common::DirectoryUnit> unit = uses_.directory.FindByCode(std::string_view(name).substr(kPrefix.size()));
  if (!unit.has_value() || unit->deleted) return common::NotFound(name);
  return *std::move(unit);
}

std::vector<common::DirectoryUnit> OverviewApp::ChildrenOf(common::UnitUid unit) const {
  std::vector<common::DirectoryUnit> children = uses_.directory.ChildrenOf(unit);
  std::erase_if(children, [](const common::DirectoryUnit& child) { return !IsActive(child); });
  return children;
}

absl::StatusOr<std::vector<common::DirectoryUnit>> OverviewApp::ChildrenAt(const common::Call& call,
                                                                           const common::DirectoryUnit& parent,
                                                                           const Wanted& wanted,
                                                                           const Span& span) const {
  std::vector<common::DirectoryUnit> children = ChildrenOf(parent.uid);
  const bool past = span.structure == common::v1::STRUCTURE_THEN && span.period.last < wanted.month;
  if (!past) return children;
  const google::protobuf::RepeatedPtrField<std::string> tokens(wanted.min_revision.begin(), wanted.min_revision.end());
  RONGHE_ASSIGN_OR_RETURN(const std::optional<std::vector<std::string>> names,
                          ChildrenThen(uses_.collector, fmt::format("{}{}", kPrefix, parent.code), span.period.last,
                                       tokens, clock().Now(), call.deadline));
  // Nobody says: then nobody gives figures either, but last known ones.
  if (!names.has_value()) return children;
  children.clear();
  for (const std::string& name : *names) {
    const absl::StatusOr<common::DirectoryUnit> unit = Find(name);
    if (unit.ok() && uses_.directory.ScopeCovers(call.scope, unit->uid)) children.push_back(*unit);
  }
  return children;
}

std::vector<common::DirectoryUnit> OverviewApp::RootsOf(const common::Scope& scope) const {
  if (scope.everything) return ChildrenOf(common::UnitUid());
  std::vector<common::DirectoryUnit> roots;
  for (const common::UnitUid uid : scope.units) {
    if (std::optional<common::DirectoryUnit> unit = uses_.directory.Find(uid); unit.has_value() && IsActive(*unit)) {
      roots.push_back(*std::move(unit));
    }
  }
  std::sort(roots.begin(), roots.end(), [](const auto& a, const auto& b) { return a.code < b.code; });
  return roots;
}

// `index`: of the figures in the parts' answers.
void OverviewApp::Fill(const common::DirectoryUnit& unit, const Collected& collected, const Wanted& wanted,
                       size_t index, v1::Overview& overview) const {
  overview.set_unit(fmt::format("{}{}", kPrefix, unit.code));
  overview.set_title(unit.title);
  overview.set_level(static_cast<organization::v1::Level>(unit.level));
  overview.set_kind(static_cast<organization::v1::UnitKind>(unit.kind));
  overview.set_child_count(static_cast<int64_t>(ChildrenOf(unit.uid).size()));
  overview.set_period(wanted.spans[index % wanted.spans.size()].text);
  overview.set_structure_differs(collected.structure_differs);
  for (const PartAnswer& part : collected.parts) {
    if (const SummaryPtr& summary = part.summaries[index]; summary != nullptr) {
      FillFigures(part.service, summary->total, overview);
    }
  }
}

AssembledPtr OverviewApp::Kept(const std::string& key, common::MonthNumber month) {
  AssembledPtr kept = answers_.Get(key);
  if (kept == nullptr || kept->structure != version_.Get()) return nullptr;
  const Sensitivity sensitivity = SensitivityOf(kept->span, month);
  const auto& parts = uses_.collector.parts();
  for (size_t p = 0; p < parts.size(); ++p) {
    if (!parts[p]->freshness().Accepts(kept->places[p], kept->unit, sensitivity)) return nullptr;
  }
  count_assembled_();
  return kept;
}

absl::StatusOr<AssembledPtr> OverviewApp::Assemble(const std::string& key, const std::string& name, Wanted wanted,
                                                   absl::Time deadline) {
  const uint64_t structure = version_.Get();  // before the directory is read
  RONGHE_ASSIGN_OR_RETURN(const common::DirectoryUnit unit, Find(name));
  wanted.units.push_back(WantedOf(unit));
  RONGHE_ASSIGN_OR_RETURN(const Collected collected, uses_.collector.Collect(wanted, deadline));
  v1::Overview overview;
  Fill(unit, collected, wanted, 0, overview);
  FillParts(collected, *overview.mutable_parts());
  RONGHE_ASSIGN_OR_RETURN(auto bytes, common::Serialized<v1::Overview>::Of(overview));
  AssembledOverview assembled{std::move(bytes), unit.uid, wanted.spans.front(), structure, {}};
  for (const PartAnswer& part : collected.parts) assembled.places.push_back(part.place.value_or(Place()));
  const size_t size = assembled.bytes.bytes().Length() + sizeof(AssembledOverview) +
                      assembled.places.size() * (sizeof(Place) + assembled.places.front().incarnation.size());
  auto answer = std::make_shared<const AssembledOverview>(std::move(assembled));
  if (IsWhole(collected)) answers_.Put(key, answer, size);
  return AssembledPtr(std::move(answer));
}

absl::StatusOr<common::Serialized<v1::Overview>> OverviewApp::GetOverview(const common::Call& call,
                                                                          const v1::GetOverviewRequest& request) {
  Wanted wanted;
  wanted.month = Month();
  RONGHE_ASSIGN_OR_RETURN(Span span, ReadSpan(request, wanted.month));
  const std::string key = KeyOf(request.unit(), span);
  if (request.min_revision().empty()) {
    if (const AssembledPtr kept = Kept(key, wanted.month); kept != nullptr) return kept->bytes;
  }
  wanted.spans.push_back(std::move(span));
  wanted.min_revision = TokensOf(request);
  RONGHE_ASSIGN_OR_RETURN(const AssembledPtr answer, Assemble(key, request.unit(), std::move(wanted), call.deadline));
  return answer->bytes;
}

absl::StatusOr<AssembledPtr> OverviewApp::Current(const std::string& unit, absl::Time deadline) {
  Wanted wanted;
  wanted.month = Month();
  wanted.spans.push_back({common::MonthText(wanted.month), {wanted.month, wanted.month}, common::v1::STRUCTURE_THEN});
  const std::string key = KeyOf(unit, wanted.spans.front());
  if (AssembledPtr kept = Kept(key, wanted.month); kept != nullptr) return kept;
  return Assemble(key, unit, std::move(wanted), deadline);
}

absl::StatusOr<v1::ListChildOverviewsResponse> OverviewApp::ListChildOverviews(
    const common::Call& call, const v1::ListChildOverviewsRequest& request) {
  Wanted wanted;
  wanted.month = Month();
  RONGHE_ASSIGN_OR_RETURN(const ListQuery query, ReadList(request, wanted.month));
  const std::string bound = fmt::format("ListChildOverviews {} {} {}", KeyOf(request.unit(), query.span),
                                        request.order_by(), uses_.directory.incarnation());
  RONGHE_ASSIGN_OR_RETURN(const std::string token, common::ReadPageToken(uses_.signer, bound, request.page_token()));
  const std::optional<SortKey> after = token.empty() ? std::nullopt : ParseKey(token);
  std::optional<common::DirectoryUnit> parent;
  std::vector<common::DirectoryUnit> children;
  if (request.unit() == kEverything) {
    children = RootsOf(call.scope);
  } else {
    RONGHE_ASSIGN_OR_RETURN(parent, Find(request.unit()));
    wanted.min_revision = TokensOf(request);
    RONGHE_ASSIGN_OR_RETURN(children, ChildrenAt(call, *parent, wanted, query.span));
  }
  const size_t all = children.size();
  // One indexed read gives those of today.
  const bool of_today = parent.has_value() && SameUnits(children, ChildrenOf(parent->uid));
  std::string next;
  const bool by_code = query.order.field == nullptr;
  if (by_code) {
    if (query.order.descending) std::reverse(children.begin(), children.end());
    auto page = Cut(std::move(children), after, query, KeyOfUnit);
    children = std::move(page.items);
    next = std::move(page.next);
  }
  wanted.spans.push_back(query.span);
  wanted.min_revision = TokensOf(request);
  if (parent.has_value()) wanted.units.push_back(WantedOf(*parent));
  for (const common::DirectoryUnit& unit : children) wanted.units.push_back(WantedOf(unit));
  wanted.with_children = parent.has_value() && children.size() == all && all > 0 && of_today;
  RONGHE_ASSIGN_OR_RETURN(const Collected collected, uses_.collector.Collect(wanted, call.deadline));
  v1::ListChildOverviewsResponse response;
  if (parent.has_value()) Fill(*parent, collected, wanted, 0, *response.mutable_total());
  std::vector<v1::Overview> overviews(children.size());
  const size_t first = parent.has_value() ? 1 : 0;
  for (size_t i = 0; i < children.size(); ++i) Fill(children[i], collected, wanted, first + i, overviews[i]);
  if (!by_code) {
    Rank(query.order, parent.has_value() ? &response.total() : nullptr, overviews);
    auto page = Cut(std::move(overviews), after, query, [&](const v1::Overview& overview) {
      return SortKey{ValueOf(overview, query.order), overview.unit().substr(kPrefix.size())};
    });
    overviews = std::move(page.items);
    next = std::move(page.next);
  }
  response.mutable_overviews()->Add(std::make_move_iterator(overviews.begin()),
                                    std::make_move_iterator(overviews.end()));
  FillParts(collected, *response.mutable_parts());
  if (!next.empty()) response.set_next_page_token(common::MakePageToken(uses_.signer, bound, next));
  return response;
}

absl::StatusOr<v1::GetTrendResponse> OverviewApp::GetTrend(const common::Call& call,
                                                           const v1::GetTrendRequest& request) {
  Wanted wanted;
  wanted.month = Month();
  RONGHE_ASSIGN_OR_RETURN(wanted.spans, ReadSpans(request, wanted.month));
  RONGHE_ASSIGN_OR_RETURN(const common::DirectoryUnit unit, Find(request.unit()));
  wanted.units.push_back(WantedOf(unit));
  wanted.min_revision = TokensOf(request);
  RONGHE_ASSIGN_OR_RETURN(const Collected collected, uses_.collector.Collect(wanted, call.deadline));
  v1::GetTrendResponse response;
  for (size_t i = 0; i < wanted.spans.size(); ++i) Fill(unit, collected, wanted, i, *response.add_overviews());
  FillParts(collected, *response.mutable_parts());
  return response;
}

absl::StatusOr<v1::CompareUnitsResponse> OverviewApp::CompareUnits(const common::Call& call,
                                                                   const v1::CompareUnitsRequest& request) {
  Wanted wanted;
  wanted.month = Month();
  RONGHE_ASSIGN_OR_RETURN(Span span, ReadSpan(request, wanted.month));
  wanted.spans.push_back(std::move(span));
  wanted.min_revision = TokensOf(request);
  std::vector<common::DirectoryUnit> units;
  for (const std::string& name : request.units()) {
    RONGHE_ASSIGN_OR_RETURN(common::DirectoryUnit unit, Find(name));
    wanted.units.push_back(WantedOf(unit));
    units.push_back(std::move(unit));
  }
  RONGHE_ASSIGN_OR_RETURN(const Collected collected, uses_.collector.Collect(wanted, call.deadline));
  v1::CompareUnitsResponse response;
  for (size_t i = 0; i < units.size(); ++i) Fill(units[i], collected, wanted, i, *response.add_overviews());
  FillParts(collected, *response.mutable_parts());
  return response;
}

}  // namespace ronghe::gateway
