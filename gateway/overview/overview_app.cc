#include "gateway/overview/overview_app.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr std::string_view kPrefix = "units/";
constexpr std::string_view kEverything = "units/-";

WantedUnit Wanted(const common::DirectoryUnit& unit) {
  return {unit.uid, fmt::format("{}{}", kPrefix, unit.code)};
}

bool IsActive(const common::DirectoryUnit& unit) {
  return !unit.deleted && unit.state == organization::v1::UNIT_STATE_ACTIVE;
}

void FillParts(const Collected& collected, google::protobuf::RepeatedPtrField<v1::OverviewPart>& parts) {
  for (const Collected::OfService& service : collected.services) {
    v1::OverviewPart& part = *parts.Add();
    part.set_service(service.service);
    part.set_missing(service.missing);
    part.set_stale(service.stale);
    part.set_position(service.place.position);
    if (service.place.position > 0) *part.mutable_time() = service.place.time;
  }
}

// Puts the figures into the field that bears the service's name.
void FillFigures(const std::string& service, const google::protobuf::Message& figures, v1::Overview& overview) {
  const auto* field = v1::Overview::descriptor()->FindFieldByName(service);
  if (field == nullptr || field->message_type() != figures.GetDescriptor()) return;
  overview.GetReflection()->MutableMessage(&overview, field)->CopyFrom(figures);
}

// The units of one page, and where the next begins.
absl::StatusOr<common::Page<common::DirectoryUnit>> CutPage(std::vector<common::DirectoryUnit> units,
                                                            const v1::ListChildOverviewsRequest& request,
                                                            const common::TokenSigner& signer) {
  RONGHE_ASSIGN_OR_RETURN(const int size, common::PageSize(request.page_size()));
  const std::string query = fmt::format("ListChildOverviews {}", request.unit());
  RONGHE_ASSIGN_OR_RETURN(const std::string after, common::ReadPageToken(signer, query, request.page_token()));
  common::Page<common::DirectoryUnit> page;
  auto begin = std::upper_bound(units.begin(), units.end(), after,
                                [](const std::string& code, const auto& unit) { return code < unit.code; });
  const auto end = begin + std::min<std::ptrdiff_t>(size, units.end() - begin);
  if (end != units.end()) page.next = common::MakePageToken(signer, query, std::prev(end)->code);
  page.items.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
  return page;
}

}  // namespace

absl::StatusOr<common::DirectoryUnit> OverviewApp::Find(const std::string& name) const {
  if (!name.starts_with(kPrefix)) return common::NotFound(name);
  std::optional<common::DirectoryUnit> unit = directory_.FindByCode(std::string_view(name).substr(kPrefix.size()));
  if (!unit.has_value() || unit->deleted) return common::NotFound(name);
  return *std::move(unit);
}

std::vector<common::DirectoryUnit> OverviewApp::ChildrenOf(common::UnitUid unit) const {
  std::vector<common::DirectoryUnit> children = directory_.ChildrenOf(unit);
  std::erase_if(children, [](const common::DirectoryUnit& child) { return !IsActive(child); });
  return children;
}

std::vector<common::DirectoryUnit> OverviewApp::RootsOf(const common::Scope& scope) const {
  if (scope.everything) return ChildrenOf(common::UnitUid());
  std::vector<common::DirectoryUnit> roots;
  for (const common::UnitUid uid : scope.units) {
    if (std::optional<common::DirectoryUnit> unit = directory_.Find(uid); unit.has_value() && IsActive(*unit)) {
      roots.push_back(*std::move(unit));
    }
  }
  std::sort(roots.begin(), roots.end(), [](const auto& a, const auto& b) { return a.code < b.code; });
  return roots;
}

void OverviewApp::Fill(const common::DirectoryUnit& unit, const Collected& collected, v1::Overview& overview) const {
  overview.set_unit(Wanted(unit).name);
  overview.set_title(unit.title);
  overview.set_level(static_cast<organization::v1::Level>(unit.level));
  overview.set_kind(static_cast<organization::v1::UnitKind>(unit.kind));
  overview.set_child_count(static_cast<int64_t>(ChildrenOf(unit.uid).size()));
  for (const Collected::OfService& service : collected.services) {
    const auto found = service.figures.find(unit.uid.value);
    if (found != service.figures.end()) FillFigures(service.service, *found->second, overview);
  }
}

absl::StatusOr<v1::Overview> OverviewApp::GetOverview(const common::Call& call, const v1::GetOverviewRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const common::DirectoryUnit unit, Find(request.unit()));
  CollectRequest wanted;
  wanted.units.push_back(Wanted(unit));
  wanted.min_revision.assign(request.min_revision().begin(), request.min_revision().end());
  RONGHE_ASSIGN_OR_RETURN(const Collected collected, collector_.Collect(call, wanted));
  v1::Overview overview;
  Fill(unit, collected, overview);
  FillParts(collected, *overview.mutable_parts());
  return overview;
}

absl::StatusOr<v1::ListChildOverviewsResponse> OverviewApp::ListChildOverviews(
    const common::Call& call, const v1::ListChildOverviewsRequest& request) {
  std::optional<common::DirectoryUnit> parent;
  std::vector<common::DirectoryUnit> children;
  if (request.unit() == kEverything) {
    children = RootsOf(call.scope);
  } else {
    RONGHE_ASSIGN_OR_RETURN(parent, Find(request.unit()));
    children = ChildrenOf(parent->uid);
  }
  const size_t all = children.size();
  RONGHE_ASSIGN_OR_RETURN(const auto page, CutPage(std::move(children), request, signer_));
  CollectRequest wanted;
  wanted.min_revision.assign(request.min_revision().begin(), request.min_revision().end());
  if (parent.has_value()) wanted.units.push_back(Wanted(*parent));
  for (const common::DirectoryUnit& unit : page.items) wanted.units.push_back(Wanted(unit));
  wanted.with_children = parent.has_value() && page.items.size() == all && all > 0;
  RONGHE_ASSIGN_OR_RETURN(const Collected collected, collector_.Collect(call, wanted));
  v1::ListChildOverviewsResponse response;
  for (const common::DirectoryUnit& unit : page.items) Fill(unit, collected, *response.add_overviews());
  if (parent.has_value()) Fill(*parent, collected, *response.mutable_total());
  FillParts(collected, *response.mutable_parts());
  response.set_next_page_token(page.next);
  return response;
}

}  // namespace ronghe::gateway
