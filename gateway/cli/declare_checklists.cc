#include "gateway/cli/checklist_commands.h"
#include "gateway/cli/declare_parts.h"

namespace ronghe::gateway::cli {
namespace {

using DeclaredChecklist = Declared<ChecklistOptions>;

constexpr char kItemsHelp[] = "CSV or NDJSON: code, title, basis, category, problem_class, working_days";

void DeclareStandards(CLI::App& checklist, Context& context, Command& command) {
  DeclaredChecklist create =
      Declare(checklist, "create", "set standards for the units below", context, command, RunChecklistCreate);
  create.app->add_option("--unit", create.options->unit, "the unit that sets them")->required();
  create.app->add_option("--title", create.options->title, "what it is called")->required();
  create.app->add_option("--items", create.options->file, kItemsHelp)->required();
  DeclaredChecklist update =
      Declare(checklist, "update", "change it: a new version", context, command, RunChecklistUpdate);
  update.app->add_option("checklist", update.options->name)->required();
  update.app->add_option("--title", update.options->title, "what it is called");
  update.app->add_option("--items", update.options->file, kItemsHelp);
  update.app->add_option("--etag", update.options->etag, "refuse if it has changed since it was read");
  for (DeclaredChecklist* one : {&create, &update}) {
    one->app->add_option("--kinds", one->options->kinds, "for units of these kinds, comma-separated; default all")
        ->delimiter(',');
    AddWriteOptions(*one->app, *one->options, /*validate=*/true);
  }
  DeclaredChecklist get =
      Declare(checklist, "get", "show a checklist with its items", context, command, RunChecklistGet);
  get.app->add_option("checklist", get.options->name)->required();
  get.app->add_option("--version", get.options->version, "default: the one in force");
  DeclaredChecklist list = Declare(checklist, "list", "those that are for a unit", context, command, RunChecklistList);
  list.app->add_option("unit", list.options->unit)->required();
}

void DeclareRounds(CLI::App& checklist, Context& context, Command& command) {
  DeclaredChecklist issue =
      Declare(checklist, "issue", "hand it down: a self-check for each unit", context, command, RunChecklistIssue);
  issue.app->add_option("checklist", issue.options->name)->required();
  issue.app->add_option("--due-date", issue.options->due_date, "the last day")->required();
  issue.app->add_option("--units", issue.options->units, "comma-separated; default: all that it is for")
      ->delimiter(',');
  AddWriteOptions(*issue.app, *issue.options, /*validate=*/true);
  DeclaredChecklist round =
      Declare(checklist, "round", "how far a round has come", context, command, RunChecklistRound);
  round.app->add_option("round", round.options->name)->required();
  DeclaredChecklist progress =
      Declare(checklist, "progress", "how far the units under one have come", context, command, RunChecklistProgress);
  progress.app->add_option("unit", progress.options->unit)->required();
  progress.app->add_option("--round", progress.options->round, "default: all rounds");
}

}  // namespace

void DeclareChecklists(CLI::App& app, Context& context, Command& command) {
  CLI::App& checklist = *app.add_subcommand("checklist", "standards for self-checks / 自查清单");
  checklist.require_subcommand(1);
  DeclareStandards(checklist, context, command);
  DeclareRounds(checklist, context, command);
  CLI::App& check = *app.add_subcommand("self-check", "what units check about themselves / 自查");
  check.require_subcommand(1);
  DeclaredChecklist list =
      Declare(check, "list", "self-checks, those to be done by default", context, command, RunSelfCheckList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
  list.app->add_option("--filter", list.options->filter, "for example: overdue = TRUE");
  DeclaredChecklist get =
      Declare(check, "get", "show a self-check with its standards and answers", context, command, RunSelfCheckGet);
  get.app->add_option("self-check", get.options->name)->required();
  DeclaredChecklist submit =
      Declare(check, "submit", "answer every item; each NO opens a problem", context, command, RunSelfCheckSubmit);
  submit.app->add_option("self-check", submit.options->name)->required();
  submit.app
      ->add_option("answers", submit.options->file,
                   "CSV or NDJSON: item, value (YES, NO, NOT_APPLICABLE), basis, "
                   "description")
      ->required();
  submit.app->add_option("--etag", submit.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*submit.app, *submit.options, /*validate=*/true);
}

}  // namespace ronghe::gateway::cli
