#include "services/education/app/activity_app.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/write_once.h"
#include "services/education/domain/activity_state.h"

namespace ronghe::education {
namespace {

constexpr int kGroupLevel = 6;
constexpr int kBranchLevel = 5;
// Of units asked for their members at once.
constexpr size_t kMostUnits = 2000;

const char* const kPaths[] = {"start_time", "duration_minutes", "topic",     "place",   "host",     "credit_deci_hours",
                              "objective",  "joint_units",      "attendees", "minutes", "evidence", "kind"};

bool IsSet(const std::string& path, const ActivityFields& sent) {
  const Activity& a = sent.activity;
  if (path == "start_time") return sent.start.has_value();
  if (path == "duration_minutes") return a.duration_minutes != 0;
  if (path == "topic") return !a.topic.empty();
  if (path == "place") return !a.place.empty();
  if (path == "host") return !sent.host.empty();
  if (path == "credit_deci_hours") return a.credit_deci_hours != 0;
  if (path == "objective") return !a.objective.empty();
  if (path == "joint_units") return !sent.joint.empty();
  if (path == "attendees") return !sent.attendees.empty();
  if (path == "minutes") return a.minutes.has_value();
  if (path == "evidence") return !a.evidence.empty();
  return false;
}

std::vector<std::string> PathsOf(const ActivityFields& sent, const std::vector<std::string>& mask,
                                 common::Violations& violations) {
  std::vector<std::string> paths;
  for (const std::string& path : mask) {
    const bool known = std::find(std::begin(kPaths), std::end(kPaths), path) != std::end(kPaths);
    if (known && path != "kind") {
      paths.push_back(path);
    } else {
      violations.Add("update_mask", "NOT_UPDATABLE",
                     {fmt::format("{} cannot be changed", path), fmt::format("{} 不能修改", path)});
    }
  }
  if (!mask.empty()) return paths;
  for (const char* path : kPaths) {
    if (IsSet(path, sent)) paths.emplace_back(path);
  }
  if (paths.empty()) violations.Add("update_mask", "REQUIRED", {"nothing is to be changed", "没有要修改的内容"});
  return paths;
}

std::vector<int64_t> ReadMembers(const std::vector<std::string>& names, std::string_view field,
                                 common::Violations& violations) {
  std::vector<int64_t> members;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", field, i);
    if (names[i].empty()) violations.Add(at, "REQUIRED", {"is required", "必填"});
    members.push_back(common::ReadOptionalId(names[i], "members", at, violations));
  }
  return members;
}

ActivityStep StepOf(ActivityEvent event) {
  ActivityStep step;
  step.event = event;
  return step;
}

}  // namespace

bool ActivityApp::Visible(const common::Call& call, const Activity& activity) const {
  return parts_.units.Covers(call.scope, parts_.units.AnswersFor(activity.unit));
}

ActivityView ActivityApp::View(StoredActivity stored) const {
  const common::UnitUid unit = parts_.units.AnswersFor(stored.activity.unit);
  return {std::move(stored), unit};
}

absl::CivilDay ActivityApp::DayOf(absl::Time time) const {
  return absl::CivilDay(absl::ToCivilSecond(time, parts_.calendar.zone()));
}

absl::StatusOr<ActivityView> ActivityApp::Run(common::PartitionId partition, const common::Call& call,
                                              const common::WriteOptions& options,
                                              absl::FunctionRef<absl::StatusOr<StoredActivity>(ActivityTxn&)> change) {
  const auto write = [&](absl::FunctionRef<absl::Status(ActivityTxn&)> body) {
    return parts_.store.Write(partition, call, body);
  };
  const auto changed = [&](ActivityTxn& txn, std::string& remember) -> absl::StatusOr<StoredActivity> {
    RONGHE_ASSIGN_OR_RETURN(StoredActivity stored, change(txn));
    remember = NameOf(stored.id);
    return stored;
  };
  const auto again = [](ActivityTxn& txn, const std::string& name) -> absl::StatusOr<StoredActivity> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredActivity> done,
                            txn.Find(ActivityId(common::IdFromName(name, "activities"))));
    if (!done) return common::NotFound(name);
    return *std::move(done);
  };
  RONGHE_ASSIGN_OR_RETURN(StoredActivity stored,
                          (common::WriteOnce<StoredActivity, ActivityTxn>(options, write, changed, again)));
  return View(std::move(stored));
}

absl::StatusOr<ActivityView> ActivityApp::RunOn(const common::Call& call, const std::string& name, ActivityEvent event,
                                                const common::WriteOptions& options, Change change) {
  const ActivityId id(common::IdFromName(name, "activities"));
  const auto body = [&](ActivityTxn& txn) -> absl::StatusOr<StoredActivity> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredActivity> before, txn.Find(id));
    // The wrapper has checked the unit that owned it when the call came.
    if (!before || !Visible(call, before->activity)) return common::NotFound(name);
    RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(*before), options.etag));
    Activity after = before->activity;
    RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before->activity.state, event, name));
    RONGHE_ASSIGN_OR_RETURN(ActivityStep step, change(txn, *before, after));
    step.after = after.state;
    step.actor = call.actor.key;
    return txn.Replace(*before, after, step);
  };
  return Run(common::PartitionOf(id.value), call, options, body);
}

absl::StatusOr<std::vector<common::UnitUid>> ActivityApp::JointOf(const std::vector<std::string>& names,
                                                                  const common::UnitView& unit,
                                                                  common::Violations& violations) const {
  std::set<common::UnitUid> joint;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string field = fmt::format("activity.joint_units[{}]", i);
    const std::optional<std::string> code = common::CodeIn(names[i]);
    const std::optional<common::UnitView> one = code ? parts_.units.FindByCode(*code) : std::nullopt;
    if (!one || one->state == common::UnitState::kDissolved) {
      violations.Add(field, code ? "UNKNOWN_UNIT" : "BAD_NAME",
                     code ? common::Text{"is no living unit", "没有这个组织"} : common::kUnitForm);
    } else if (one->partition != unit.partition) {
      violations.Add(field, "OTHER_COUNTY", {"belongs to another county", "属于其他县"});
    } else if (one->uid != unit.uid) {
      joint.insert(one->uid);
    }
  }
  return std::vector<common::UnitUid>(joint.begin(), joint.end());
}

absl::StatusOr<ActivityView> ActivityApp::Create(const common::Call& call, ActivityFields fields,
                                                 const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  Activity& activity = fields.activity;
  activity.attendees = ReadMembers(fields.attendees, "activity.attendees", violations);
  activity.host = common::ReadOptionalId(fields.host, "members", "activity.host", violations);
  if (!fields.start) violations.Add("activity.start_time", "REQUIRED", {"is required", "必填"});
  const std::optional<std::string> code = common::CodeIn(fields.unit);
  if (!code) violations.Add("activity.unit", fields.unit.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
  const std::optional<common::UnitView> unit = code ? parts_.units.FindByCode(*code) : std::nullopt;
  if (unit) {
    RONGHE_ASSIGN_OR_RETURN(activity.joint, JointOf(fields.joint, *unit, violations));
  }
  CheckActivity(activity, "activity.", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!unit || !parts_.units.Covers(call.scope, unit->uid)) return common::NotFound(fields.unit);
  RONGHE_RETURN_IF_ERROR(common::RefuseUnit(*unit, parts_.units));
  activity.unit = unit->uid;
  activity.start = *fields.start;
  ActivityStep step = StepOf(ActivityEvent::kCreate);
  step.after = ActivityState::kPlanned;
  step.actor = call.actor.key;
  return Run(unit->partition, call, options, [&](ActivityTxn& txn) { return txn.Insert(activity, step); });
}

absl::StatusOr<ActivityView> ActivityApp::Update(const common::Call& call, const std::string& name,
                                                 const ActivityFields& fields, const std::vector<std::string>& mask,
                                                 const common::WriteOptions& options) {
  common::Violations form = common::StartWith(options);
  const std::vector<std::string> paths = PathsOf(fields, mask, form);
  const std::vector<int64_t> attendees = ReadMembers(fields.attendees, "activity.attendees", form);
  const int64_t host = common::ReadOptionalId(fields.host, "members", "activity.host", form);
  RONGHE_RETURN_IF_ERROR(form.ToStatus());
  const auto change = [&](ActivityTxn&, const StoredActivity& before,
                          Activity& activity) -> absl::StatusOr<ActivityStep> {
    common::Violations violations;
    const Activity& sent = fields.activity;
    for (const std::string& path : paths) {
      const bool of_roster = path == "joint_units" || path == "attendees" || path == "start_time";
      if (of_roster && before.activity.state != ActivityState::kPlanned) {
        violations.Add("update_mask", "ROSTER_FROZEN",
                       {path + " cannot be changed once it is held", path + " 在活动开展后不能修改"});
        continue;
      }
      if (path == "start_time" && fields.start) activity.start = *fields.start;
      if (path == "start_time" && !fields.start) {
        violations.Add("activity.start_time", "REQUIRED", {"is required", "必填"});
      }
      if (path == "duration_minutes") activity.duration_minutes = sent.duration_minutes;
      if (path == "topic") activity.topic = sent.topic;
      if (path == "place") activity.place = sent.place;
      if (path == "host") activity.host = host;
      if (path == "credit_deci_hours") activity.credit_deci_hours = sent.credit_deci_hours;
      if (path == "objective") activity.objective = sent.objective;
      if (path == "attendees") activity.attendees = attendees;
      if (path == "minutes") activity.minutes = sent.minutes;
      if (path == "evidence") activity.evidence = sent.evidence;
      if (path != "joint_units") continue;
      const std::optional<common::UnitView> unit = parts_.units.Find(activity.unit);
      if (!unit) return common::Internal("a unit has gone from the directory");
      RONGHE_ASSIGN_OR_RETURN(activity.joint, JointOf(fields.joint, *unit, violations));
    }
    CheckActivity(activity, "activity.", violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    return StepOf(ActivityEvent::kUpdate);
  };
  return RunOn(call, name, ActivityEvent::kUpdate, options, change);
}

absl::StatusOr<std::vector<Attendance>> ActivityApp::Expected(const common::Call& call,
                                                              const Activity& activity) const {
  std::vector<common::UnitUid> hosts = {parts_.units.AnswersFor(activity.unit)};
  for (const common::UnitUid joint : activity.joint) hosts.push_back(parts_.units.AnswersFor(joint));
  std::vector<common::UnitUid> units;
  for (const common::UnitUid host : hosts) {
    const std::optional<common::UnitView> view = parts_.units.Find(host);
    // Above branches only the members of the unit's own are expected, unless they are named.
    const bool below =
        view && !ExpectsCommittee(activity.kind) && (view->level >= kBranchLevel || !activity.attendees.empty());
    if (!below) {
      units.push_back(host);
      continue;
    }
    for (const common::UnitView& one : parts_.units.SubtreeOf(host)) {
      if (one.state != common::UnitState::kDissolved) units.push_back(one.uid);
    }
  }
  if (units.size() > kMostUnits) {
    return common::FailedPrecondition("TOO_MANY_UNITS", {"more than 2000 units lie below; hold it in smaller parts",
                                                         "下辖组织超过 2000 个，请分别开展"});
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<RosterMember> roster, parts_.roster.Of(units, DayOf(activity.start), call));
  // Groups count with the branch that holds it: what is joint is what was named.
  for (RosterMember& member : roster) {
    for (const common::UnitUid host : hosts) {
      const std::optional<common::UnitView> view = parts_.units.Find(member.unit);
      if (view && view->level == kGroupLevel && view->parent == host) member.unit = host;
    }
  }
  return ExpectedAt(activity, roster);
}

absl::StatusOr<ActivityView> ActivityApp::Hold(const common::Call& call, const std::string& name,
                                               common::WriteOptions options) {
  RONGHE_RETURN_IF_ERROR(common::StartWith(options).ToStatus());
  const ActivityId id(common::IdFromName(name, "activities"));
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredActivity> known, parts_.store.Find(id, call.deadline));
  if (!known || !Visible(call, known->activity)) return common::NotFound(name);
  // Organization is asked outside of the transaction, so the activity must still be what it was asked for.
  std::vector<Attendance> expected;
  if (known->activity.state == ActivityState::kPlanned) {
    if (DayOf(known->activity.start) > parts_.calendar.Today()) {
      return common::FailedPrecondition("NOT_YET", {"its day has not come", "活动日期未到"},
                                        {{"NOT_YET", name, {"its day has not come", "活动日期未到"}}});
    }
    RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(*known), options.etag));
    RONGHE_ASSIGN_OR_RETURN(expected, Expected(call, known->activity));
    if (expected.empty()) {
      const common::Text text{"nobody is expected: the units have no such members on that day", "当日没有应到人员"};
      return common::FailedPrecondition("NOBODY_EXPECTED", text, {{"NOBODY_EXPECTED", name, text}});
    }
    options.etag = EtagOf(*known);
  }
  const auto change = [&](ActivityTxn& txn, const StoredActivity& before,
                          Activity& activity) -> absl::StatusOr<ActivityStep> {
    RONGHE_RETURN_IF_ERROR(txn.InsertAttendances(before, expected));
    activity.expected = static_cast<int>(expected.size());
    ActivityStep step = StepOf(ActivityEvent::kHold);
    step.attendances = activity.expected;
    return step;
  };
  return RunOn(call, name, ActivityEvent::kHold, options, change);
}

absl::StatusOr<ActivityView> ActivityApp::Confirm(const common::Call& call, const std::string& name,
                                                  const common::WriteOptions& options) {
  RONGHE_RETURN_IF_ERROR(common::StartWith(options).ToStatus());
  const auto change = [&](ActivityTxn&, const StoredActivity&, Activity& activity) -> absl::StatusOr<ActivityStep> {
    RONGHE_RETURN_IF_ERROR(CheckComplete(activity, name));
    return StepOf(ActivityEvent::kConfirm);
  };
  return RunOn(call, name, ActivityEvent::kConfirm, options, change);
}

absl::StatusOr<ActivityView> ActivityApp::Cancel(const common::Call& call, const std::string& name,
                                                 const std::string& reason, const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  CheckReason(reason, /*required=*/true, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const auto change = [&](ActivityTxn&, const StoredActivity&, Activity&) -> absl::StatusOr<ActivityStep> {
    ActivityStep step = StepOf(ActivityEvent::kCancel);
    step.reason = reason;
    return step;
  };
  return RunOn(call, name, ActivityEvent::kCancel, options, change);
}

}  // namespace ronghe::education
