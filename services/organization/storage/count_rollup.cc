#include "services/organization/storage/count_rollup.h"

#include <map>
#include <utility>

#include <absl/time/civil_time.h>

namespace ronghe::organization {
namespace {

using common::RollupChange;

template <UnitKind kKind>
int64_t OfKind(const UnitCounts& counts) {
  return counts.of(kKind);
}

constexpr CountMetric kMetrics[] = {
    {"units", [](const UnitCounts& c) { return c.units; }},
    {"committees", OfKind<UnitKind::kCommittee>},
    {"working_committees", OfKind<UnitKind::kWorkingCommittee>},
    {"general_branches", OfKind<UnitKind::kGeneralBranch>},
    {"branches", OfKind<UnitKind::kBranch>},
    {"joint_branches", OfKind<UnitKind::kJointBranch>},
    {"temporary_branches", OfKind<UnitKind::kTemporaryBranch>},
    {"groups", OfKind<UnitKind::kGroup>},
    {"members", [](const UnitCounts& c) { return c.members.full + c.members.probationary; }},
    {"full_members", [](const UnitCounts& c) { return c.members.full; }},
    {"probationary_members", [](const UnitCounts& c) { return c.members.probationary; }},
    {"female_members", [](const UnitCounts& c) { return c.members.female; }},
    {"floating_out_members", [](const UnitCounts& c) { return c.members.floating_out; }},
    {"transfers_in_flight", [](const UnitCounts& c) { return c.members.transfers_in_flight; }},
    {"floating_in_members", [](const UnitCounts& c) { return c.members.floating_in; }},
    {"terms_expiring", [](const UnitCounts& c) { return c.posts.terms_expiring; }},
    {"terms_overdue", [](const UnitCounts& c) { return c.posts.terms_overdue; }},
    {"posts_vacant", [](const UnitCounts& c) { return c.posts.posts_vacant; }},
    {"workplaces", [](const UnitCounts& c) { return c.workplaces.active; }},
    {"covered_workplaces", [](const UnitCounts& c) { return c.workplaces.covered; }},
    {"duties_active", [](const UnitCounts& c) { return c.duties.active; }},
    {"duty_results_due", [](const UnitCounts& c) { return c.duties.results_due; }},
    {"duty_results_recorded", [](const UnitCounts& c) { return c.duties.results_recorded; }},
};

RollupChange::Place PlaceOf(const Unit& unit, common::MonthNumber from) {
  return {unit.uid(), unit.parent().uid, unit.partition(), from};
}

UnitCounts CountsOf(const Unit& unit) {
  return organization::CountsOf(unit.kind(), unit.state());
}

}  // namespace

std::span<const CountMetric> CountMetrics() {
  return kMetrics;
}

UnitCounts CountsOf(UnitKind kind, UnitState state) {
  UnitCounts counts;
  if (state != UnitState::kDissolved && IsOrganization(kind)) counts.AddUnit(kind);
  return counts;
}

UnitCounts CountsOf(const StoredMember& member) {
  UnitCounts counts;
  const MemberStatus status = member.member.status();
  if (!IsCurrent(status)) return counts;
  counts.members.full = status == MemberStatus::kFull ? 1 : 0;
  counts.members.probationary = status == MemberStatus::kProbationary ? 1 : 0;
  counts.members.female = member.member.sex() == Sex::kFemale ? 1 : 0;
  counts.members.floating_out = member.membership.floating == Floating::kNone ? 0 : 1;
  return counts;
}

RollupChange::Amount CountChange(common::UnitUid unit, const UnitCounts& before, const UnitCounts& after) {
  RollupChange::Amount amount;
  amount.unit = unit;
  for (const CountMetric& metric : kMetrics) {
    if (const int64_t change = metric.of(after) - metric.of(before); change != 0) {
      amount.metrics.emplace_back(metric.name, change);
    }
  }
  return amount;
}

std::string NewUnitRollup(const Unit& unit) {
  RollupChange change;
  change.structure_revision = RollupChange::kOwn;
  change.places.push_back(PlaceOf(unit, 0));
  change.amounts.push_back(CountChange(unit.uid(), {}, CountsOf(unit)));
  return EncodeRollup(change);
}

std::string ChangedUnitRollup(const Unit& before, const Unit& after, bool structural) {
  RollupChange change;
  if (structural) change.structure_revision = RollupChange::kOwn;
  if (before.parent().uid != after.parent().uid) {
    change.places.push_back(PlaceOf(after, common::MonthOf(absl::CivilMonth(after.from()))));
  }
  change.amounts.push_back(CountChange(after.uid(), CountsOf(before), CountsOf(after)));
  return EncodeRollup(change);
}

std::string ErasedUnitRollup(const Unit& unit) {
  RollupChange change;
  change.structure_revision = RollupChange::kOwn;
  change.amounts.push_back(CountChange(unit.uid(), CountsOf(unit), {}));
  change.forgotten.push_back({unit.uid(), common::UnitUid(), unit.partition(), 0});
  return EncodeRollup(change);
}

std::string TransferRollup(const Transfer* before, const Transfer& after) {
  UnitCounts one;
  one.members.transfers_in_flight = 1;
  const bool was = before != nullptr && before->open();
  RollupChange change;
  if (was && after.open() && before->owner() == after.owner()) return EncodeRollup(change);
  if (was) change.amounts.push_back(CountChange(before->owner(), one, {}));
  if (after.open()) change.amounts.push_back(CountChange(after.owner(), {}, one));
  return EncodeRollup(change);
}

std::string MemberRollup(const StoredMember* before, const StoredMember* after) {
  // What the member counts in each unit, before and after: at home, and where it floats.
  std::map<common::UnitUid, std::pair<UnitCounts, UnitCounts>> units;
  if (before != nullptr) {
    units[before->unit].first = CountsOf(*before);
    if (before->membership.floating_unit) units[before->membership.floating_unit].first.members.floating_in = 1;
  }
  if (after != nullptr) {
    units[after->unit].second = CountsOf(*after);
    if (after->membership.floating_unit) units[after->membership.floating_unit].second.members.floating_in = 1;
  }
  RollupChange change;
  for (const auto& [unit, counts] : units) change.amounts.push_back(CountChange(unit, counts.first, counts.second));
  return EncodeRollup(change);
}

UnitCounts CountsOf(const StoredWorkplace& workplace) {
  UnitCounts counts;
  counts.workplaces = {workplace.state == WorkplaceState::kActive ? 1 : 0, workplace.covered() ? 1 : 0};
  return counts;
}

UnitCounts CountsOf(const StoredDuty& duty) {
  UnitCounts counts;
  counts.duties.active = duty.state == DutyState::kActive ? 1 : 0;
  return counts;
}

UnitCounts CountsOf(const StoredDutyResult& result) {
  UnitCounts counts;
  const bool recorded = result.state == DutyResultState::kRecorded;
  counts.duties.results_due = recorded || result.state == DutyResultState::kDue ? 1 : 0;
  counts.duties.results_recorded = recorded ? 1 : 0;
  return counts;
}

// Of a record that counts in its unit, which may have become another.
template <typename Stored>
std::string RecordRollup(const Stored* before, const Stored& after) {
  std::map<common::UnitUid, std::pair<UnitCounts, UnitCounts>> units;
  if (before != nullptr) units[before->info.unit].first = CountsOf(*before);
  units[after.info.unit].second = CountsOf(after);
  RollupChange change;
  for (const auto& [unit, counts] : units) change.amounts.push_back(CountChange(unit, counts.first, counts.second));
  return EncodeRollup(change);
}

std::string DutyRollup(const StoredDuty* before, const StoredDuty& after) {
  return RecordRollup(before, after);
}

std::string WorkplaceRollup(const StoredWorkplace* before, const StoredWorkplace& after) {
  return RecordRollup(before, after);
}

std::string DutyResultRollup(const StoredDutyResult* before, const StoredDutyResult& after) {
  RollupChange change;
  change.amounts.push_back(
      CountChange(after.info.unit, before != nullptr ? CountsOf(*before) : UnitCounts(), CountsOf(after)));
  change.amounts.back().month = after.month;
  return EncodeRollup(change);
}

}  // namespace ronghe::organization
