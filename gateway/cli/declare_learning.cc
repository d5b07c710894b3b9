#include "gateway/cli/declare_parts.h"
#include "gateway/cli/learning_commands.h"
#include "ronghe/education/v1/learning.pb.h"

namespace ronghe::gateway::cli {

void DeclareLearning(CLI::App& app, Context& context, Command& command) {
  CLI::App& learning = *app.add_subcommand("learning", "what members learned: an immutable ledger of hours / 学习记录");
  learning.require_subcommand(1);
  auto create = Declare(learning, "create", "enter a record", context, command, RunLearningCreate);
  create.app->add_option("--member", create.options->member, "who")->required();
  create.app->add_option("--credit", create.options->credit, "tenths of an hour")->required();
  AddFields(*create.app, education::v1::LearningRecord::descriptor(), /*update=*/false, create.options->fields,
            {"member", "credit_deci_hours"});
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto get = Declare(learning, "get", "show a record", context, command, RunLearningGet);
  get.app->add_option("record", get.options->name)->required();
  auto list = Declare(learning, "list", "what a member learned in a year, voided records too", context, command,
                      RunLearningList);
  list.app->add_option("member", list.options->member)->required();
  list.app->add_option("--year", list.options->year, "default the current one");
  auto voided = Declare(learning, "void", "void a record; with the fields of another one it is replaced", context,
                        command, RunLearningVoid);
  voided.app->add_option("record", voided.options->name)->required();
  voided.app->add_option("--reason", voided.options->reason, "why")->required();
  voided.app->add_option("--credit", voided.options->credit, "of the replacement, in tenths of an hour");
  AddFields(*voided.app, education::v1::LearningRecord::descriptor(), /*update=*/true, voided.options->fields,
            {"member", "credit_deci_hours"});
  AddWriteOptions(*voided.app, *voided.options, /*validate=*/true);
  auto reconcile = Declare(learning, "reconcile", "what an import brought, by platform / 对账", context, command,
                           RunLearningReconcile);
  reconcile.app->add_option("import", reconcile.options->import)->required();
}

}  // namespace ronghe::gateway::cli
