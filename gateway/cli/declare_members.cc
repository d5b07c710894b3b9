#include "gateway/cli/declare_parts.h"
#include "ronghe/organization/v1/member.pb.h"

namespace ronghe::gateway::cli {
namespace {

using Run = absl::Status (*)(const MembershipOptions&, Context&);

// A change of one membership.
Declared<MembershipOptions> DeclareChange(CLI::App& member, const char* name, const char* about, Context& context,
                                          Command& command, Run run) {
  auto declared = Declare(member, name, about, context, command, run);
  declared.app->add_option("member", declared.options->member)->required();
  declared.app->add_option("--etag", declared.options->etag, "refuse if the member has changed since");
  declared.app->add_option("--request-id", declared.options->request_id, kRequestIdHelp);
  return declared;
}

void DeclareMembershipCommands(CLI::App& member, Context& context, Command& command) {
  auto confirm =
      DeclareChange(member, "confirm", "make a probationary member a full one", context, command, RunMemberConfirm);
  confirm.app->add_option("--full-date", confirm.options->date, "since when; default: the day the probation ended");
  auto extend = DeclareChange(member, "extend", "extend a probation, once", context, command, RunMemberExtendProbation);
  extend.app->add_option("--months", extend.options->months, "by how many months")->required();
  auto floating = DeclareChange(member, "float", "record that a member lives the organizational life elsewhere",
                                context, command, RunMemberFloat);
  floating.app->add_option("--to", floating.options->unit, "in this unit; default: outside of the deployment");
  floating.app->add_option("--date", floating.options->date, "since when; default today");
  DeclareChange(member, "return", "end the floating", context, command, RunMemberReturn);
  auto leave =
      DeclareChange(member, "leave", "end a membership; it is kept, uncounted", context, command, RunMemberLeave);
  leave.app
      ->add_option("--reason", leave.options->reason,
                   "resigned, struck_off, expelled, probation_cancelled, suspended, moved_outside or deceased")
      ->required();
  leave.app->add_option("--date", leave.options->date, "when; default today");
  auto restore =
      DeclareChange(member, "restore", "take the end of a membership back", context, command, RunMemberRestore);
  restore.app->add_option("--to", restore.options->unit, "in this unit of the county; default: where it was");
  auto history =
      Declare(member, "history", "the versions of a member, oldest first", context, command, RunMemberHistory);
  history.app->add_option("member", history.options->member)->required();
  auto search = Declare(member, "search", "find members; what is searched for is read from standard input", context,
                        command, RunMemberSearch);
  search.app->add_option("unit", search.options->unit, "in this unit and everything below it")->required();
  search.app->add_option("--by", search.options->by, "identity_number, phone or full_name (its first characters)")
      ->check(CLI::IsMember({"identity_number", "phone", "full_name"}))
      ->required();
  search.app->add_option("--purpose", search.options->purpose, "why; it is recorded who searched")->required();
  search.app->add_flag("--ended", search.options->show_ended, "also members whose membership ended");
}

void DeclareTransferCommands(CLI::App& app, Context& context, Command& command) {
  CLI::App& transfer = *app.add_subcommand("transfer", "members on the way between units / 组织关系转接");
  transfer.require_subcommand(1);
  auto get = Declare(transfer, "get", "show a transfer", context, command, RunTransferGet);
  get.app->add_option("transfer", get.options->name)->required();
  auto list =
      Declare(transfer, "list", "the transfers from and to a unit and all below it", context, command, RunTransferList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_option("--worklist", list.options->worklist, "to-do, waiting or expired")
      ->check(CLI::IsMember({"to-do", "waiting", "expired"}));
  list.app->add_option("--side", list.options->side, "source or target")->check(CLI::IsMember({"source", "target"}));
  list.app->add_option("--filter", list.options->filter, "for example: state = RELEASED");
  auto apply = Declare(transfer, "apply", "apply for a member to go to another unit, or to outside", context, command,
                       RunTransferApply);
  apply.app->add_option("member", apply.options->member)->required();
  CLI::Option* to = apply.app->add_option("--to", apply.options->unit, "the unit, anywhere in the deployment");
  apply.app->add_option("--to-outside", apply.options->outside, "the organization outside")->excludes(to);
  auto receive =
      Declare(transfer, "receive", "record the letter of somebody from outside", context, command, RunTransferReceive);
  receive.app->add_option("unit", receive.options->unit)->required();
  receive.app->add_option("--from-outside", receive.options->outside, "the organization outside")->required();
  receive.app->add_option("--letter-number", receive.options->letter, "as on the letter")->required();
  receive.app->add_option("--letter-date", receive.options->date, "as on the letter")->required();
  for (auto* made : {&apply, &receive}) AddWriteOptions(*made->app, *made->options, /*validate=*/true);
  auto release =
      Declare(transfer, "release", "let a member go: the letter is issued", context, command, RunTransferRelease);
  auto accept = Declare(transfer, "accept", "take a member in; from outside with the facts of the person", context,
                        command, RunTransferAccept);
  AddFields(*accept.app, organization::v1::Member::descriptor(), /*update=*/true, accept.options->fields);
  auto withdraw = Declare(transfer, "withdraw", "take an application back", context, command, RunTransferWithdraw);
  auto back =
      Declare(transfer, "return", "refuse what was applied for or released", context, command, RunTransferReturn);
  back.app
      ->add_option("--reason", back.options->reason,
                   "incomplete_documents, wrong_unit, not_reported, conditions_not_met or facts_wrong")
      ->required();
  for (auto* event : {&release, &accept, &withdraw, &back}) {
    event->app->add_option("transfer", event->options->name)->required();
    event->app->add_option("--etag", event->options->etag, "refuse if it has changed since it was read");
    AddWriteOptions(*event->app, *event->options, /*validate=*/true);
  }
}

}  // namespace

void DeclareMembers(CLI::App& app, Context& context, Command& command) {
  CLI::App& member = *app.add_subcommand("member", "members / 党员");
  member.require_subcommand(1);
  auto get = Declare(member, "get", "show a member, personal data masked", context, command, RunMemberGet);
  get.app->add_option("member", get.options->member)->required();
  get.app->add_option("--reveal", get.options->purpose,
                      "personal data in full, for this purpose; it is recorded who read it");
  auto list =
      Declare(member, "list", "list the members of a unit, personal data masked", context, command, RunMemberList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_flag("--subtree", list.options->subtree, "also of all units below");
  list.app->add_option("--filter", list.options->filter, "for example: status = PROBATIONARY");
  auto create = Declare(member, "create", "register a member", context, command, RunMemberCreate);
  AddFields(*create.app, organization::v1::Member::descriptor(), /*update=*/false, create.options->fields);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto update = Declare(member, "update", "change the facts of a member", context, command, RunMemberUpdate);
  update.app->add_option("member", update.options->member)->required();
  AddFields(*update.app, organization::v1::Member::descriptor(), /*update=*/true, update.options->fields);
  update.app->add_option("--etag", update.options->etag, "refuse if the member has changed since");
  AddWriteOptions(*update.app, *update.options, /*validate=*/false);
  auto move = Declare(member, "move", "move a member to another unit of the county", context, command, RunMemberMove);
  move.app->add_option("member", move.options->member)->required();
  move.app->add_option("--to", move.options->unit, "the new unit")->required();
  move.app->add_option("--etag", move.options->etag, "refuse if the member has changed since");
  AddWriteOptions(*move.app, *move.options, /*validate=*/false);
  DeclareMembershipCommands(member, context, command);
  DeclareTransferCommands(app, context, command);
}

void DeclareReadings(CLI::App& app, Context& context, Command& command) {
  CLI::App& readings = *app.add_subcommand("readings", "who read personal data and texts / 个人信息与文字内容查阅记录");
  readings.require_subcommand(1);
  auto list =
      Declare(readings, "list", "the audit log of a unit and what is below it", context, command, RunReadingsList);
  list.app->add_option("unit", list.options->unit)->required();
  list.app->add_option("--actor", list.options->actor, "only by this one: ISSUER|SUBJECT");
  list.app->add_option("--member", list.options->member, "only of this one");
  list.app->add_option("--resource", list.options->resource, "only of what has this name: problems/…, units/…");
  list.app->add_option("--limit", list.options->limit, "at most so many, newest first")->capture_default_str();
  auto verify =
      Declare(readings, "verify", "recompute the chains of the audit log", context, command, RunReadingsVerify);
  verify.app->add_option("unit", verify.options->unit)->required();
  verify.app->add_option("--known", verify.options->known,
                         "a head that an earlier verification printed: CHAIN:SEQUENCE:HASH; any number of them");
  for (auto* one : {&list, &verify}) {
    one->app->add_option("--of", one->options->service, "members: their personal data; problems, education: texts")
        ->check(CLI::IsMember({"members", "problems", "education"}))
        ->capture_default_str();
  }
}

}  // namespace ronghe::gateway::cli
