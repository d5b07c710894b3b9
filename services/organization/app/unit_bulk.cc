#include "services/organization/app/unit_bulk.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/organization/app/structure_checks.h"

namespace ronghe::organization {
namespace {

using common::Blocker;
using common::Text;
using common::UnitUid;

constexpr size_t kBatch = 500;

Text DuplicateText() {
  return {"the code is in use", "该组织代码已被使用"};
}
Text NoParentText() {
  return {"there is no such parent", "上级组织不存在"};
}
Text ParentRefusedText() {
  return {"the row of the parent was refused", "上级组织所在行未通过校验"};
}
Text BeforeParentText() {
  return {"lies before the first day of the parent", "早于上级组织的起始日期"};
}

DraftFault FaultOf(const UnitDraft& draft, std::string field, std::string reason, Text text) {
  return {draft.line, std::move(field), std::move(reason), std::move(text)};
}

// Runs `each` on slices of at most kBatch.
template <typename T>
absl::Status InBatches(std::span<const T> all, absl::FunctionRef<absl::Status(std::span<const T>)> each) {
  for (size_t i = 0; i < all.size(); i += kBatch) {
    RONGHE_RETURN_IF_ERROR(each(all.subspan(i, std::min(kBatch, all.size() - i))));
  }
  return absl::OkStatus();
}

}  // namespace

int64_t DraftOrder(const UnitFields& fields) {
  // General branches are the only ones over units of their own rank.
  bool second = fields.level == Level::kBranch && fields.kind != UnitKind::kGeneralBranch;
  int level = static_cast<int>(fields.level);
  return level < 0 || level > static_cast<int>(Level::kGroup) ? 15 : level * 2 + (second ? 1 : 0);
}

absl::Status UnitBulkCheck::Refuse(Node& node, std::string field, std::string reason, Text text, FaultSink refuse) {
  node.refused = true;
  return refuse({node.line, std::move(field), std::move(reason), std::move(text)});
}

absl::Status UnitBulkCheck::CheckOne(const UnitDraft& draft, Node& node, FaultSink refuse) {
  common::Violations violations;
  CheckUnitFields(draft.fields, today_, "", violations);
  if (!draft.parent_code.empty() && !IsUnitCode(draft.parent_code)) {
    violations.Add("parent", "BAD_NAME", {"must have the form units/{code}", "格式应为 units/{组织代码}"});
  }
  for (const common::Violation& violation : violations.list()) {
    RONGHE_RETURN_IF_ERROR(Refuse(node, violation.field, violation.reason, violation.text, refuse));
  }
  return absl::OkStatus();
}

absl::Status UnitBulkCheck::Add(UnitReader& reader, std::span<const UnitDraft> drafts, FaultSink refuse) {
  std::vector<std::string> codes;
  for (const UnitDraft& draft : drafts) {
    if (IsUnitCode(draft.fields.code)) codes.push_back(draft.fields.code);
  }
  absl::flat_hash_set<std::string> taken;
  RONGHE_RETURN_IF_ERROR(InBatches<std::string>(codes, [&](std::span<const std::string> some) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, reader.FindManyByCode(some));
    for (const Unit& unit : units) taken.insert(unit.code());
    return absl::OkStatus();
  }));
  for (const UnitDraft& draft : drafts) {
    Node node;
    node.line = draft.line;
    node.parent_code = draft.parent_code;
    node.standing = {draft.fields.level, draft.fields.kind};
    RONGHE_RETURN_IF_ERROR(CheckOne(draft, node, refuse));
    if (IsUnitCode(draft.fields.code)) {
      auto [first, is_new] = by_code_.emplace(draft.fields.code, nodes_.size());
      if (!is_new) {
        int64_t line = nodes_[first->second].line;
        RONGHE_RETURN_IF_ERROR(
            Refuse(node, "code", "DUPLICATE_CODE",
                   {fmt::format("stands already in line {}", line), fmt::format("与第 {} 行重复", line)}, refuse));
      } else if (taken.contains(draft.fields.code)) {
        RONGHE_RETURN_IF_ERROR(Refuse(node, "code", "DUPLICATE_CODE", DuplicateText(), refuse));
      }
    }
    nodes_.push_back(std::move(node));
  }
  return absl::OkStatus();
}

absl::StatusOr<UnitBulkCheck::Outside> UnitBulkCheck::Judge(UnitReader& reader, const Unit& unit) const {
  Outside outside;
  outside.standing = unit.standing();
  outside.depth = 1;
  bool inside = !under_.uid || unit.uid() == under_.uid;
  UnitUid above = unit.parent().uid;
  while (above && outside.depth <= kMaxDepth) {
    inside |= above == under_.uid;
    ++outside.depth;
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> parent, reader.Find(above));
    above = parent ? parent->parent().uid : UnitUid();
  }
  // What lies outside is as if it were not.
  if (!inside) outside.faults.push_back({"parent", "PARENT_NOT_FOUND", NoParentText()});
  if (inside && !unit.active()) {
    outside.faults.push_back({"parent", "PARENT_DISSOLVED", {"the parent is dissolved", "上级组织已撤销"}});
  }
  if (inside && effective_ < unit.first()) {
    outside.faults.push_back({"parent", "BEFORE_PARENT", BeforeParentText()});
  }
  return outside;
}

absl::Status UnitBulkCheck::LoadOutside(UnitReader& reader) {
  absl::flat_hash_set<std::string> wanted;
  for (const Node& node : nodes_) {
    if (!node.refused && !node.parent_code.empty() && !by_code_.contains(node.parent_code)) {
      wanted.insert(node.parent_code);
    }
  }
  std::vector<std::string> codes(wanted.begin(), wanted.end());
  std::sort(codes.begin(), codes.end());
  return InBatches<std::string>(codes, [&](std::span<const std::string> some) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, reader.FindManyByCode(some));
    for (const Unit& unit : units) {
      RONGHE_ASSIGN_OR_RETURN(Outside outside, Judge(reader, unit));
      outside_.emplace(unit.code(), std::move(outside));
    }
    return absl::OkStatus();
  });
}

absl::Status UnitBulkCheck::PlaceUnder(Node& node, Standing parent, int parent_depth, FaultSink refuse) {
  for (PlacementFault fault : CheckPlacement(node.standing, parent)) {
    bool level = fault == PlacementFault::kLevelOrder;
    Text child = level ? LevelText(node.standing.level) : KindText(node.standing.kind);
    Text above = level ? LevelText(parent.level) : KindText(parent.kind);
    RONGHE_RETURN_IF_ERROR(Refuse(node, "parent", level ? "LEVEL_ORDER" : "KIND_UNDER_KIND",
                                  {fmt::format("a {} cannot stand under a {}", child.en, above.en),
                                   fmt::format("{}不能隶属于{}", child.zh, above.zh)},
                                  refuse));
  }
  node.depth = parent_depth + 1;
  if (node.depth > kMaxDepth) {
    RONGHE_RETURN_IF_ERROR(Refuse(node, "parent", "TOO_DEEP",
                                  {fmt::format("the tree would have more than {} ranks", kMaxDepth),
                                   fmt::format("组织树将超过 {} 层", kMaxDepth)},
                                  refuse));
  }
  return absl::OkStatus();
}

absl::Status UnitBulkCheck::Place(Node& node, FaultSink refuse) {
  if (node.parent_code.empty()) {
    if (under_.uid) {
      return Refuse(node, "parent", "REQUIRED", {"must lie below the unit of the import", "必须隶属于导入的上级组织"},
                    refuse);
    }
    if (!CheckPlacement(node.standing, std::nullopt).empty()) {
      return Refuse(node, "parent", "REQUIRED", {"needs a unit above it", "必须有上级组织"}, refuse);
    }
    node.depth = 1;
    return absl::OkStatus();
  }
  auto sibling = by_code_.find(node.parent_code);
  if (sibling != by_code_.end()) {
    const Node& parent = nodes_[sibling->second];
    if (parent.refused) return Refuse(node, "parent", "PARENT_REFUSED", ParentRefusedText(), refuse);
    return PlaceUnder(node, parent.standing, parent.depth, refuse);
  }
  auto outside = outside_.find(node.parent_code);
  if (outside == outside_.end()) return Refuse(node, "parent", "PARENT_NOT_FOUND", NoParentText(), refuse);
  for (const common::Violation& fault : outside->second.faults) {
    RONGHE_RETURN_IF_ERROR(Refuse(node, fault.field, fault.reason, fault.text, refuse));
  }
  if (node.refused) return absl::OkStatus();
  return PlaceUnder(node, outside->second.standing, outside->second.depth, refuse);
}

absl::Status UnitBulkCheck::Finish(UnitReader& reader, FaultSink refuse) {
  RONGHE_RETURN_IF_ERROR(LoadOutside(reader));
  std::vector<size_t> order(nodes_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto rank = [&](size_t i) {
    UnitFields fields;
    fields.level = nodes_[i].standing.level;
    fields.kind = nodes_[i].standing.kind;
    return DraftOrder(fields);
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rank(a) < rank(b); });
  for (size_t i : order) {
    if (!nodes_[i].refused) RONGHE_RETURN_IF_ERROR(Place(nodes_[i], refuse));
  }
  return absl::OkStatus();
}

namespace {

// One call of CreateUnits.
class Creation {
 public:
  Creation(UnitTxn& txn, std::span<const UnitDraft> drafts, absl::CivilDay effective, absl::CivilDay today)
      : txn_(txn), drafts_(drafts), effective_(effective), today_(today) {}

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
    absl::StatusOr<Unit> unit =
        Unit::Create(txn_.NewUid(), partition, parent ? parent->ref() : UnitRef{}, draft.fields, effective_, today_);
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
                              PlacementBlockers(txn_, {{}, draft.fields.code}, {draft.fields.level, draft.fields.kind},
                                                parent, 1, effective_));
      known = blockers_.emplace(key, std::move(blockers)).first;
    }
    return &known->second;
  }

  UnitTxn& txn_;
  std::span<const UnitDraft> drafts_;
  absl::CivilDay effective_;
  absl::CivilDay today_;
  BulkResult result_;
  absl::flat_hash_map<std::string, Unit> stored_;
  absl::flat_hash_map<std::string, Unit> made_;
  std::map<std::tuple<UnitUid, Level, UnitKind>, std::vector<Blocker>> blockers_;
  common::PartitionId next_partition_;
};

}  // namespace

absl::StatusOr<BulkResult> CreateUnits(UnitTxn& txn, std::span<const UnitDraft> drafts, absl::CivilDay effective,
                                       absl::CivilDay today) {
  return Creation(txn, drafts, effective, today).Run();
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
