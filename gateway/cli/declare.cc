#include "gateway/cli/declare_parts.h"
#include "ronghe/organization/v1/member.pb.h"
#include "ronghe/organization/v1/post.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

namespace ronghe::gateway::cli {
namespace {

// What every command that shows figures takes.
template <typename Options>
void AddRevisionOption(Declared<Options>& declared) {
  declared.app->add_option("--min-revision", declared.options->min_revision,
                           "answer nothing older than this write: the `revision` it was answered with; repeatable");
}
template <typename Options>
void AddFigureOptions(Declared<Options>& declared) {
  declared.app->add_option("--structure", declared.options->structure, "then (the default) or now")
      ->check(CLI::IsMember({"then", "now"}));
  declared.app->add_flag("--all", declared.options->all, "every metric and rate, not only the usual ones");
  AddRevisionOption(declared);
}
template <typename Options>
void AddFigureAndPeriodOptions(Declared<Options>& declared) {
  declared.app->add_option("--period", declared.options->period,
                           "month, quarter or year, as 2026-11, 2026-Q4 or 2026; default the current month");
  AddFigureOptions(declared);
}

}  // namespace

void DeclareViews(CLI::App& app, Context& context, Command& command) {
  auto overview =
      Declare(app, "overview", "totals of a unit and of the units under it / 总览", context, command, RunOverview);
  overview.app->add_option("unit", overview.options->unit, "unit; default: the roots of your scope");
  overview.app->add_option("--depth", overview.options->depth, "levels below the unit")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  AddFigureAndPeriodOptions(overview);
  overview.app->add_option("--order-by", overview.options->order_by,
                           "code, or a metric or rate as SERVICE.NAME; \"… desc\" reverses");
  overview.app->add_flag("--watch", overview.options->watch, "show the unit's totals again whenever they change");
  overview.app->add_option("--count", overview.options->count, "with --watch: end after so many tables");

  auto trend = Declare(app, "trend", "the months of a unit / 趋势", context, command, RunTrend);
  trend.app->add_option("unit", trend.options->unit, "unit")->required();
  trend.app->add_option("--end-period", trend.options->end_period, "the last month; default the current one");
  trend.app->add_option("--months", trend.options->months, "how many; default 12")->check(CLI::Range(1, 36));
  AddFigureOptions(trend);

  auto compare = Declare(app, "compare", "units beside each other / 对比", context, command, RunCompare);
  compare.app->add_option("units", compare.options->units, "1 to 20 units of any levels")->required();
  AddFigureAndPeriodOptions(compare);

  auto explain = Declare(app, "explain", "why a month differs between the structure of then and of now / 差异说明",
                         context, command, RunExplain);
  explain.app->add_option("unit", explain.options->unit, "unit")->required();
  explain.app->add_option("--period", explain.options->period, "the month, for example 2026-10")->required();
  AddRevisionOption(explain);

  auto audit =
      Declare(app, "audit", "recount all totals from the records and compare / 核对汇总", context, command, RunAudit);
  audit.app->add_option("--service", audit.options->service, "only this one")
      ->check(CLI::IsMember({"organization", "education", "rectification", "assessment"}));
  audit.app->add_option("--limit", audit.options->limit, "differences listed for each service; default 100")
      ->check(CLI::Range(1, 1000));

  auto integrity = Declare(app, "integrity", "check the whole register for what no write brings about / 完整性检查",
                           context, command, RunIntegrity);
  integrity.app->add_option("--limit", integrity.options->limit, "findings listed for each check; default 100")
      ->check(CLI::Range(1, 1000));

  auto tree = Declare(app, "tree", "the structure / 组织树", context, command, RunTree);
  tree.app->add_option("unit", tree.options->unit, "unit; default: the roots of your scope");
  tree.app->add_option("--depth", tree.options->depth, "levels to show; default all")->check(CLI::Range(1, 10));
  tree.app->add_option("--as-of", tree.options->as_of, "as of this day, for example 2026-11-01");

  auto rules =
      Declare(app, "rules", "the rules in force, as --rule-pack takes them / 规则", context, command, RunRules);
  rules.app->add_option("--as-of", rules.options->as_of, "only those of this day, for example 2026-11-01");

  auto division = Declare(app, "division", "where a division code went / 区划代码沿革", context, command, RunDivision);
  division.app->add_option("code", division.options->code, "2, 4, 6 or 9 digits")->required();
  division.app->add_option("--coded", division.options->coded, "a day on which the code was in use");
  division.app->add_option("--as-of", division.options->as_of, "the codes of this day; default today");

  auto alerts =
      Declare(app, "alerts", "rules that are not kept, most urgent first / 预警", context, command, RunAlerts);
  alerts.app->add_option("unit", alerts.options->unit, "the unit and everything below it")->required();
  alerts.app->add_option("--filter", alerts.options->filter, "for example: severity = URGENT AND rule != NO_TERM");
  alerts.app->add_option("--limit", alerts.options->limit, "at most so many; default all")->check(CLI::PositiveNumber);

  auto watch =
      Declare(app, "watch", "follow the changes, also across interruptions / 变更订阅", context, command, RunWatch);
  watch.app->add_option("--service", watch.options->service, "whose changes")
      ->check(CLI::IsMember({"organization", "education", "rectification", "assessment"}))
      ->capture_default_str();
  watch.app->add_option("--units", watch.options->units, "only in and below these units, comma-separated")
      ->delimiter(',');
  watch.app->add_option("--kinds", watch.options->kinds, "only these collections, for example units,members")
      ->delimiter(',');
  watch.app->add_option("--resume-token", watch.options->resume_token,
                        "where to begin; default: the oldest change kept");
  watch.app->add_option("--count", watch.options->count, "end after so many changes")->check(CLI::PositiveNumber);
}

namespace {

void DeclareReorganizations(CLI::App& app, CLI::App& unit, Context& context, Command& command) {
  auto merge = Declare(unit, "merge", "merge units into one", context, command, RunUnitMerge);
  merge.app->add_option("units", merge.options->units, "the units that end")->required();
  merge.app->add_option("--into", merge.options->parent, "the unit that goes on")->required();
  auto split = Declare(unit, "split", "split a unit", context, command, RunUnitSplit);
  split.app->add_option("unit", split.options->units)->required()->expected(1);
  split.app->add_option("--parts", split.options->file, "JSON: {\"parts\": [...], \"continues\": true}; - for stdin")
      ->required();
  auto restore = Declare(unit, "restore", "bring a dissolved or merged unit back", context, command, RunUnitRestore);
  restore.app->add_option("unit", restore.options->units)->required()->expected(1);
  restore.app->add_option("--parent", restore.options->parent, "default: where it stood");
  CLI::App& reorganization =
      *app.add_subcommand("reorganization", "several changes as one, and those to come / 机构调整");
  reorganization.require_subcommand(1);
  auto apply = Declare(reorganization, "apply", "do several changes as one", context, command, RunReorganizationApply);
  apply.app->add_option("file", apply.options->file, "JSON of a ReorganizeRequest; - for stdin")->required();
  apply.app->add_option("--parent", apply.options->parent, "whose reorganization it is");
  for (auto* declared : {&merge, &split, &restore, &apply}) {
    declared->app->add_option("--date", declared->options->date, kDateHelp);
    declared->app->add_option("--title", declared->options->title, "for example the number of the decision");
    AddWriteOptions(*declared->app, *declared->options, /*validate=*/true);
  }
  auto list = Declare(reorganization, "list", "reorganizations, newest first", context, command, RunReorganizationList);
  list.app->add_option("parent", list.options->parent, "of this unit and below; default: everything in your scope");
  list.app->add_option("--filter", list.options->filter, "for example: state = SCHEDULED");
  auto show = Declare(reorganization, "show", "what it does, or did", context, command, RunReorganizationShow);
  show.app->add_option("reorganization", show.options->reorganization)->required();
  auto cancel =
      Declare(reorganization, "cancel", "take back one that is scheduled", context, command, RunReorganizationCancel);
  cancel.app->add_option("reorganization", cancel.options->reorganization)->required();
  cancel.app->add_option("--request-id", cancel.options->request_id, kRequestIdHelp);
}

}  // namespace

void DeclareUnits(CLI::App& app, Context& context, Command& command) {
  CLI::App& unit = *app.add_subcommand("unit", "units / 组织");
  unit.require_subcommand(1);
  auto get = Declare(unit, "get", "show a unit", context, command, RunUnitGet);
  get.app->add_option("unit", get.options->unit)->required();
  get.app->add_option("--as-of", get.options->date, "as of this day");
  auto list = Declare(unit, "list", "list the units under one", context, command, RunUnitList);
  list.app->add_option("parent", list.options->parent, "unit; default: the roots of your scope");
  list.app->add_flag("--subtree", list.options->subtree, "at any depth");
  list.app->add_option("--filter", list.options->filter, "for example: level = TOWNSHIP AND state = ACTIVE");
  list.app->add_option("--as-of", list.options->date, "as of this day");
  auto history = Declare(unit, "history", "every version of a unit", context, command, RunUnitHistory);
  history.app->add_option("unit", history.options->unit)->required();
  auto create = Declare(unit, "create", "establish a unit", context, command, RunUnitCreate);
  AddFields(*create.app, organization::v1::Unit::descriptor(), /*update=*/false, create.options->fields);
  create.app->add_option("--date", create.options->date, kDateHelp);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto update = Declare(unit, "update", "change a unit's name, kind and other facts", context, command, RunUnitUpdate);
  update.app->add_option("unit", update.options->unit)->required();
  AddFields(*update.app, organization::v1::Unit::descriptor(), /*update=*/true, update.options->fields);
  update.app->add_option("--date", update.options->date, kDateHelp);
  update.app->add_option("--etag", update.options->etag, "refuse if the unit has changed since");
  AddWriteOptions(*update.app, *update.options, /*validate=*/false);
  auto move = Declare(unit, "move", "put a unit under another one", context, command, RunUnitMove);
  move.app->add_option("unit", move.options->unit)->required();
  move.app->add_option("--to", move.options->parent, "the new parent")->required();
  auto dissolve = Declare(unit, "dissolve", "end a unit", context, command, RunUnitDissolve);
  dissolve.app->add_option("unit", dissolve.options->unit)->required();
  dissolve.app->add_flag("--closing", dissolve.options->closing, "take nothing new from now on, end on the date");
  for (auto* declared : {&move, &dissolve}) {
    declared->app->add_option("--date", declared->options->date, kDateHelp);
    declared->app->add_option("--etag", declared->options->etag, "refuse if the unit has changed since");
    AddWriteOptions(*declared->app, *declared->options, /*validate=*/true);
  }
  DeclareReorganizations(app, unit, context, command);
}

void DeclarePosts(CLI::App& app, Context& context, Command& command) {
  const auto listed = [](Declared<PostOptions>& list, const char* example) {
    list.app->add_option("unit", list.options->unit)->required();
    list.app->add_flag("--subtree", list.options->subtree, "those of all units below too");
    list.app->add_option("--filter", list.options->filter, example);
  };
  const auto event = [](Declared<PostOptions>& change, const char* day) {
    change.app->add_option("name", change.options->name)->required();
    change.app->add_option("--date", change.options->date, day);
    change.app->add_option("--etag", change.options->etag, "refuse if it has changed since it was read");
    AddWriteOptions(*change.app, *change.options, /*validate=*/true);
  };
  CLI::App& post = *app.add_subcommand("post", "posts of units / 职务");
  post.require_subcommand(1);
  auto get = Declare(post, "get", "show a post", context, command, RunPostGet);
  get.app->add_option("name", get.options->name)->required();
  auto list = Declare(post, "list", "list posts, with vacancies", context, command, RunPostList);
  listed(list, "for example: kind = SECRETARY AND vacant = TRUE");
  auto create = Declare(post, "create", "establish a post", context, command, RunPostCreate);
  AddFields(*create.app, organization::v1::Post::descriptor(), /*update=*/false, create.options->fields);
  AddWriteOptions(*create.app, *create.options, /*validate=*/true);
  auto update = Declare(post, "update", "change title or seats", context, command, RunPostUpdate);
  update.app->add_option("name", update.options->name)->required();
  AddFields(*update.app, organization::v1::Post::descriptor(), /*update=*/true, update.options->fields);
  update.app->add_option("--etag", update.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*update.app, *update.options, /*validate=*/true);
  auto abolish = Declare(post, "abolish", "end a post that nobody holds", context, command, RunPostAbolish);
  event(abolish, "first day without it; default today");

  CLI::App& term = *app.add_subcommand("term", "terms and renewal elections / 任期与换届");
  term.require_subcommand(1);
  auto get_term = Declare(term, "get", "show a term", context, command, RunTermGet);
  get_term.app->add_option("name", get_term.options->name)->required();
  auto list_terms = Declare(term, "list", "list terms", context, command, RunTermList);
  listed(list_terms, "for example: state = OVERDUE");
  auto create_term = Declare(term, "create", "record the running term of a unit", context, command, RunTermCreate);
  AddFields(*create_term.app, organization::v1::Term::descriptor(), /*update=*/false, create_term.options->fields);
  AddWriteOptions(*create_term.app, *create_term.options, /*validate=*/true);
  auto plan = Declare(term, "plan", "set the day of the renewal election", context, command, RunTermPlan);
  event(plan, "the day");
  auto elect = Declare(term, "elect", "record the renewal election", context, command, RunTermElect);
  event(elect, "the day of the election; default today");
  elect.app->add_option("--elected", elect.options->elected, "POST=MEMBER, comma-separated or repeated")
      ->delimiter(',');
  elect.app->add_flag("--failed", elect.options->failed, "there was no valid result");
  elect.app->add_option("--document", elect.options->document, "number of the document of approval");
  auto extend = Declare(term, "extend", "move the end of a term", context, command, RunTermExtend);
  event(extend, "the new last day");
  extend.app->add_option("--approver", extend.options->approver, "the unit above that approved it")->required();
  extend.app
      ->add_option("--reason", extend.options->reason,
                   "reorganization, unified-schedule, emergency, candidates or other")
      ->required();
  extend.app->add_option("--document", extend.options->document, "number of the document of approval")->required();
  auto end_term = Declare(term, "end", "end a term without an election", context, command, RunTermEnd);
  event(end_term, "first day after it; default today");

  CLI::App& appointment = *app.add_subcommand("appointment", "who holds which post / 任职");
  appointment.require_subcommand(1);
  auto get_one = Declare(appointment, "get", "show an appointment", context, command, RunAppointmentGet);
  get_one.app->add_option("name", get_one.options->name)->required();
  auto list_all = Declare(appointment, "list", "list appointments", context, command, RunAppointmentList);
  listed(list_all, "for example: kind = SECRETARY");
  list_all.app->add_option("--member", list_all.options->member, "only those of this member");
  list_all.app->add_option("--as-of", list_all.options->date, "in force on this day");
  auto appoint = Declare(appointment, "create", "appoint a member to a post", context, command, RunAppointmentCreate);
  AddFields(*appoint.app, organization::v1::Appointment::descriptor(), /*update=*/false, appoint.options->fields);
  AddWriteOptions(*appoint.app, *appoint.options, /*validate=*/true);
  auto end = Declare(appointment, "end", "end an appointment", context, command, RunAppointmentEnd);
  event(end, "first day without it; default today");
  end.app->add_option("--reason", end.options->reason, "resigned, removed, reassigned or corrected")->required();
}

void DeclareTransfers(CLI::App& app, Context& context, Command& command) {
  CLI::App& import = *app.add_subcommand("import", "bring in a file / 导入");
  import.require_subcommand(1);
  auto units = Declare(import, "units", "units from CSV (UTF-8, GB18030) or NDJSON", context, command, RunImportUnits);
  auto members =
      Declare(import, "members", "members from CSV (UTF-8, GB18030) or NDJSON", context, command, RunImportMembers);
  auto problems =
      Declare(import, "problems", "a ledger of problems with its history, from CSV (UTF-8, GB18030) or NDJSON", context,
              command, RunImportProblems);
  auto learning = Declare(import, "learning", "learning records, from CSV (UTF-8, GB18030) or NDJSON", context, command,
                          RunImportLearning);
  for (auto* declared : {&units, &members, &problems, &learning}) {
    ImportOptions& options = *declared->options;
    declared->app->add_option("file", options.file, "the file, - for standard input")->required();
    CLI::Option* parent = declared->app->add_option("--parent", options.parent, "the unit under which everything lies");
    if (declared != &units) parent->required();
    declared->app->add_option("--column", options.columns, "TITLE=FIELD: what the file calls a field; repeatable");
    declared->app
        ->add_option_function<std::string>(
            "--mode", [&options](const std::string& mode) { options.valid_rows = mode == "valid-rows"; },
            "all-valid: nothing unless every row is valid (default); valid-rows: leave bad rows out")
        ->check(CLI::IsMember({"all-valid", "valid-rows"}));
    declared->app->add_option("--format", options.format, "default by the file's name")
        ->check(CLI::IsMember({"csv", "ndjson"}));
    declared->app->add_option("--rejected", options.rejected, "write refused rows to this CSV file");
    AddWriteOptions(*declared->app, options, /*validate=*/true);
  }
  auto show = Declare(import, "show", "how an import stands", context, command, RunImportShow);
  show.app->add_option("import", show.options->import)->required();
  auto list = Declare(import, "list", "imports, newest first", context, command, RunImportList);
  list.app->add_option("parent", list.options->parent, "under this unit; default: everything in your scope");
  list.app->add_flag("--problems", list.options->problems, "of ledgers of problems");
  list.app->add_flag("--learning", list.options->learning, "of learning records");
  auto revert = Declare(import, "revert", "take back an import as a whole", context, command, RunImportRevert);
  revert.app->add_option("import", revert.options->import)->required();

  CLI::App& exported = *app.add_subcommand("export", "write a file / 导出");
  exported.require_subcommand(1);
  auto out_units = Declare(exported, "units", "units, parents before children", context, command, RunExportUnits);
  auto out_members = Declare(exported, "members", "members, personal data masked", context, command, RunExportMembers);
  auto out_problems = Declare(exported, "problems", "problems with their history", context, command, RunExportProblems);
  out_problems.app->add_option("--filter", out_problems.options->filter, "as of problem list; default: all of them");
  for (auto* declared : {&out_units, &out_members, &out_problems}) {
    CLI::Option* parent =
        declared->app->add_option("--parent", declared->options->parent, "the unit and everything below it");
    if (declared != &out_units) parent->required();
    declared->app->add_option("--format", declared->options->format, "csv or ndjson")
        ->check(CLI::IsMember({"csv", "ndjson"}))
        ->capture_default_str();
    declared->app->add_option("--output", declared->options->output, "the file; default: standard output");
  }
}

void DeclareAccess(CLI::App& app, Context& context, Command& command) {
  CLI::App& grant = *app.add_subcommand("grant", "who may do what where / 授权");
  grant.require_subcommand(1);
  auto list = Declare(grant, "list", "grants on a unit and below it", context, command, RunGrantList);
  list.app->add_option("unit", list.options->unit, "unit; default: everything in your scope");
  list.app->add_flag("--all", list.options->show_ended, "revoked and ended ones too");
  auto create = Declare(grant, "create", "grant a role", context, command, RunGrantCreate);
  create.app->add_option("--principal", create.options->principal, "who: principals/ID");
  create.app->add_option("--issuer", create.options->issuer, "or the iss of the tokens, registered if it is new");
  create.app->add_option("--subject", create.options->subject, "and their sub");
  create.app
      ->add_option("--role", create.options->role,
                   "viewer, officer, inspector, assessor, platform, auditor, operator, member")
      ->required();
  create.app->add_option("--unit", create.options->unit, "on this unit and everything below it; - for everything")
      ->required();
  create.app->add_option("--start", create.options->start, "from when; default now");
  create.app->add_option("--end", create.options->end, "until when; default until revoked");
  auto revoke = Declare(grant, "revoke", "end a grant at once", context, command, RunGrantRevoke);
  revoke.app->add_option("grant", revoke.options->grant)->required();

  CLI::App& principal = *app.add_subcommand("principal", "who calls the suite / 主体");
  principal.require_subcommand(1);
  principal.add_subcommand("list", "all principals")->callback([&context, &command] {
    command = [&context] { return RunPrincipalList(context); };
  });
  app.add_subcommand("whoami", "who you are and what you may do / 当前身份")->callback([&context, &command] {
    command = [&context] { return RunWhoami(context); };
  });

  CLI::App& token = *app.add_subcommand("token", "tokens / 令牌");
  token.require_subcommand(1);
  auto make = Declare(token, "create", "sign a token and print it", context, command, RunTokenCreate);
  make.app->add_option("--key", make.options->key, "private key (JWK)")->required();
  make.app->add_option("--issuer", make.options->issuer, "iss")->required();
  make.app->add_option("--subject", make.options->subject, "sub")->required();
  make.app->add_option("--ttl", make.options->ttl, "how long it is good for, at most 24h")->capture_default_str();

  CLI::App& keys = *app.add_subcommand("keys", "signing keys / 签名密钥");
  keys.require_subcommand(1);
  auto directory = std::make_shared<std::string>();
  CLI::App* made = keys.add_subcommand("create", "a new key: private.jwk and jwks.json in a directory");
  made->add_option("directory", *directory)->required();
  made->callback([&context, &command, directory] {
    command = [&context, directory] { return RunKeysCreate(*directory, context); };
  });
}

}  // namespace ronghe::gateway::cli
