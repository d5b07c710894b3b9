#include "services/organization/app/summary_app.h"

#include <algorithm>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "services/common/values/status.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxUnits = 100;

struct Node {
  common::UnitUid uid;
  size_t parent = 0;  // index; its own for the top
  std::string code;   // of the top and its children
  bool listed = false;
  bool counted = false;
  UnitKind kind = UnitKind::kUnspecified;
  UnitCounts own;
  UnitCounts total;
};

// A unit and everything below it, parents before children.
struct Subtree {
  std::vector<Node> nodes;
};

Subtree Collect(const Tree& tree, common::UnitUid top, absl::flat_hash_set<common::PartitionId>& partitions) {
  Subtree subtree;
  absl::flat_hash_map<common::UnitUid, size_t> index;
  tree.VisitSubtree(top, [&](const TreeUnit& unit) {
    Node node;
    node.uid = unit.uid;
    auto parent = index.find(unit.parent);
    node.parent = parent == index.end() ? subtree.nodes.size() : parent->second;
    bool active = unit.state == UnitState::kActive;
    node.listed = unit.uid == top || (unit.parent == top && active);
    if (node.listed) node.code = unit.code;
    node.counted = active && IsOrganization(unit.kind);
    node.kind = unit.kind;
    partitions.insert(unit.partition);
    index.emplace(unit.uid, subtree.nodes.size());
    subtree.nodes.push_back(std::move(node));
  });
  return subtree;
}

void Sum(Subtree& subtree, const OwnCounts& counts) {
  std::vector<Node>& nodes = subtree.nodes;
  for (Node& node : nodes) {
    if (node.counted) node.own.AddUnit(node.kind);
    auto members = counts.members.find(node.uid);
    if (members != counts.members.end()) node.own.members = members->second;
    node.total = node.own;
  }
  // Children stand behind their parents, so that each total is complete when it is passed up.
  for (size_t i = nodes.size(); i-- > 1;) {
    if (nodes[i].parent != i) nodes[nodes[i].parent].total += nodes[i].total;
  }
}

void Append(const Subtree& subtree, bool include_children, std::vector<UnitTotals>& out) {
  if (subtree.nodes.empty()) return;
  const Node& top = subtree.nodes.front();
  out.push_back({top.code, top.own, top.total});
  if (!include_children) return;
  size_t first = out.size();
  for (size_t i = 1; i < subtree.nodes.size(); ++i) {
    const Node& node = subtree.nodes[i];
    if (node.listed) out.push_back({node.code, node.own, node.total});
  }
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
            [](const UnitTotals& a, const UnitTotals& b) { return a.code < b.code; });
}

}  // namespace

absl::StatusOr<Summaries> SummaryApp::BatchGet(const common::Call& call, const std::vector<std::string>& units,
                                               bool include_children) {
  if (units.empty()) return common::InvalidArgument("units", "REQUIRED", {"is required", "必填"});
  if (units.size() > kMaxUnits) {
    return common::InvalidArgument("units", "TOO_MANY", {"at most 100 units at once", "一次最多 100 个组织"});
  }
  std::vector<common::UnitUid> tops;
  absl::flat_hash_set<common::PartitionId> partitions;
  std::vector<Subtree> subtrees;
  for (const std::string& name : units) {
    RONGHE_ASSIGN_OR_RETURN(std::string code, CodeFromName(name, "units"));
    std::optional<TreeUnit> unit = tree_.FindByCode(code);
    if (!unit) return common::NotFound(name);
    tops.push_back(unit->uid);
    subtrees.push_back(Collect(tree_, unit->uid, partitions));
  }
  std::vector<common::PartitionId> sorted(partitions.begin(), partitions.end());
  std::sort(sorted.begin(), sorted.end());
  RONGHE_ASSIGN_OR_RETURN(OwnCounts counts, source_.Read(sorted, call.deadline));
  // The tree may be a moment behind the snapshot whose position the answer names.
  if (tree_.structure_revision() < counts.structure_revision &&
      consistency_.WaitForStructure(counts.structure_revision, call.deadline)) {
    for (size_t i = 0; i < tops.size(); ++i) subtrees[i] = Collect(tree_, tops[i], partitions);
  }
  Summaries summaries;
  summaries.position = counts.position;
  summaries.time = counts.time;
  for (Subtree& subtree : subtrees) {
    Sum(subtree, counts);
    Append(subtree, include_children, summaries.units);
  }
  return summaries;
}

}  // namespace ronghe::organization
