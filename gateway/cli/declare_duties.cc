#include "gateway/cli/declare_parts.h"
#include "ronghe/organization/v1/duty.pb.h"

namespace ronghe::gateway::cli {
namespace {

constexpr char kPartyHelp[] =
    "ROLE=members/ID, ROLE=units/CODE or ROLE=household:DESCRIPTION (worker, workplace, other); repeatable";

void AddReason(Declared<DutyOptions>& change, const char* about) {
  change.app->add_option("--reason", change.options->reason, about)->required();
}

void DeclareResults(CLI::App& duty, Context& context, Command& command) {
  auto results = Declare(duty, "results", "list monthly results, recorded and due", context, command, RunDutyResults);
  results.app->add_option("unit", results.options->unit)->required();
  results.app->add_flag("--subtree", results.options->subtree, "those of all units below too");
  results.app->add_option("--month", results.options->month, "for example 2026-11");
  results.app->add_option("--duty", results.options->name, "only those of this duty");
  results.app->add_option("--filter", results.options->filter, "for example: state = DUE");
  auto result = Declare(duty, "result", "show a result and its amendments", context, command, RunDutyResult);
  result.app->add_option("name", result.options->name)->required();
  auto record = Declare(duty, "record", "record the result of a month", context, command, RunDutyRecord);
  auto amend = Declare(duty, "amend", "correct a recorded result", context, command, RunDutyAmend);
  for (auto* one : {&record, &amend}) {
    AddEventOptions(*one, nullptr);
    one->app->add_option("--outcome", one->options->outcome, "achieved, partly or not-achieved")->required();
    one->app->add_option("--summary", one->options->summary, "in a few words; no names of persons");
  }
  AddReason(amend, "why it is corrected");
}

}  // namespace

void DeclareDuties(CLI::App& app, Context& context, Command& command) {
  CLI::App& duty = *app.add_subcommand("duty", "responsibility areas, task forces, pairings, … / 履责事项");
  duty.require_subcommand(1);
  auto get = Declare(duty, "get", "show a duty", context, command, RunDutyGet);
  get.app->add_option("name", get.options->name)->required();
  auto list = Declare(duty, "list", "list duties", context, command, RunDutyList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
  list.app->add_option("--filter", list.options->filter, "for example: kind = TASK_FORCE AND state = PLANNED");
  list.app->add_option("--member", list.options->member, "only those in which this member takes or took part");
  auto create = Declare(duty, "create", "plan a duty", context, command, RunDutyCreate);
  AddFields(*create.app, organization::v1::Duty::descriptor(), /*update=*/false, create.options->fields);
  create.app->add_option("--party", create.options->parties, kPartyHelp);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto update = Declare(duty, "update", "change title, scope, days or objective", context, command, RunDutyUpdate);
  AddFields(*update.app, organization::v1::Duty::descriptor(), /*update=*/true, update.options->fields);
  AddEventOptions(update, nullptr);
  auto start = Declare(duty, "start", "begin a planned duty", context, command, RunDutyStart);
  AddEventOptions(start, "first day; default today");
  auto complete = Declare(duty, "complete", "a duty has been done", context, command, RunDutyComplete);
  AddEventOptions(complete, "first day without it; default today");
  auto end = Declare(duty, "end", "end a duty before it was done", context, command, RunDutyEnd);
  AddEventOptions(end, "first day without it; default today");
  AddReason(end, "why");
  auto cancel = Declare(duty, "cancel", "a planned duty will not begin", context, command, RunDutyCancel);
  AddEventOptions(cancel, nullptr);
  AddReason(cancel, "why");
  auto join = Declare(duty, "join", "more people take part", context, command, RunDutyJoin);
  AddEventOptions(join, nullptr);
  join.app->add_option("--party", join.options->parties, kPartyHelp)->required();
  auto leave = Declare(duty, "leave", "somebody takes part no longer", context, command, RunDutyLeave);
  AddEventOptions(leave, "first day without them; default today");
  leave.app->add_option("--part", leave.options->part, "number of the part within the duty")->required();
  DeclareResults(duty, context, command);
}

}  // namespace ronghe::gateway::cli
