#include "gateway/cli/activity_commands.h"
#include "gateway/cli/declare_parts.h"
#include "ronghe/education/v1/activity.pb.h"

namespace ronghe::gateway::cli {
namespace {

using DeclaredActivity = Declared<ActivityOptions>;
using Run = absl::Status (*)(const ActivityOptions&, Context&);

// A command by which something happens to one activity.
DeclaredActivity DeclareStep(CLI::App& activity, const char* name, const char* about, Context& context,
                             Command& command, Run run) {
  auto declared = Declare(activity, name, about, context, command, run);
  declared.app->add_option("activity", declared.options->name)->required();
  declared.app->add_option("--etag", declared.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*declared.app, *declared.options, /*validate=*/true);
  return declared;
}

void AddDocuments(DeclaredActivity& declared) {
  declared.app->add_option("--minutes", declared.options->minutes, "file: its digest is sent, not the file");
  declared.app->add_option("--evidence", declared.options->evidence, "files: their digests are sent, not the files");
  declared.app->add_option("--credit", declared.options->credit, "credit for each, in tenths of an hour");
}

void AddDescription(DeclaredActivity& declared, bool update) {
  AddFields(*declared.app, education::v1::Activity::descriptor(), update, declared.options->fields,
            {"start_time", "duration_minutes", "credit_deci_hours", "joint_units", "attendees"});
  auto* const start =
      declared.app->add_option("--start", declared.options->start, "when it begins: 2026-11-16T08:30:00+08:00");
  if (!update) start->required();
  declared.app->add_option("--duration", declared.options->minutes_long, "how long, in minutes");
  declared.app->add_option("--joint-units", declared.options->joint_units, "units that hold it jointly")
      ->delimiter(',');
  declared.app->add_option("--attendees", declared.options->attendees, "members expected by name")->delimiter(',');
  AddDocuments(declared);
}

void AddRecords(DeclaredActivity& declared) {
  declared.app->add_option("--present", declared.options->present, "members who were there")->delimiter(',');
  declared.app->add_option("--absent", declared.options->absent, "members who were not, without a reason")
      ->delimiter(',');
  declared.app->add_option("--leave", declared.options->leave, "MEMBER=REASON, repeatable");
  declared.app->add_option("--make-up", declared.options->made_up, "MEMBER=DATE, repeatable");
}

void DeclareSteps(CLI::App& activity, Context& context, Command& command) {
  auto update = DeclareStep(activity, "update", "change what is planned", context, command, RunActivityUpdate);
  AddDescription(update, /*update=*/true);
  DeclareStep(activity, "hold", "it takes place: freeze who is expected", context, command, RunActivityHold);
  auto record = DeclareStep(activity, "record", "record attendance", context, command, RunActivityRecord);
  AddRecords(record);
  record.app->add_option("--rest", record.options->rest, "what everybody else was: present or absent");
  DeclareStep(activity, "confirm", "confirm that all is recorded", context, command, RunActivityConfirm);
  auto amend = DeclareStep(activity, "amend", "correct a confirmed one", context, command, RunActivityAmend);
  amend.app->add_option("--reason", amend.options->reason, "why")->required();
  AddRecords(amend);
  AddDocuments(amend);
  auto cancel = DeclareStep(activity, "cancel", "it did not take place", context, command, RunActivityCancel);
  cancel.app->add_option("--reason", cancel.options->reason, "why")->required();
}

}  // namespace

void DeclareActivities(CLI::App& app, Context& context, Command& command) {
  CLI::App& activity = *app.add_subcommand("activity", "meetings, classes, theme days, training / 组织生活与教育活动");
  activity.require_subcommand(1);
  auto create = Declare(activity, "create", "enter an activity", context, command, RunActivityCreate);
  AddDescription(create, /*update=*/false);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto get = Declare(activity, "get", "show an activity and what may happen next", context, command, RunActivityGet);
  get.app->add_option("activity", get.options->name)->required();
  auto list =
      Declare(activity, "list", "the activities of a unit, the latest first", context, command, RunActivityList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
  list.app->add_option("--filter", list.options->filter, "for example: kind = THEME_DAY AND state = HELD");
  DeclareSteps(activity, context, command);
  auto codes = Declare(activity, "codes", "issue check-in codes", context, command, RunActivityCodes);
  codes.app->add_option("activity", codes.options->name)->required();
  codes.app->add_option("--count", codes.options->count, "how many; default 1");
  codes.app->add_option("--seconds", codes.options->seconds, "how long they are good; default 600");
  codes.app->add_option("--request-id", codes.options->request_id, kRequestIdHelp);
  auto check_in = Declare(activity, "check-in", "check in, for oneself", context, command, RunActivityCheckIn);
  check_in.app->add_option("activity", check_in.options->name)->required();
  check_in.app->add_option("code", check_in.options->code)->required();
  check_in.app->add_option("--request-id", check_in.options->request_id, kRequestIdHelp);
  auto attendance = Declare(activity, "attendance", "who was expected, and what became of them", context, command,
                            RunActivityAttendance);
  attendance.app->add_option("activity", attendance.options->name)->required();
  auto history = Declare(activity, "history", "what happened to it", context, command, RunActivityHistory);
  history.app->add_option("activity", history.options->name)->required();
}

}  // namespace ronghe::gateway::cli
