// Lists of activities, and what belongs to one.
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/education/app/activity_app.h"

namespace ronghe::education {
namespace {

using common::Condition;

constexpr size_t kUnitsAtOnce = 512;

absl::Status UnknownValue(const Condition& condition) {
  return common::InvalidArgument(
      "filter", "UNKNOWN_VALUE",
      {fmt::format("{} has no such value", condition.field), fmt::format("{} 没有该取值", condition.field)});
}

template <typename Enum>
absl::Status Narrow(const Condition& condition, std::optional<Enum> value, uint32_t& mask) {
  if (!value) return UnknownValue(condition);
  const uint32_t bit = 1u << static_cast<int>(*value);
  mask &= condition.negated ? ~bit : bit;
  return absl::OkStatus();
}

absl::StatusOr<ActivityFilter> ParseActivityFilter(std::string_view filter, absl::TimeZone zone) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Condition> conditions,
                          common::ParseFilter(filter, {"kind", "state", "date_after", "date_before"}));
  ActivityFilter parsed;
  bool state_given = false;
  for (const Condition& condition : conditions) {
    if (condition.field == "kind") {
      RONGHE_RETURN_IF_ERROR(Narrow(condition, ActivityKindFromName(condition.value), parsed.kinds));
    } else if (condition.field == "state") {
      state_given = true;
      RONGHE_RETURN_IF_ERROR(Narrow(condition, ActivityStateFromName(condition.value), parsed.states));
    } else {
      absl::CivilDay day;
      if (condition.negated || !absl::ParseCivilTime(condition.value, &day)) return UnknownValue(condition);
      if (condition.field == "date_after") parsed.from = std::max(parsed.from, absl::FromCivil(day + 1, zone));
      if (condition.field == "date_before") parsed.until = std::min(parsed.until, absl::FromCivil(day, zone));
    }
  }
  if (!state_given) parsed.states &= ~(1u << static_cast<int>(ActivityState::kCancelled));
  return parsed;
}

// Who was named for an activity that is not held yet, after `after`, in the order of the rows that they become.
std::vector<Attendance> NamedAfter(const Activity& activity, int64_t after, int limit) {
  std::vector<int64_t> members = activity.attendees;
  std::sort(members.begin(), members.end());
  std::vector<Attendance> rows;
  for (auto at = std::upper_bound(members.begin(), members.end(), after);
       at != members.end() && static_cast<int>(rows.size()) < limit; ++at) {
    Attendance& row = rows.emplace_back();
    row.member = *at;
    row.unit = activity.unit;
  }
  return rows;
}

// `12/34`, as a page token carries it.
ActivityPosition ReadPosition(std::string_view text) {
  ActivityPosition position;
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return position;
  std::from_chars(text.data(), text.data() + slash, position.start_us);
  std::from_chars(text.data() + slash + 1, text.data() + text.size(), position.id);
  return position;
}

}  // namespace

absl::StatusOr<ActivityView> ActivityApp::Get(const common::Call& call, const std::string& name) {
  const ActivityId id(common::IdFromName(name, "activities"));
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredActivity> found, parts_.store.Find(id, call.deadline));
  if (!found || !Visible(call, found->activity)) return common::NotFound(name);
  return View(*std::move(found));
}

absl::StatusOr<common::UnitUid> ActivityApp::OwnerOf(std::string_view name, absl::Time deadline) {
  const ActivityId id(common::IdFromName(name, "activities"));
  if (!id) return common::BadName(name, "name", "activities");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredActivity> found, parts_.store.Find(id, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->activity.unit);
}

absl::StatusOr<common::Page<ActivityView>> ActivityApp::List(const common::Call& call, const ActivityListQuery& query) {
  const std::string purpose = fmt::format("activities\n{}\n{}\n{}", query.parent, query.subtree, query.filter);
  common::Violations violations;
  const absl::StatusOr<ActivityFilter> filter = ParseActivityFilter(query.filter, parts_.calendar.zone());
  violations.AddAll(filter.status());
  const absl::StatusOr<int> size = common::PageSize(query.page_size);
  violations.AddAll(size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, purpose, query.page_token);
  violations.AddAll(token.status());
  const std::optional<std::string> code = common::CodeIn(query.parent);
  if (!code) violations.Add("parent", query.parent.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const std::optional<common::UnitView> unit = parts_.units.FindByCode(*code);
  if (!unit || !parts_.units.Covers(call.scope, unit->uid)) return common::NotFound(query.parent);
  // Itself, all below it, and the dissolved ones for which these answer.
  std::map<common::PartitionId, std::vector<common::UnitUid>> units;
  const common::UnitUid above = query.subtree ? unit->uid : unit->parent;
  for (const common::UnitView& one : parts_.units.SubtreeOf(above ? above : unit->uid)) {
    const common::UnitUid answers = parts_.units.AnswersFor(one.uid);
    const bool wanted = query.subtree ? parts_.units.IsWithin(answers, unit->uid) : answers == unit->uid;
    if (wanted) units[one.partition].push_back(one.uid);
  }
  const ActivityPosition after = ReadPosition(*token);
  const size_t limit = static_cast<size_t>(*size) + 1;
  std::vector<StoredActivity> found;
  for (auto& [partition, all] : units) {
    for (size_t at = 0; at < all.size(); at += kUnitsAtOnce) {
      if (call.cancelled()) return common::Cancelled();
      const auto first = all.begin() + static_cast<int64_t>(at);
      const auto last = all.begin() + static_cast<int64_t>(std::min(all.size(), at + kUnitsAtOnce));
      const UnitsOfPartition part{partition, {first, last}};
      RONGHE_ASSIGN_OR_RETURN(std::vector<StoredActivity> some,
                              parts_.store.List({&part, 1}, *filter, after, static_cast<int>(limit), call.deadline));
      std::move(some.begin(), some.end(), std::back_inserter(found));
      const auto by_position = [](const StoredActivity& a, const StoredActivity& b) {
        return PositionOf(a) > PositionOf(b);
      };
      std::sort(found.begin(), found.end(), by_position);
      if (found.size() > limit) found.erase(found.begin() + static_cast<int64_t>(limit), found.end());
    }
  }
  common::Page<ActivityView> page;
  if (found.size() == limit) {
    found.pop_back();
    const ActivityPosition last = PositionOf(found.back());
    page.next = common::MakePageToken(parts_.signer, purpose, fmt::format("{}/{}", last.start_us, last.id));
  }
  for (StoredActivity& stored : found) page.items.push_back(View(std::move(stored)));
  return page;
}

absl::StatusOr<common::Page<Attendance>> ActivityApp::ListAttendance(const common::Call& call,
                                                                     const std::string& parent, int page_size,
                                                                     const std::string& page_token) {
  const std::string purpose = "attendance\n" + parent;
  RONGHE_ASSIGN_OR_RETURN(const int size, common::PageSize(page_size));
  RONGHE_ASSIGN_OR_RETURN(const std::string token, common::ReadPageToken(parts_.signer, purpose, page_token));
  RONGHE_ASSIGN_OR_RETURN(const ActivityView view, Get(call, parent));
  int64_t after = 0;
  std::from_chars(token.data(), token.data() + token.size(), after);
  common::Page<Attendance> page;
  if (view.stored.activity.state == ActivityState::kPlanned) {
    page.items = NamedAfter(view.stored.activity, after, size + 1);
  } else {
    RONGHE_ASSIGN_OR_RETURN(page.items, parts_.store.ListAttendances(view.stored.id, after, size + 1, call.deadline));
  }
  if (page.items.size() <= static_cast<size_t>(size)) return page;
  page.items.pop_back();
  page.next = common::MakePageToken(parts_.signer, purpose, fmt::format("{}", page.items.back().member));
  return page;
}

absl::StatusOr<common::Page<ActivityStep>> ActivityApp::History(const common::Call& call, const std::string& parent,
                                                                int page_size, const std::string& page_token) {
  const std::string purpose = "activity history\n" + parent;
  RONGHE_ASSIGN_OR_RETURN(const int size, common::PageSize(page_size));
  RONGHE_ASSIGN_OR_RETURN(const std::string token, common::ReadPageToken(parts_.signer, purpose, page_token));
  RONGHE_ASSIGN_OR_RETURN(const ActivityView view, Get(call, parent));
  int64_t after = 0;
  std::from_chars(token.data(), token.data() + token.size(), after);
  common::Page<ActivityStep> page;
  RONGHE_ASSIGN_OR_RETURN(page.items, parts_.store.History(view.stored.id, after, size + 1, call.deadline));
  if (page.items.size() <= static_cast<size_t>(size)) return page;
  page.items.pop_back();
  page.next = common::MakePageToken(parts_.signer, purpose, fmt::format("{}", page.items.back().id));
  return page;
}

}  // namespace ronghe::education
