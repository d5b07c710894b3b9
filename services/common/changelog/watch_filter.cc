#include "services/common/changelog/watch_filter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"
#include "services/common/values/timestamp.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kUnits = "units/";
constexpr int kMaxUnits = 500;
constexpr int kMaxKinds = 50;

bool IsCollection(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' && std::ranges::all_of(name, letter);
}

bool IsUnitName(std::string_view name) {
  return name.size() > kUnits.size() && name.size() <= 128 && name.starts_with(kUnits) &&
         name.find('/', kUnits.size()) == std::string_view::npos;
}

// Shape only.
absl::Status Check(const v1::WatchRequest& request) {
  Violations violations;
  if (request.units_size() > kMaxUnits) {
    violations.Add("units", "TOO_MANY",
                   {fmt::format("At most {} units.", kMaxUnits), fmt::format("最多{}个组织。", kMaxUnits)});
  }
  if (request.kinds_size() > kMaxKinds) {
    violations.Add("kinds", "TOO_MANY",
                   {fmt::format("At most {} collections.", kMaxKinds), fmt::format("最多{}种资源。", kMaxKinds)});
  }
  for (int i = 0; i < std::min(request.units_size(), kMaxUnits); ++i) {
    if (IsUnitName(request.units(i))) continue;
    violations.Add(fmt::format("units[{}]", i), "BAD_NAME",
                   {"Must be the name of a unit, `units/CODE`.", "须为组织名称,形如 units/代码。"});
  }
  for (int i = 0; i < std::min(request.kinds_size(), kMaxKinds); ++i) {
    if (IsCollection(request.kinds(i))) continue;
    violations.Add(fmt::format("kinds[{}]", i), "BAD_COLLECTION",
                   {"Must be the name of a collection, for example `members`.", "须为资源集合名称,例如 members。"});
  }
  return violations.ToStatus();
}

v1::ChangeKind KindOf(ChangeKind kind) {
  return static_cast<v1::ChangeKind>(kind);
}

}  // namespace

bool IsUnitResource(std::string_view resource) {
  return resource.starts_with(kUnits);
}

absl::StatusOr<WatchFilter> WatchFilter::Create(const Directory& directory, Scope scope,
                                                const v1::WatchRequest& request) {
  RONGHE_RETURN_IF_ERROR(Check(request));
  WatchFilter filter(directory, std::move(scope));
  bool all = false;
  for (const std::string& name : request.units()) {
    if (name == kAllUnits) {
      all = true;
      continue;
    }
    const std::optional<DirectoryUnit> unit = directory.FindByCode(std::string_view(name).substr(kUnits.size()));
    if (!unit.has_value() || !filter.Covered(unit->uid)) return NotFound(name);
    filter.units_.push_back(unit->uid);
  }
  if (all) filter.units_.clear();
  for (const std::string& kind : request.kinds()) filter.kinds_.push_back(kind + "/");
  return filter;
}

bool WatchFilter::Covered(UnitUid unit) const {
  if (scope_.everything) return true;
  return unit && directory_->ScopeCovers(scope_, unit);
}

bool WatchFilter::Watched(UnitUid unit) const {
  if (!Covered(unit)) return false;
  if (units_.empty()) return true;
  return unit && std::ranges::any_of(units_, [&](UnitUid root) { return directory_->IsWithin(unit, root); });
}

bool WatchFilter::WatchedBelow(UnitUid unit, UnitUid parent) const {
  const auto is_unit = [&](UnitUid root) { return root == unit; };
  if (!Covered(parent) && std::ranges::none_of(scope_.units, is_unit)) return false;
  if (units_.empty() || std::ranges::any_of(units_, is_unit)) return true;
  return std::ranges::any_of(units_, [&](UnitUid root) { return directory_->IsWithin(parent, root); });
}

bool WatchFilter::KindWanted(std::string_view resource) const {
  if (kinds_.empty()) return true;
  return std::ranges::any_of(kinds_, [&](const std::string& kind) { return resource.starts_with(kind); });
}

std::string WatchFilter::NameOf(UnitUid unit) const {
  if (!unit || !Covered(unit)) return {};
  const std::string code = directory_->CodeOf(unit);
  return code.empty() ? std::string() : fmt::format("{}{}", kUnits, code);
}

std::optional<v1::Change> WatchFilter::Apply(const PublishedChange& change) const {
  const ChangeEntry& entry = change.entry;
  const bool is_unit = IsUnitResource(entry.resource);
  const bool moved = entry.unit_before && entry.unit_before != entry.unit;
  const bool inside = Watched(entry.unit);
  bool before = inside;
  if (moved) before = is_unit ? WatchedBelow(entry.unit, entry.unit_before) : Watched(entry.unit_before);
  if (!inside && !before) return std::nullopt;
  // What is gone has not gone elsewhere, although the tree may have forgotten its unit.
  const bool crossed = inside != before && entry.kind != ChangeKind::kDeleted;
  if (!KindWanted(entry.resource) && !(crossed && is_unit)) return std::nullopt;

  v1::Change out;
  out.set_position(change.position);
  out.set_partition(change.partition.value);
  out.set_revision(change.revision);
  WriteTimestamp(change.time, *out.mutable_time());
  out.set_kind(KindOf(entry.kind));
  if (crossed) out.set_kind(inside ? v1::CHANGE_KIND_UNIT_ENTERED : v1::CHANGE_KIND_UNIT_LEFT);
  out.set_resource(entry.resource);
  out.set_unit(NameOf(entry.unit));
  out.set_change_id(change.change_id);
  out.set_unit_before(NameOf(entry.unit_before));
  if (inside) out.set_etag(entry.etag);
  return out;
}

}  // namespace ronghe::common
