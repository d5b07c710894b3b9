#include "services/organization/app/unit_bulk.h"

#include <algorithm>
#include <numeric>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/organization/app/unit_bulk_texts.h"

namespace ronghe::organization {
namespace {

using common::Text;
using common::UnitUid;

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
  CheckUnitFields(draft.fields, rules_, today_, "", violations);
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
  for (PlacementFault fault : rules_.structure.placements.Check(node.standing, parent)) {
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
    if (!rules_.structure.placements.Check(node.standing, std::nullopt).empty()) {
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

}  // namespace ronghe::organization
