#include "services/organization/app/workplace_query.h"

#include <fmt/format.h>

#include "services/organization/app/owner_registry.h"
#include "services/organization/domain/placement.h"

namespace ronghe::organization {
namespace {

template <typename Enum>
int NumberOf(std::optional<Enum> value) {
  return value ? static_cast<int>(*value) : 0;
}

absl::StatusOr<WorkplaceFilter> Parse(std::string_view filter, const std::vector<std::string>& fields) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions, common::ParseFilter(filter, fields));
  WorkplaceFilter parsed;
  bool state_given = false;
  for (const common::Condition& condition : conditions) {
    if (condition.field == "covered") {
      if (condition.value != "TRUE" && condition.value != "FALSE") return UnknownFilterValue(condition);
      const bool wanted = (condition.value == "TRUE") != condition.negated;
      (wanted ? parsed.without_cover : parsed.with_cover) = false;
      continue;
    }
    const bool of_kind = condition.field == "kind";
    const int value = of_kind              ? NumberOf(WorkplaceKindFromName(condition.value))
                      : fields.size() == 1 ? NumberOf(CoverStateFromName(condition.value))
                                           : NumberOf(WorkplaceStateFromName(condition.value));
    if (value == 0) return UnknownFilterValue(condition);
    state_given |= !of_kind;
    uint32_t& mask = of_kind ? parsed.kinds : parsed.states;
    mask &= condition.negated ? ~(1u << value) : 1u << value;
  }
  if (!state_given) parsed.states = SetOf(WorkplaceState::kActive);  // of covers too: 1
  return parsed;
}

}  // namespace

absl::StatusOr<WorkplaceFilter> ParseWorkplaceFilter(std::string_view filter) {
  return Parse(filter, {"kind", "state", "covered"});
}
absl::StatusOr<WorkplaceFilter> ParseCoverFilter(std::string_view filter) {
  return Parse(filter, {"state"});
}

absl::StatusOr<RecordPage<StoredWorkplace>> WorkplaceQuery::List(const common::Call& call,
                                                                 const ListRecordsQuery& query,
                                                                 std::string_view collection,
                                                                 const absl::StatusOr<WorkplaceFilter>& filter) {
  return ListRecords<StoredWorkplace>(
      tree_, signer_, call, query, TextOf(query, collection), filter.status(),
      [&](const std::vector<UnitsOfPartition>& units, const RecordPosition& from, int limit) {
        return store_.ListWorkplaces(units, *filter, from, limit, call.deadline);
      });
}

absl::StatusOr<RecordPage<StoredWorkplace>> WorkplaceQuery::ListWorkplaces(const common::Call& call,
                                                                           const ListRecordsQuery& query) {
  return List(call, query, "workplaces", ParseWorkplaceFilter(query.filter));
}

absl::StatusOr<RecordPage<StoredWorkplace>> WorkplaceQuery::ListUncovered(const common::Call& call,
                                                                          const ListRecordsQuery& query) {
  ListRecordsQuery below = query;
  below.subtree = true;
  absl::StatusOr<WorkplaceFilter> filter = Parse(query.filter, {"kind", "kind"});
  if (filter.ok()) filter->with_cover = false;
  return List(call, below, "uncoveredWorkplaces", filter);
}

absl::StatusOr<RecordPage<StoredCover>> WorkplaceQuery::ListCovers(const common::Call& call,
                                                                   const ListRecordsQuery& query,
                                                                   const std::string& workplace) {
  absl::StatusOr<WorkplaceFilter> filter = ParseCoverFilter(query.filter);
  if (filter.ok() && !workplace.empty()) {
    filter->workplace = WorkplaceId(IdFromName(workplace, "workplaces"));
    if (!filter->workplace) {
      filter = common::InvalidArgument("workplace", "BAD_NAME",
                                       {"must have the form workplaces/{number}", "格式应为 workplaces/{数字}"});
    }
  }
  const std::string text = fmt::format("{}\n{}", TextOf(query, "covers"), workplace);
  return ListRecords<StoredCover>(
      tree_, signer_, call, query, text, filter.status(),
      [&](const std::vector<UnitsOfPartition>& units, const RecordPosition& from, int limit) {
        return store_.ListCovers(units, *filter, from, limit, call.deadline);
      });
}

}  // namespace ronghe::organization
