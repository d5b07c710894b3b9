#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "services/organization/app/structure_checks.h"
#include "services/organization/app/unit_bulk.h"
#include "services/organization/app/unit_bulk_texts.h"

namespace ronghe::organization {
namespace {

using common::Blocker;
using common::Text;
using common::UnitUid;

DraftFault FaultOf(const UnitDraft& draft, std::string field, std::string reason, Text text) {
  return {draft.line, std::move(field), std::move(reason), std::move(text)};
}

// One call of CreateUnits.
class Creation {
 public:
  Creation(UnitTxn& txn, std::span<const UnitDraft> drafts, const Rules& rules, absl::CivilDay effective,
           absl::CivilDay today)
      : txn_(txn), drafts_(drafts), rules_(rules), effective_(effective), today_(today) {}

  absl::StatusOr<BulkResult> Run() {
    RONGHE_RETURN_IF_ERROR(Load());
    std::vector<Unit> units;
    std::vector<int64_t> lines;
    for (const UnitDraft& draft : drafts_) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> unit, Make(draft));
      if (!unit) continue;
      lines.push_back(draft.line);
      made_.emplace(unit->code(), *unit);
      units.push_back(*std::move(unit));
    }
    if (units.empty()) return std::move(result_);
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> recorded, txn_.Insert(std::move(units)));
    for (size_t i = 0; i < recorded.size(); ++i) result_.created.push_back({lines[i], std::move(recorded[i])});
    return std::move(result_);
  }

 private:
  absl::Status Load() {
    std::vector<std::string> codes;
    int partitions = 0;
    for (const UnitDraft& draft : drafts_) {
      codes.push_back(draft.fields.code);
      if (!draft.parent_code.empty()) codes.push_back(draft.parent_code);
      if (HasOwnPartition(draft.fields.level)) ++partitions;
    }
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    RONGHE_RETURN_IF_ERROR(InBatches<std::string>(codes, [&](std::span<const std::string> some) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, txn_.FindManyByCode(some));
      for (Unit& unit : units) {
        std::string code = unit.code();
        stored_.emplace(std::move(code), std::move(unit));
      }
      return absl::OkStatus();
    }));
    if (partitions > 0) {
      RONGHE_ASSIGN_OR_RETURN(next_partition_, txn_.NewPartitions(partitions));
    }
    return absl::OkStatus();
  }

  std::nullopt_t Refuse(const UnitDraft& draft, std::string field, std::string reason, Text text) {
    result_.refused.push_back(FaultOf(draft, std::move(field), std::move(reason), std::move(text)));
    return std::nullopt;
  }

  absl::StatusOr<std::optional<Unit>> Make(const UnitDraft& draft) {
    const std::string& code = draft.fields.code;
    if (stored_.contains(code) || made_.contains(code)) return Refuse(draft, "code", "DUPLICATE_CODE", DuplicateText());
    std::optional<Unit> parent;
    if (!draft.parent_code.empty()) {
      RONGHE_ASSIGN_OR_RETURN(parent, ParentOf(draft));
      if (!parent) return std::optional<Unit>();
    }
    common::PartitionId partition = parent ? parent->partition() : common::kDefaultPartition;
    if (HasOwnPartition(draft.fields.level)) partition = common::PartitionId(next_partition_.value++);
    absl::StatusOr<Unit> unit = Unit::Create(txn_.NewUid(), partition, parent ? parent->ref() : UnitRef{}, draft.fields,
                                             rules_, effective_, today_);
    if (unit.ok()) return std::optional<Unit>(*std::move(unit));
    for (const common::Violation& violation : common::ViolationsOf(unit.status())) {
      Refuse(draft, violation.field, violation.reason, violation.text);
    }
    return std::optional<Unit>();
  }

  // The parent, if the draft may stand under it; otherwise it is refused.
  absl::StatusOr<std::optional<Unit>> ParentOf(const UnitDraft& draft) {
    auto made = made_.find(draft.parent_code);
    if (made != made_.end()) {
      // Checked against each other before; nothing can have come between.
      return std::optional<Unit>(made->second);
    }
    auto stored = stored_.find(draft.parent_code);
    if (stored == stored_.end()) return Refuse(draft, "parent", "PARENT_NOT_FOUND", NoParentText());
    const Unit& parent = stored->second;
    if (effective_ < parent.first()) return Refuse(draft, "parent", "BEFORE_PARENT", BeforeParentText());
    RONGHE_ASSIGN_OR_RETURN(const std::vector<Blocker>* blockers, BlockersFor(draft, parent));
    for (const Blocker& blocker : *blockers) Refuse(draft, "parent", blocker.reason, blocker.text);
    if (!blockers->empty()) return std::optional<Unit>();
    return std::optional<Unit>(parent);
  }

  // The same for all drafts of a rank and kind under one parent.
  absl::StatusOr<const std::vector<Blocker>*> BlockersFor(const UnitDraft& draft, const Unit& parent) {
    auto key = std::make_tuple(parent.uid(), draft.fields.level, draft.fields.kind);
    auto known = blockers_.find(key);
    if (known == blockers_.end()) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> blockers,
                              PlacementBlockers(txn_, rules_, {{}, draft.fields.code},
                                                {draft.fields.level, draft.fields.kind}, parent, 1, effective_));
      known = blockers_.emplace(key, std::move(blockers)).first;
    }
    return &known->second;
  }

  UnitTxn& txn_;
  std::span<const UnitDraft> drafts_;
  const Rules& rules_;
  absl::CivilDay effective_;
  absl::CivilDay today_;
  BulkResult result_;
  absl::flat_hash_map<std::string, Unit> stored_;
  absl::flat_hash_map<std::string, Unit> made_;
  std::map<std::tuple<UnitUid, Level, UnitKind>, std::vector<Blocker>> blockers_;
  common::PartitionId next_partition_;
};

}  // namespace

absl::StatusOr<BulkResult> CreateUnits(UnitTxn& txn, std::span<const UnitDraft> drafts, const Rules& rules,
                                       absl::CivilDay effective, absl::CivilDay today) {
  return Creation(txn, drafts, rules, effective, today).Run();
}

absl::Status EraseUnits(UnitTxn& txn, std::span<const UnitUid> uids) {
  absl::flat_hash_set<UnitUid> among(uids.begin(), uids.end());
  std::vector<Unit> units;
  std::vector<Blocker> blockers;
  RONGHE_RETURN_IF_ERROR(InBatches<UnitUid>(uids, [&](std::span<const UnitUid> some) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::vector<UnitRef> below, txn.EverBelow(some));
    for (const UnitRef& child : below) {
      if (among.contains(child.uid)) continue;
      blockers.push_back(
          {"HAS_UNITS", "units/" + child.code, {"stands below an imported unit", "隶属于本次导入的组织"}});
    }
    RONGHE_ASSIGN_OR_RETURN(std::vector<UnitUid> changed, txn.Changed(some));
    absl::flat_hash_set<UnitUid> changed_set(changed.begin(), changed.end());
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> found, txn.FindMany(some));
    for (const Unit& unit : found) {
      if (!changed_set.contains(unit.uid())) continue;
      blockers.push_back({"CHANGED_SINCE", unit.name(), {"has changed since the import", "导入之后已被修改"}});
    }
    RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> occupants, txn.Occupants(found));
    for (Blocker& occupant : occupants) blockers.push_back(std::move(occupant));
    for (Unit& unit : found) units.push_back(std::move(unit));
    return absl::OkStatus();
  }));
  if (!blockers.empty()) {
    return common::FailedPrecondition(
        "IMPORT_IN_USE",
        {"something has been built on the import since; everything is listed", "导入之后已有数据依赖于它，已全部列出"},
        std::move(blockers));
  }
  return InBatches<Unit>(units, [&](std::span<const Unit> some) { return txn.Erase(some); });
}

}  // namespace ronghe::organization
