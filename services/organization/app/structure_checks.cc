#include "services/organization/app/structure_checks.h"

#include <algorithm>
#include <memory>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

namespace ronghe::organization {
namespace {

using common::Blocker;
using common::Text;
using common::UnitUid;

Blocker Misplaced(PlacementFault fault, Standing standing, const Unit& parent) {
  Text child = fault == PlacementFault::kLevelOrder ? LevelText(standing.level) : KindText(standing.kind);
  Text above = fault == PlacementFault::kLevelOrder ? LevelText(parent.level()) : KindText(parent.kind());
  return {fault == PlacementFault::kLevelOrder ? "LEVEL_ORDER" : "KIND_UNDER_KIND",
          parent.name(),
          {fmt::format("a {} cannot stand under a {}", child.en, above.en),
           fmt::format("{}不能隶属于{}", child.zh, above.zh)}};
}

void AddOnce(std::vector<Blocker>& blockers, Blocker blocker) {
  for (const Blocker& known : blockers) {
    if (known.reason == blocker.reason && known.subject == blocker.subject && known.text.en == blocker.text.en) return;
  }
  blockers.push_back(std::move(blocker));
}

// Walks up from a unit as of one day after another, over everything that holds from a day on.
class AncestorWalk {
 public:
  AncestorWalk(UnitReader& reader, absl::CivilDay day) : reader_(reader), day_(day) {}

  // The versions of a unit that hold on the day or later.
  absl::StatusOr<const std::vector<UnitSpan>*> SpansOf(UnitUid uid) {
    auto found = spans_.find(uid);
    if (found == spans_.end()) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<UnitSpan> spans, reader_.VersionsFrom(uid, day_));
      found = spans_.emplace(uid, std::make_unique<std::vector<UnitSpan>>(std::move(spans))).first;
    }
    return found->second.get();
  }

  // Whether `sought` is ever met, and the longest way to a root.
  absl::Status Run(UnitUid start, UnitUid sought) {
    std::optional<absl::CivilDay> day = day_;
    while (day && !met_) {
      std::optional<absl::CivilDay> next;
      RONGHE_RETURN_IF_ERROR(Climb(start, sought, *day, next));
      day = next;
    }
    return absl::OkStatus();
  }
  bool met() const { return met_; }
  int depth() const { return depth_; }

 private:
  absl::Status Climb(UnitUid uid, UnitUid sought, absl::CivilDay day, std::optional<absl::CivilDay>& next) {
    int depth = 0;
    while (uid) {
      if (uid == sought) {
        met_ = true;
        return absl::OkStatus();
      }
      if (++depth > kMaxDepth + 1) break;
      RONGHE_ASSIGN_OR_RETURN(const std::vector<UnitSpan>* spans, SpansOf(uid));
      auto holds = std::find_if(spans->begin(), spans->end(), [&](const UnitSpan& span) {
        return span.unit.from() <= day && (!span.until || day < *span.until);
      });
      if (holds == spans->end()) break;
      if (holds->until && (!next || *holds->until < *next)) next = holds->until;
      uid = holds->unit.parent().uid;
    }
    depth_ = std::max(depth_, depth);
    return absl::OkStatus();
  }

  UnitReader& reader_;
  absl::CivilDay day_;
  absl::flat_hash_map<UnitUid, std::unique_ptr<std::vector<UnitSpan>>> spans_;
  bool met_ = false;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<absl::CivilDay> EffectiveDay(std::optional<absl::CivilDay> requested, const common::Calendar& calendar,
                                            const RuleBook& rules) {
  absl::CivilDay today = calendar.Today();
  if (!requested) return today;
  if (*requested > today) {
    return common::InvalidArgument("effective_date", "EFFECTIVE_IN_FUTURE",
                                   {"must not be in the future", "不能晚于今天"});
  }
  absl::CivilDay oldest = rules.On(today).periods.OldestOpenDay(today);
  if (*requested < oldest) {
    return common::InvalidArgument(
        "effective_date", "MONTH_CLOSED",
        {fmt::format("lies in a closed month; the oldest open day is {}-{:02}-{:02}", oldest.year(), oldest.month(),
                     oldest.day()),
         fmt::format("所在月份已结账，最早可为 {}-{:02}-{:02}", oldest.year(), oldest.month(), oldest.day())});
  }
  return *requested;
}

void CheckNotBefore(const Unit& unit, absl::CivilDay day, common::Violations& violations) {
  if (day >= unit.from()) return;
  absl::CivilDay from = unit.from();
  violations.Add(
      "effective_date", "BEFORE_LATEST_CHANGE",
      {fmt::format("lies before the latest change of the unit, {}-{:02}-{:02}", from.year(), from.month(), from.day()),
       fmt::format("早于该组织最近一次变更（{}-{:02}-{:02}）", from.year(), from.month(), from.day())});
}

absl::StatusOr<std::vector<Blocker>> PlacementBlockers(UnitReader& reader, const Rules& rules, const UnitRef& child,
                                                       Standing standing, const Unit& parent, int height,
                                                       absl::CivilDay day) {
  std::vector<Blocker> blockers;
  AncestorWalk walk(reader, day);
  RONGHE_RETURN_IF_ERROR(walk.Run(parent.uid(), child.uid ? child.uid : UnitUid(-1)));
  if (walk.met()) {
    blockers.push_back({"WOULD_CYCLE",
                        "units/" + child.code,
                        {"the new parent is the unit itself or below it", "新的上级组织是该组织自身或其下级"}});
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<UnitSpan>* spans, walk.SpansOf(parent.uid()));
  for (const UnitSpan& span : *spans) {
    if (!span.unit.active()) {
      AddOnce(blockers, {"PARENT_DISSOLVED", parent.name(), {"the parent is dissolved", "上级组织已撤销"}});
    }
    for (PlacementFault fault : rules.structure.placements.Check(standing, span.unit.standing())) {
      AddOnce(blockers, Misplaced(fault, standing, span.unit));
    }
  }
  if (!walk.met() && walk.depth() + height > kMaxDepth) {
    blockers.push_back(
        {"TOO_DEEP",
         parent.name(),
         {fmt::format("the tree would have {} ranks, at most {} are allowed", walk.depth() + height, kMaxDepth),
          fmt::format("组织树将达到 {} 层，最多 {} 层", walk.depth() + height, kMaxDepth)}});
  }
  return blockers;
}

std::vector<Blocker> RootBlockers(const Rules& rules, const UnitRef& child, Standing standing) {
  std::vector<Blocker> blockers;
  for (PlacementFault fault : rules.structure.placements.Check(standing, std::nullopt)) {
    Text kind = KindText(standing.kind);
    AddOnce(blockers, {fault == PlacementFault::kLevelOrder ? "LEVEL_ORDER" : "KIND_UNDER_KIND",
                       "units/" + child.code,
                       {fmt::format("a {} needs a unit above it", kind.en), fmt::format("{}必须有上级组织", kind.zh)}});
  }
  return blockers;
}

absl::StatusOr<int> DepthOf(UnitReader& reader, const Unit& unit) {
  int depth = 1;
  UnitUid uid = unit.parent().uid;
  while (uid && depth <= kMaxDepth) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> parent, reader.Find(uid));
    if (!parent) break;
    ++depth;
    uid = parent->parent().uid;
  }
  return depth;
}

absl::Status RefuseIf(std::vector<Blocker> blockers) {
  if (blockers.empty()) return absl::OkStatus();
  std::string reason = blockers.front().reason;
  return common::FailedPrecondition(
      std::move(reason),
      {"the structure does not allow this; every reason is listed", "组织结构不允许此操作，原因已全部列出"},
      std::move(blockers));
}

}  // namespace ronghe::organization
