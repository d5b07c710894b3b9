#include "gateway/cli/declare_parts.h"
#include "gateway/cli/risk_commands.h"
#include "ronghe/rectification/v1/risk_point.pb.h"

namespace ronghe::gateway::cli {
namespace {

using DeclaredRisk = Declared<RiskOptions>;

// A command on one risk point that may be written by somebody else meanwhile.
DeclaredRisk DeclareChange(CLI::App& risk, const char* name, const char* about, Context& context, Command& command,
                           absl::Status (*run)(const RiskOptions&, Context&)) {
  DeclaredRisk declared = Declare(risk, name, about, context, command, run);
  declared.app->add_option("risk-point", declared.options->name)->required();
  declared.app->add_option("--etag", declared.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*declared.app, *declared.options, /*validate=*/true);
  return declared;
}

}  // namespace

void DeclareRisks(CLI::App& app, Context& context, Command& command) {
  CLI::App& risk = *app.add_subcommand("risk-point", "risk points of business work / 业务廉政风险点");
  risk.require_subcommand(1);
  DeclaredRisk create =
      Declare(risk, "create", "register a risk point; its first review is due", context, command, RunRiskCreate);
  AddFields(*create.app, rectification::v1::RiskPoint::descriptor(), /*update=*/false, create.options->fields);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  DeclaredRisk update = DeclareChange(risk, "update", "change what it is", context, command, RunRiskUpdate);
  AddFields(*update.app, rectification::v1::RiskPoint::descriptor(), /*update=*/true, update.options->fields);
  DeclaredRisk get = Declare(risk, "get", "show a risk point", context, command, RunRiskGet);
  get.app->add_option("risk-point", get.options->name)->required();
  DeclaredRisk list = Declare(risk, "list", "those under review, the earliest first", context, command, RunRiskList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
  list.app->add_option("--filter", list.options->filter, "for example: overdue = TRUE");
  DeclaredRisk review =
      DeclareChange(risk, "review", "record a review; a failed one opens a problem", context, command, RunRiskReview);
  review.app->add_option("--result", review.options->result, "passed or failed")->required();
  review.app->add_option("--basis", review.options->basis, "on what it rests; needed to pass");
  review.app->add_option("--finding", review.options->finding, "what is not carried out; needed to fail");
  review.app->add_option("--next-review-date", review.options->next_review_date, "default: as late as the rules allow");
  review.app->add_option("--problem-class", review.options->problem_class, "of the problem; default TIME_BOUND");
  review.app->add_option("--working-days", review.options->working_days, "of the problem: to be put right in so many");
  DeclaredRisk retire =
      DeclareChange(risk, "retire", "take it out of review, for good", context, command, RunRiskRetire);
  retire.app->add_option("--reason", retire.options->reason, "why")->required();
  DeclaredRisk reviews = Declare(risk, "reviews", "its reviews, the newest first", context, command, RunRiskReviews);
  reviews.app->add_option("risk-point", reviews.options->name)->required();
}

}  // namespace ronghe::gateway::cli
