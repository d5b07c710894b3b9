#pragma once

#include <string>

#include "services/common/rollup/change.h"
#include "services/organization/app/duty_store.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/workplace_store.h"
#include "services/organization/domain/transfer.h"
#include "services/organization/domain/unit.h"
#include "services/organization/domain/unit_counts.h"

namespace ronghe::organization {

// How units and members count in the totals: the one place that knows which metric of OrganizationMetrics is which
// number.

// What a unit, or a member, counts by itself in its unit.
UnitCounts CountsOf(UnitKind kind, UnitState state);
// Of a member in the home unit; only full and probationary members count.
UnitCounts CountsOf(const StoredMember& member);

// Of a workplace in its home unit.
UnitCounts CountsOf(const StoredWorkplace& workplace);
// Of a duty in its unit; of a result in the unit that had the duty, in its month.
UnitCounts CountsOf(const StoredDuty& duty);
UnitCounts CountsOf(const StoredDutyResult& result);

// From one count to another, for a logged change.
common::RollupChange::Amount CountChange(common::UnitUid unit, const UnitCounts& before, const UnitCounts& after);

// Every metric that CountChange names, with its number.
struct CountMetric {
  std::string_view name;
  int64_t (*of)(const UnitCounts&);
};
std::span<const CountMetric> CountMetrics();

// The logged form of a new, a changed and an erased unit; of a member that came, changed or went.
std::string NewUnitRollup(const Unit& unit);
std::string ChangedUnitRollup(const Unit& before, const Unit& after, bool structural);
std::string ErasedUnitRollup(const Unit& unit);
// Of a transfer, in flight in the unit that is responsible for it. Null: there was none.
std::string TransferRollup(const Transfer* before, const Transfer& after);
// Null: there was none, or there is none any more.
std::string MemberRollup(const StoredMember* before, const StoredMember* after);
std::string WorkplaceRollup(const StoredWorkplace* before, const StoredWorkplace& after);
std::string DutyRollup(const StoredDuty* before, const StoredDuty& after);
std::string DutyResultRollup(const StoredDutyResult* before, const StoredDutyResult& after);

}  // namespace ronghe::organization
