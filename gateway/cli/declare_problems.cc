#include "gateway/cli/declare_parts.h"
#include "gateway/cli/problem_commands.h"
#include "ronghe/rectification/v1/problem.pb.h"

namespace ronghe::gateway::cli {
namespace {

using RunOfProblem = absl::Status (*)(const ProblemOptions&, Context&);
using DeclaredProblem = Declared<ProblemOptions>;

// A command by which something happens to one problem.
DeclaredProblem DeclareEvent(CLI::App& problem, const char* name, const char* about, Context& context, Command& command,
                             RunOfProblem run) {
  auto declared = Declare(problem, name, about, context, command, run);
  declared.app->add_option("problem", declared.options->name)->required();
  declared.app->add_option("--reason", declared.options->reason, "why");
  declared.app->add_option("--etag", declared.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*declared.app, *declared.options, /*validate=*/true);
  return declared;
}

void AddEvidenceOption(DeclaredProblem& declared) {
  declared.app->add_option("--evidence", declared.options->evidence,
                           "files that show it: their digests are sent, not the files");
}

void DeclareReads(CLI::App& problem, Context& context, Command& command) {
  auto get = Declare(problem, "get", "show a problem and what you may do next", context, command, RunProblemGet);
  get.app->add_option("problem", get.options->name)->required();
  auto history = Declare(problem, "history", "who did what, when and why", context, command, RunProblemHistory);
  history.app->add_option("problem", history.options->name)->required();
  auto list = Declare(problem, "list", "list problems, open ones by default", context, command, RunProblemList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
  list.app->add_option("--filter", list.options->filter, "for example: state = SUBMITTED AND overdue = FALSE");
  list.app->add_option("--order-by", list.options->order_by, "unit (the default), due_date or create_time desc");
  auto worklist = Declare(problem, "worklist", "what waits for a unit", context, command, RunProblemWorklist);
  worklist.app->add_option("unit", worklist.options->unit)->required();
  worklist.app
      ->add_option("worklist", worklist.options->worklist,
                   "to-do, to-verify, to-decide, due-soon, overdue, escalated or look-back")
      ->required();
  worklist.app->add_flag("--subtree", worklist.options->subtree, "what waits for the units below too");
  worklist.app->add_option("--person", worklist.options->person, "only what this member is responsible for");
  auto count = Declare(problem, "count", "by category, source and level", context, command, RunProblemCount);
  count.app->add_option("unit", count.options->unit)->required();
  auto rules = Declare(problem, "rules", "the rules in force, as the settings --policy and --calendar take them",
                       context, command, RunProblemRules);
  rules.app->add_option("which", rules.options->name, "policy (the default) or calendar")
      ->check(CLI::IsMember({"policy", "calendar"}));
}

void DeclareWork(CLI::App& problem, Context& context, Command& command) {
  auto create = Declare(problem, "create", "register a problem", context, command, RunProblemCreate);
  AddFields(*create.app, rectification::v1::Problem::descriptor(), /*update=*/false, create.options->fields);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto update = Declare(problem, "update", "change what is known of a problem", context, command, RunProblemUpdate);
  update.app->add_option("problem", update.options->name)->required();
  AddFields(*update.app, rectification::v1::Problem::descriptor(), /*update=*/true, update.options->fields);
  update.app->add_option("--etag", update.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*update.app, *update.options, /*validate=*/true);
  auto assign =
      DeclareEvent(problem, "assign", "say who puts it right, how and by when", context, command, RunProblemAssign);
  assign.app->add_option("--person", assign.options->person, "the member who is responsible");
  assign.app->add_option("--measures", assign.options->measures, "what is to be done");
  assign.app->add_option("--due-date", assign.options->due_date, "the last day");
  assign.app->add_option("--working-days", assign.options->working_days, "or so many working days from today");
  DeclareEvent(problem, "start", "begin to put it right", context, command, RunProblemStart);
  auto submit =
      DeclareEvent(problem, "submit", "submit what was done for verification", context, command, RunProblemSubmit);
  AddEvidenceOption(submit);
  auto extend =
      DeclareEvent(problem, "extend", "ask for a later deadline, before it passes", context, command, RunProblemExtend);
  extend.app->add_option("--due-date", extend.options->due_date, "the last day asked for")->required();
  AddEvidenceOption(extend);
}

void DeclareJudgement(CLI::App& problem, Context& context, Command& command) {
  auto verify =
      Declare(problem, "verify", "close submitted problems, or return them", context, command, RunProblemVerify);
  verify.app->add_option("problems", verify.options->names, "one, or several, each judged for itself")->required();
  verify.app->add_option("--verdict", verify.options->verdict, "close or return")
      ->check(CLI::IsMember({"close", "return"}))
      ->required();
  verify.app->add_option("--reason", verify.options->reason, "why; needed to return");
  verify.app->add_option("--etag", verify.options->etag, "refuse if it has changed since it was read");
  AddEvidenceOption(verify);
  AddWriteOptions(*verify.app, *verify.options, /*validate=*/true);
  auto reopen =
      DeclareEvent(problem, "reopen", "open a closed problem that was found again", context, command, RunProblemReopen);
  AddEvidenceOption(reopen);
  auto look_back = DeclareEvent(problem, "look-back", "record that a look-back did not find it again", context, command,
                                RunProblemLookBack);
  AddEvidenceOption(look_back);
  DeclareEvent(problem, "cancel", "cancel what was registered in error", context, command, RunProblemCancel);
  auto decide = DeclareEvent(problem, "decide", "grant or refuse an extension", context, command, RunProblemDecide);
  decide.app->add_flag("--grant", decide.options->granted, "grant it");
  decide.app->add_flag("--refuse", decide.options->refused, "refuse it, with a reason");
  DeclareEvent(problem, "pause", "make the deadline stand still", context, command, RunProblemPause);
  DeclareEvent(problem, "resume", "let the deadline run again", context, command, RunProblemResume);
}

void DeclareOrders(CLI::App& order, Context& context, Command& command) {
  auto issue = Declare(order, "issue", "open a problem for each of many units", context, command, RunOrderIssue);
  AddFields(*issue.app, rectification::v1::ProblemOrder::descriptor(), /*update=*/false, issue.options->fields,
            {"units"});
  issue.app->add_option("--units", issue.options->units, "the units, comma-separated or repeated")
      ->delimiter(',')
      ->required();
  AddWriteOptions(*issue.app, *issue.options, /*validate=*/true);
  auto get = Declare(order, "get", "show an order and how far it is carried out", context, command, RunOrderGet);
  get.app->add_option("order", get.options->name)->required();
  auto list = Declare(order, "list", "the orders of a unit, newest first", context, command, RunOrderList);
  list.app->add_option("unit", list.options->unit)->required();
}

}  // namespace

void DeclareProblems(CLI::App& app, Context& context, Command& command) {
  CLI::App& problem = *app.add_subcommand("problem", "the ledger of problems / 问题台账");
  problem.require_subcommand(1);
  DeclareReads(problem, context, command);
  DeclareWork(problem, context, command);
  DeclareJudgement(problem, context, command);
  CLI::App& order = *app.add_subcommand("order", "orders about problems that many units have / 共性问题交办");
  order.require_subcommand(1);
  DeclareOrders(order, context, command);
}

}  // namespace ronghe::gateway::cli
