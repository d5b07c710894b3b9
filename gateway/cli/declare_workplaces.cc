#include "gateway/cli/declare_parts.h"
#include "ronghe/organization/v1/workplace.pb.h"

namespace ronghe::gateway::cli {
namespace {

void AddListOptions(Declared<WorkplaceOptions>& list, const char* example) {
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_option("--filter", list.options->filter, example);
}

void DeclareCovers(CLI::App& app, Context& context, Command& command) {
  CLI::App& cover = *app.add_subcommand("cover", "which unit serves which workplace / 组织覆盖");
  cover.require_subcommand(1);
  auto get = Declare(cover, "get", "show one", context, command, RunCoverGet);
  get.app->add_option("name", get.options->name)->required();
  auto list = Declare(cover, "list", "list what a unit serves", context, command, RunCoverList);
  AddListOptions(list, "for example: state = ENDED");
  list.app->add_flag("--subtree", list.options->subtree, "of all units below too");
  list.app->add_option("--workplace", list.options->workplace, "only this workplace");
  auto assign = Declare(cover, "assign", "let a unit serve workplaces", context, command, RunCoverAssign);
  assign.app->add_option("--date", assign.options->date, "first day; default today");
  auto end = Declare(cover, "end", "end that a unit serves workplaces", context, command, RunCoverEnd);
  end.app->add_option("--date", end.options->date, "first day without it; default today");
  for (auto* batch : {&assign, &end}) {
    batch->app->add_option("unit", batch->options->unit, "the unit that serves")->required();
    batch->app->add_option("workplaces", batch->options->workplaces, "up to 500")->required();
    AddWriteOptions(*batch->app, *batch->options, /*validate=*/true);
  }
}

}  // namespace

void DeclareWorkplaces(CLI::App& app, Context& context, Command& command) {
  CLI::App& workplace = *app.add_subcommand("workplace", "workplaces that units cover / 单位");
  workplace.require_subcommand(1);
  auto get = Declare(workplace, "get", "show a workplace", context, command, RunWorkplaceGet);
  get.app->add_option("name", get.options->name)->required();
  auto list = Declare(workplace, "list", "list the workplaces that a unit counts", context, command, RunWorkplaceList);
  AddListOptions(list, "for example: kind = ENTERPRISE AND covered = FALSE");
  list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
  auto uncovered = Declare(workplace, "uncovered", "list the workplaces in and below a unit that nobody covers",
                           context, command, RunWorkplaceUncovered);
  AddListOptions(uncovered, "for example: kind = ENTERPRISE");
  auto create = Declare(workplace, "create", "register a workplace", context, command, RunWorkplaceCreate);
  AddFields(*create.app, organization::v1::Workplace::descriptor(), /*update=*/false, create.options->fields);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto update = Declare(workplace, "update", "change kind, title or code", context, command, RunWorkplaceUpdate);
  AddFields(*update.app, organization::v1::Workplace::descriptor(), /*update=*/true, update.options->fields);
  AddEventOptions(update, nullptr);
  auto move = Declare(workplace, "move", "give a workplace another home unit", context, command, RunWorkplaceMove);
  move.app->add_option("--to", move.options->unit, "the unit that counts it from now on")->required();
  AddEventOptions(move, nullptr);
  auto close = Declare(workplace, "close", "end a workplace", context, command, RunWorkplaceClose);
  AddEventOptions(close, "first day without it; default today");
  auto restore = Declare(workplace, "restore", "bring a closed workplace back", context, command, RunWorkplaceRestore);
  AddEventOptions(restore, nullptr);
  DeclareCovers(app, context, command);
}

}  // namespace ronghe::gateway::cli
