#include "services/organization/app/duty_query.h"

#include <fmt/format.h>

#include "services/organization/app/owner_registry.h"
#include "services/organization/domain/placement.h"

namespace ronghe::organization {
namespace {

template <typename Enum>
int NumberOf(std::optional<Enum> value) {
  return value ? static_cast<int>(*value) : 0;
}

absl::StatusOr<DutyFilter> Parse(std::string_view filter, bool of_results, uint32_t usual) {
  const std::vector<std::string> fields =
      of_results ? std::vector<std::string>{"state"} : std::vector<std::string>{"kind", "state"};
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions, common::ParseFilter(filter, fields));
  DutyFilter parsed;
  bool state_given = false;
  for (const common::Condition& condition : conditions) {
    const bool of_kind = condition.field == "kind";
    const int value = of_kind      ? NumberOf(DutyKindFromName(condition.value))
                      : of_results ? NumberOf(DutyResultStateFromName(condition.value))
                                   : NumberOf(DutyStateFromName(condition.value));
    if (value == 0) return UnknownFilterValue(condition);
    state_given |= !of_kind;
    uint32_t& mask = of_kind ? parsed.kinds : parsed.states;
    mask &= condition.negated ? ~(1u << value) : 1u << value;
  }
  if (!state_given) parsed.states = usual;
  return parsed;
}

absl::Status BadName(const std::string& field, const std::string& form) {
  return common::InvalidArgument(field, "BAD_NAME", {"must have the form " + form, "格式应为 " + form});
}

}  // namespace

absl::StatusOr<DutyFilter> ParseDutyFilter(std::string_view filter) {
  return Parse(filter, false, SetOf(DutyState::kPlanned, DutyState::kActive));
}
absl::StatusOr<DutyFilter> ParseDutyResultFilter(std::string_view filter) {
  return Parse(filter, true, SetOf(DutyResultState::kDue, DutyResultState::kRecorded));
}

absl::StatusOr<RecordPage<StoredDuty>> DutyQuery::ListDuties(const common::Call& call, const ListRecordsQuery& query) {
  absl::StatusOr<DutyFilter> filter = ParseDutyFilter(query.filter);
  if (filter.ok() && !query.member.empty()) {
    const std::optional<MemberId> member = MemberIdOf(query.member);
    if (member) {
      filter->member = *member;
    } else {
      filter = BadName("member", "members/{number}");
    }
  }
  return ListRecords<StoredDuty>(
      tree_, signer_, call, query, fmt::format("{}\n{}", TextOf(query, "duties"), query.member), filter.status(),
      [&](const std::vector<UnitsOfPartition>& units, const RecordPosition& from, int limit) {
        return store_.ListDuties(units, *filter, from, limit, call.deadline);
      });
}

absl::StatusOr<RecordPage<StoredDutyResult>> DutyQuery::ListResults(const common::Call& call,
                                                                    const ListRecordsQuery& query,
                                                                    const std::string& month, const std::string& duty) {
  absl::StatusOr<DutyFilter> filter = ParseDutyResultFilter(query.filter);
  common::Violations faults;
  faults.AddAll(filter.status());
  if (!month.empty()) {
    const std::optional<common::Period> period = common::ParsePeriod(month);
    if (!period || period->first != period->last) {
      faults.Add("month", "BAD_FORM", {"must have the form 2026-11", "格式应为 2026-11"});
    } else if (filter.ok()) {
      filter->month = period->first;
    }
  }
  const DutyId id(IdFromName(duty, "duties"));
  if (!duty.empty() && !id) faults.AddAll(BadName("duty", "duties/{number}"));
  if (filter.ok()) filter->duty = id;
  return ListRecords<StoredDutyResult>(
      tree_, signer_, call, query, fmt::format("{}\n{}\n{}", TextOf(query, "dutyResults"), month, duty),
      faults.ToStatus(), [&](const std::vector<UnitsOfPartition>& units, const RecordPosition& from, int limit) {
        return store_.ListResults(units, *filter, from, limit, call.deadline);
      });
}

}  // namespace ronghe::organization
