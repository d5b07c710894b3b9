#include "services/organization/app/unit_query.h"

#include <algorithm>
#include <memory>
#include <span>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

using common::UnitUid;

constexpr size_t kMaxNames = 500;
constexpr size_t kExportBatch = 500;

}  // namespace

std::vector<Unit> UnitQuery::InOrder(std::span<const UnitUid> uids, std::vector<Unit> units) {
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
  if (parent != common::kAllUnits) {
    RONGHE_ASSIGN_OR_RETURN(UnitUid root, Resolve(parent, "parent"));
    roots = {root};
  } else if (!call.scope.everything) {
    roots = call.scope.units;
  }
  if (as_of && *as_of >= calendar_.Today()) as_of.reset();
  auto uids = std::make_shared<std::vector<UnitUid>>();
  bool everything = parent == common::kAllUnits && call.scope.everything;
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
