#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "services/organization/app/workplace_app_impl.h"
#include "services/organization/domain/placement.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxBatch = 500;

}  // namespace

absl::StatusOr<StoredCover> EndCover(WorkplaceTxn& txn, StoredCover cover, absl::CivilDay day, CoverEndReason reason) {
  RONGHE_ASSIGN_OR_RETURN(cover.state, NextState(cover.state, CoverEvent::kEnd, NameOf(cover.id)));
  cover.days.until = std::max(day, cover.days.from);
  cover.end_reason = reason;
  return txn.Replace(cover);
}

absl::Status FollowUnit(WorkplaceTxn& txn, common::UnitUid unit, bool lives, bool counts, absl::CivilDay day) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredCover> covers, txn.CoversOf(unit));
  for (StoredCover& cover : covers) {
    if (cover.state != CoverState::kActive) continue;
    if (!lives) {
      RONGHE_RETURN_IF_ERROR(EndCover(txn, std::move(cover), day, CoverEndReason::kUnitDissolved).status());
    } else if (cover.counts != counts) {
      cover.counts = counts;
      RONGHE_RETURN_IF_ERROR(txn.Replace(cover).status());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> HandOverWorkplaces(WorkplaceTxn& txn, const WorkplaceHandOver& order) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredWorkplace> workplaces, txn.WorkplacesOf(order.from));
  int64_t moved = 0;
  for (StoredWorkplace& workplace : workplaces) {
    const bool named =
        !order.only || std::find(order.only->begin(), order.only->end(), workplace.id) != order.only->end();
    if (!named) continue;
    workplace.info.unit = order.to;
    if (workplace.state == WorkplaceState::kActive) ++moved;
    RONGHE_RETURN_IF_ERROR(txn.Replace(workplace).status());
  }
  if (order.only) return moved;
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredCover> covers, txn.CoversOf(order.from));
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredCover> there, txn.CoversOf(order.to));
  for (StoredCover& cover : covers) {
    if (cover.state != CoverState::kActive) continue;
    const WorkplaceId workplace = cover.workplace;
    const bool served = std::any_of(there.begin(), there.end(), [&](const StoredCover& other) {
      return other.workplace == workplace && other.state == CoverState::kActive;
    });
    if (!served) {
      // First the new one: the workplace is covered all the time.
      StoredCover next;
      next.info.unit = order.to;
      next.workplace = workplace;
      next.days.from = std::max(order.day, cover.days.from);
      next.counts = order.counts;
      RONGHE_RETURN_IF_ERROR(txn.Insert(std::move(next)).status());
    }
    RONGHE_RETURN_IF_ERROR(EndCover(txn, std::move(cover), order.day, CoverEndReason::kUnitSucceeded).status());
  }
  return moved;
}

absl::StatusOr<WorkplaceApp::Batch> WorkplaceApp::ReadBatch(const common::Call& call, const std::string& unit,
                                                            const std::vector<std::string>& workplaces,
                                                            const WriteOptions& options, std::string_view day_field) {
  common::Violations violations = StartWith(options);
  Batch batch;
  batch.day = EventDay(calendar_, options, day_field, violations);
  if (workplaces.empty()) violations.Add("workplaces", "REQUIRED", {"is required", "必填"});
  if (workplaces.size() > kMaxBatch) violations.Add("workplaces", "TOO_MANY", {"holds more than 500", "超过 500 个"});
  std::set<WorkplaceId> seen;
  for (size_t i = 0; i < workplaces.size() && i < kMaxBatch; ++i) {
    const std::string field = fmt::format("workplaces[{}]", i);
    batch.workplaces.push_back(ReadId<WorkplaceId>(workplaces[i], field, violations));
    if (batch.workplaces.back() && !seen.insert(batch.workplaces.back()).second) {
      violations.Add(field, "DUPLICATE", {"stands there twice", "重复"});
    }
  }
  RONGHE_ASSIGN_OR_RETURN(batch.unit, VisibleUnit(tree_, call, unit, "unit", std::move(violations)));
  return batch;
}

absl::StatusOr<std::vector<StoredCover>> WorkplaceApp::LastCovers(WorkplaceTxn& txn, const Batch& batch) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredCover> all, txn.CoversOf(batch.unit.uid));
  std::vector<StoredCover> last(batch.workplaces.size());
  for (size_t i = 0; i < last.size(); ++i) {
    for (const StoredCover& cover : all) {
      if (cover.workplace == batch.workplaces[i]) last[i] = cover;
    }
  }
  return last;
}

absl::StatusOr<std::vector<StoredCover>> WorkplaceApp::Assign(const common::Call& call, const std::string& unit_name,
                                                              const std::vector<std::string>& workplaces,
                                                              const WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const Batch batch, ReadBatch(call, unit_name, workplaces, options, "start_date"));
  auto assign = [&](WorkplaceTxn& txn, std::string& remember) -> absl::StatusOr<std::vector<StoredCover>> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(batch.unit.uid));
    if (!at) return common::NotFound(unit_name);
    std::vector<common::Blocker> blockers = HostBlockers(*at);
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredCover> last, LastCovers(txn, batch));
    for (size_t i = 0; i < batch.workplaces.size(); ++i) {
      const WorkplaceId id = batch.workplaces[i];
      if (common::PartitionOf(id.value) != txn.partition()) {
        blockers.push_back(OtherCountyBlocker(workplaces[i]));
        continue;
      }
      RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredWorkplace> workplace, txn.Find(id));
      if (!workplace || !tree_.Covers(call.scope, workplace->info.unit)) return common::NotFound(workplaces[i]);
      const absl::Status serve = NextState(workplace->state, WorkplaceEvent::kServe, workplaces[i]).status();
      for (const common::Blocker& blocker : common::BlockersOf(serve)) blockers.push_back(blocker);
      if (batch.day < workplace->days.from) {
        blockers.push_back(
            {"BEFORE_WORKPLACE", workplaces[i], {"lies before the first day of the workplace", "早于单位登记日期"}});
      }
      const StoredCover& before = last[i];
      if (before.id && (before.state == CoverState::kActive || batch.day < before.days.until)) {
        blockers.push_back(
            {"SERVED_ALREADY", NameOf(before.id), {"serves it on that day already", "当日已由该组织服务"}});
      }
    }
    RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
    std::vector<StoredCover> made;
    for (const WorkplaceId id : batch.workplaces) {
      StoredCover cover;
      cover.info.unit = batch.unit.uid;
      cover.workplace = id;
      cover.days.from = batch.day;
      cover.counts = Holds(rules_.On(batch.day).coverage.covering_kinds, at->kind);
      RONGHE_ASSIGN_OR_RETURN(cover, txn.Insert(std::move(cover)));
      made.push_back(std::move(cover));
    }
    remember = unit_name;
    return made;
  };
  auto again = [&](WorkplaceTxn& txn, const std::string&) { return LastCovers(txn, batch); };
  return RunWrite<std::vector<StoredCover>>(store_, batch.unit.partition, call, options, assign, again);
}

absl::StatusOr<std::vector<StoredCover>> WorkplaceApp::Release(const common::Call& call, const std::string& unit_name,
                                                               const std::vector<std::string>& workplaces,
                                                               const WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const Batch batch, ReadBatch(call, unit_name, workplaces, options, "end_date"));
  auto release = [&](WorkplaceTxn& txn, std::string& remember) -> absl::StatusOr<std::vector<StoredCover>> {
    RONGHE_ASSIGN_OR_RETURN(std::vector<StoredCover> covers, LastCovers(txn, batch));
    std::vector<common::Blocker> blockers;
    for (size_t i = 0; i < covers.size(); ++i) {
      if (!covers[i].id || covers[i].state != CoverState::kActive) {
        blockers.push_back({"NOT_SERVED", workplaces[i], {"the unit does not serve it", "该组织未服务此单位"}});
      } else if (batch.day < covers[i].days.from) {
        blockers.push_back({"BEFORE_START", NameOf(covers[i].id), {"lies before the first day", "早于服务起始日期"}});
      }
    }
    RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
    for (StoredCover& cover : covers) {
      RONGHE_ASSIGN_OR_RETURN(cover, EndCover(txn, cover, batch.day, CoverEndReason::kReleased));
    }
    remember = unit_name;
    return covers;
  };
  auto again = [&](WorkplaceTxn& txn, const std::string&) { return LastCovers(txn, batch); };
  return RunWrite<std::vector<StoredCover>>(store_, batch.unit.partition, call, options, release, again);
}

}  // namespace ronghe::organization
