#include "services/organization/app/post_query.h"

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/organization/app/record_query.h"

namespace ronghe::organization {
namespace {

template <typename Enum>
std::optional<int> NumberOf(std::optional<Enum> value) {
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

// The number of a value that a filter names.
std::optional<int> ValueOf(PostCollection collection, const std::string& field, const std::string& name) {
  if (field == "kind") return NumberOf(PostKindFromName(name));
  if (field == "basis") return NumberOf(AppointmentBasisFromName(name));
  if (collection == PostCollection::kPosts) return NumberOf(PostStateFromName(name));
  if (collection == PostCollection::kTerms) return NumberOf(TermStateFromName(name));
  return NumberOf(AppointmentStateFromName(name));
}

std::vector<std::string> FieldsOf(PostCollection collection) {
  if (collection == PostCollection::kPosts) return {"kind", "state", "vacant"};
  if (collection == PostCollection::kTerms) return {"state"};
  return {"kind", "state", "basis"};
}

absl::StatusOr<std::vector<StoredPost>> Fetch(PostStore& store, const std::vector<UnitsOfPartition>& units,
                                              const PostFilter& filter, const RecordPosition& after, int limit,
                                              absl::Time deadline, const StoredPost*) {
  return store.ListPosts(units, filter, after, limit, deadline);
}
absl::StatusOr<std::vector<StoredTerm>> Fetch(PostStore& store, const std::vector<UnitsOfPartition>& units,
                                              const PostFilter& filter, const RecordPosition& after, int limit,
                                              absl::Time deadline, const StoredTerm*) {
  return store.ListTerms(units, filter, after, limit, deadline);
}
absl::StatusOr<std::vector<StoredAppointment>> Fetch(PostStore& store, const std::vector<UnitsOfPartition>& units,
                                                     const PostFilter& filter, const RecordPosition& after, int limit,
                                                     absl::Time deadline, const StoredAppointment*) {
  return store.ListAppointments(units, filter, after, limit, deadline);
}

}  // namespace

absl::StatusOr<PostFilter> ParsePostFilter(PostCollection collection, std::string_view filter) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions,
                          common::ParseFilter(filter, FieldsOf(collection)));
  PostFilter parsed;
  bool state_given = false;
  for (const common::Condition& condition : conditions) {
    if (condition.field == "vacant") {
      if (condition.value != "TRUE" && condition.value != "FALSE") return UnknownFilterValue(condition);
      const bool wanted = (condition.value == "TRUE") != condition.negated;
      (wanted ? parsed.without_vacancy : parsed.with_vacancy) = false;
      continue;
    }
    const std::optional<int> value = ValueOf(collection, condition.field, condition.value);
    if (!value) return UnknownFilterValue(condition);
    state_given |= condition.field == "state";
    uint32_t& mask = condition.field == "kind"    ? parsed.kinds
                     : condition.field == "basis" ? parsed.bases
                                                  : parsed.states;
    mask &= condition.negated ? ~(1u << *value) : 1u << *value;
  }
  if (!state_given && collection == PostCollection::kTerms) {
    parsed.states = ~SetOf(TermState::kEnded);
  } else if (!state_given) {
    parsed.states = SetOf(PostState::kActive);  // of appointments too: 1
  }
  return parsed;
}

template <typename Stored>
absl::StatusOr<RecordPage<Stored>> PostQuery::List(const common::Call& call, std::string_view collection,
                                                   const ListRecordsQuery& query,
                                                   const absl::StatusOr<PostFilter>& filter) {
  const std::string text = fmt::format("{}\n{}\n{}", TextOf(query, collection), query.member,
                                       query.as_of ? common::DayNumber(*query.as_of) : 0);
  return ListRecords<Stored>(tree_, signer_, call, query, text, filter.status(),
                             [&](const std::vector<UnitsOfPartition>& units, const RecordPosition& from, int limit) {
                               const Stored* const kind = nullptr;
                               return Fetch(store_, units, *filter, from, limit, call.deadline, kind);
                             });
}

absl::StatusOr<RecordPage<StoredPost>> PostQuery::ListPosts(const common::Call& call, const ListRecordsQuery& query) {
  return List<StoredPost>(call, "posts", query, ParsePostFilter(PostCollection::kPosts, query.filter));
}

absl::StatusOr<RecordPage<StoredTerm>> PostQuery::ListTerms(const common::Call& call, const ListRecordsQuery& query) {
  return List<StoredTerm>(call, "terms", query, ParsePostFilter(PostCollection::kTerms, query.filter));
}

absl::StatusOr<RecordPage<StoredAppointment>> PostQuery::ListAppointments(const common::Call& call,
                                                                          const ListRecordsQuery& query) {
  absl::StatusOr<PostFilter> filter = ParsePostFilter(PostCollection::kAppointments, query.filter);
  if (filter.ok() && query.as_of) {
    filter->as_of = query.as_of;
    if (query.filter.find("state") == std::string::npos) filter->states = ~0u;
  }
  if (filter.ok() && !query.member.empty()) {
    const std::optional<MemberId> member = MemberIdOf(query.member);
    if (member) {
      filter->member = *member;
    } else {
      filter = common::InvalidArgument("member", "BAD_NAME",
                                       {"must have the form members/{number}", "格式应为 members/{数字}"});
    }
  }
  return List<StoredAppointment>(call, "appointments", query, filter);
}

}  // namespace ronghe::organization
