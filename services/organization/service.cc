#include "services/organization/service.h"

#include <fmt/ranges.h>

#include "ronghe/organization/v1/metrics.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/rollup/schema.h"
#include "services/common/serve/wrapper.h"
#include "services/common/summary/totals.h"
#include "services/common/telemetry/log.h"
#include "services/common/timer/timer.h"
#include "services/organization/app/import_runner.h"
#include "services/organization/app/member_import_target.h"
#include "services/organization/app/unit_import_target.h"
#include "services/organization/rpc/access_rpc.h"
#include "services/organization/rpc/directory_rpc.h"
#include "services/organization/rpc/duty_rpc.h"
#include "services/organization/rpc/import_codec.h"
#include "services/organization/rpc/import_rpc.h"
#include "services/organization/rpc/import_upload.h"
#include "services/organization/rpc/member_rpc.h"
#include "services/organization/rpc/organization_rpc.h"
#include "services/organization/rpc/owner_resolver.h"
#include "services/organization/rpc/post_rpc.h"
#include "services/organization/rpc/reorganization_codec.h"
#include "services/organization/rpc/rule_pack_codec.h"
#include "services/organization/rpc/structure_rpc.h"
#include "services/organization/rpc/workplace_rpc.h"
#include "services/organization/storage/alert_keeper.h"
#include "services/organization/storage/alert_rows.h"
#include "services/organization/storage/directory_feed.h"
#include "services/organization/storage/directory_tree.h"
#include "services/organization/storage/migrations/migrations.h"
#include "services/organization/storage/row_sealer.h"
#include "services/organization/storage/sql_access_store.h"
#include "services/organization/storage/sql_audit_log.h"
#include "services/organization/storage/sql_consistency.h"
#include "services/organization/storage/sql_duty_occupants.h"
#include "services/organization/storage/sql_duty_store.h"
#include "services/organization/storage/sql_facts.h"
#include "services/organization/storage/sql_import_joins.h"
#include "services/organization/storage/sql_import_store.h"
#include "services/organization/storage/sql_integrity.h"
#include "services/organization/storage/sql_member_occupants.h"
#include "services/organization/storage/sql_member_store.h"
#include "services/organization/storage/sql_post_store.h"
#include "services/organization/storage/sql_post_txn.h"
#include "services/organization/storage/sql_transfer_store.h"
#include "services/organization/storage/sql_transfer_txn.h"
#include "services/organization/storage/sql_unit_store.h"
#include "services/organization/storage/sql_unit_txn.h"
#include "services/organization/storage/sql_workplace_occupants.h"
#include "services/organization/storage/sql_workplace_store.h"

namespace ronghe::organization {
namespace {

using common::sql::Database;

// Real time, as the database has it.
constexpr absl::Duration kLoadDeadline = absl::Minutes(2);
constexpr absl::Duration kPingDeadline = absl::Seconds(2);
constexpr absl::Duration kCutOff = absl::Seconds(5);

absl::Time In(absl::Duration time) {
  return common::SystemClock().Now() + time;
}

absl::Status MigrateAll(Database& database) {
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(database, "changelog", common::ChangeLogMigrations()));
  RONGHE_RETURN_IF_ERROR(common::MigrateRollup(database, common::MetricSet(v1::OrganizationMetrics::descriptor())));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(database, "timer", common::TimerMigrations()));
  return common::sql::Migrate(database, "organization", organization::Migrations());
}

absl::Status CheckMigrations(Database& database) {
  RONGHE_ASSIGN_OR_RETURN(int log,
                          common::sql::PendingMigrations(database, "changelog", common::ChangeLogMigrations()));
  RONGHE_ASSIGN_OR_RETURN(int own,
                          common::sql::PendingMigrations(database, "organization", organization::Migrations()));
  RONGHE_ASSIGN_OR_RETURN(int timers, common::sql::PendingMigrations(database, "timer", common::TimerMigrations()));
  if (log + timers + own == 0) return absl::OkStatus();
  return common::Unavailable("MIGRATIONS_PENDING", {"migrations are missing", "数据库结构尚未更新"});
}

// The loader as the streams of DirectoryService know it.
class LoaderSource final : public DirectorySource {
 public:
  explicit LoaderSource(DirectoryLoader& loader) : loader_(loader) {}
  absl::StatusOr<std::string> Incarnation() override { return loader_.Incarnation(); }
  absl::StatusOr<Head> ReadHead(absl::Time deadline) override {
    RONGHE_ASSIGN_OR_RETURN(common::Feed::Head head, loader_.ReadHead(deadline));
    return Head{head.position, head.partition_revision};
  }
  absl::StatusOr<std::vector<common::DirectoryDelta>> LoadAll(absl::Time deadline) override {
    return loader_.LoadAll(deadline);
  }
  absl::StatusOr<common::DirectoryDelta> After(int64_t position, int64_t structure_revision,
                                               absl::Time deadline) override {
    return loader_.After(position, structure_revision, deadline);
  }

 private:
  DirectoryLoader& loader_;
};

void LogError(std::string_view what, const absl::Status& status) {
  common::Log(common::LogLevel::kError, what, {{"error", status.ToString()}});
}

// The rules to go by; every fault of a pack that cannot be used is in the log.
absl::StatusOr<LoadedRules> RulesOf(const Config& config) {
  absl::StatusOr<LoadedRules> rules = LoadRulePack(config.rule_pack_file);
  const std::string file = config.rule_pack_file.empty() ? "(shipped)" : config.rule_pack_file;
  if (rules.ok()) {
    common::Log(common::LogLevel::kInfo, "rule pack", {{"file", file}, {"version", rules->book.version()}});
    return rules;
  }
  std::vector<std::string> faults = FaultsOf(rules.status());
  for (const std::string& fault : faults) {
    common::Log(common::LogLevel::kError, "the rule pack cannot be used", {{"file", file}, {"fault", fault}});
  }
  return absl::InvalidArgumentError(
      fmt::format("rule-pack {}: {}: {}", file,
                  faults.size() == 1 ? "1 fault" : fmt::format("{} faults", faults.size()), fmt::join(faults, "; ")));
}

}  // namespace

// In the order of construction; destroyed in reverse.
struct Service::Parts {
  Parts(common::Process& p, std::unique_ptr<Database> opened, KeyRing key_ring, LoadedRules loaded);

  LoadedRules rules;

  // Where things are kept.
  std::unique_ptr<Database> database;
  common::ChangeLog log;
  common::Feed feed;
  common::FeedHub hub;
  common::Publisher publisher;
  common::TimerLoop timers;
  KeyRing keys;
  PersonVault vault;
  SqlMemberOccupants member_occupants;
  SqlWorkplaceOccupants workplace_occupants;
  SqlDutyOccupants duty_occupants;
  SqlTransferOccupants transfer_occupants;
  std::vector<UnitOccupants*> occupants;
  common::MetricSet metrics;
  SqlFacts facts;
  common::Totals totals;
  SqlUnitStore units;
  SqlAccessStore access;
  SqlMemberStore members;
  MemberIndexFiller index_filler;
  SqlPostStore posts;
  SqlWorkplaceStore workplaces;
  SqlDutyStore duties;
  SqlAlertStore alerts;
  SqlTransferStore transfers;
  SqlIntegrity integrity;
  SqlAuditLog audit;
  DirectoryLoader loader;
  LoaderSource loader_source;
  DirectoryFeed directory_feed;
  DirectoryTree tree;
  SqlConsistency consistency;
  SqlImportStore imports;
  KeyRingRowSealer sealer;
  SqlUnitJoin unit_join;
  SqlMemberJoin member_join;

  // What is done with them.
  OwnerRegistry owners;
  ServiceOwnerResolver resolver;
  RevisionGate gate;
  ProtoReorganizationCodec reorganization_codec;
  ReorganizationApp reorganizations;
  UnitApp unit_app;
  UnitQuery unit_query;
  AccessApp access_app;
  AuditApp audit_app;
  MemberApp member_app;
  MemberQuery member_query;
  MembershipApp membership_app;
  MemberSearch member_search;
  PostApp post_app;
  PostQuery post_query;
  WorkplaceApp workplace_app;
  WorkplaceQuery workplace_query;
  DutyApp duty_app;
  DutyQuery duty_query;
  AlertQuery alert_query;
  AlertKeeper alert_keeper;
  TransferApp transfer_app;
  ProtoUnitRows unit_rows;
  ProtoMemberRows member_rows;
  UnitImportTarget unit_target;
  MemberImportTarget member_target;
  ImportEngine import_engine;
  ImportHub import_hub;
  ImportRunner import_runner;
  ImportApp import_app;

  // How it is reached.
  common::WatchService watch;
  OrganizationRpc organization_rpc;
  AccessRpc access_rpc;
  DirectoryRpc directory_rpc;
  MemberRpc member_rpc;
  PostRpc post_rpc;
  WorkplaceRpc workplace_rpc;
  DutyRpc duty_rpc;
  ImportRpc import_rpc;
  StructureRpc structure_rpc;
};

Service::Parts::Parts(common::Process& p, std::unique_ptr<Database> opened, KeyRing key_ring, LoadedRules loaded)
    : rules(std::move(loaded)),
      database(std::move(opened)),
      log(*database, p.clock(), p.random()),
      feed(*database),
      hub(p.clock()),
      publisher(*database, p.clock(), p.random()),
      timers(*database, log, p.clock()),
      keys(std::move(key_ring)),
      vault(keys, p.random()),
      member_occupants(&vault),
      workplace_occupants(rules.book),
      duty_occupants(p.calendar().zone()),
      transfer_occupants(&vault),
      // Duties before members: who goes along with a duty keeps the part in it.
      occupants({&duty_occupants, &workplace_occupants, &member_occupants, &transfer_occupants}),
      metrics(v1::OrganizationMetrics::descriptor()),
      facts(metrics, occupants),
      totals({"organization", metrics, *database, log, publisher, feed, hub, p.directory(), p.signer(), p.calendar(),
              p.wrapper(), facts}),
      units(*database, log, occupants, p.calendar()),
      access(*database, log),
      members(*database, log, vault),
      index_filler(*database, vault, [](const absl::Status& status) { LogError("names cannot be indexed", status); }),
      posts(*database, log, p.calendar().zone()),
      workplaces(*database, log),
      duties(*database, log, p.calendar().zone()),
      alerts(*database),
      transfers(*database, log, vault),
      integrity(*database),
      audit(*database, p.clock()),
      loader(*database, log, feed, p.clock()),
      loader_source(loader),
      directory_feed(loader, p.directory(), p.clock(),
                     [](const absl::Status& status) { LogError("directory cannot be read", status); }),
      tree(p.directory()),
      consistency(*database, log, publisher, p.directory()),
      imports(*database, log, p.clock()),
      sealer(keys, p.random()),
      unit_join(occupants),
      member_join(vault),
      resolver(owners, consistency),
      gate(consistency, p.signer()),
      reorganizations({units, tree, gate, reorganization_codec, p.signer(), p.calendar(), rules.book}),
      unit_app(units, gate, p.calendar(), rules.book, &reorganizations),
      unit_query(units, tree, p.signer(), p.calendar()),
      access_app(access, tree, owners, gate, p.signer(), p.clock()),
      audit_app(audit, tree, p.signer()),
      member_app({members, audit, tree, gate, p.calendar(), rules.book}),
      member_query(members, tree, gate, p.signer(), rules.book),
      membership_app({members, tree, gate, p.calendar(), rules.book}),
      member_search({members, audit, tree, gate, p.signer(), rules.book}),
      post_app(posts, tree, p.calendar(), rules.book),
      post_query(posts, tree, p.signer()),
      workplace_app(workplaces, tree, p.calendar(), rules.book),
      workplace_query(workplaces, tree, p.signer()),
      duty_app(duties, tree, p.calendar(), rules.book),
      duty_query(duties, tree, p.signer()),
      alert_query(alerts, tree, p.signer()),
      alert_keeper({*database, log, feed, tree, p.calendar(), rules.book}),
      transfer_app({transfers, members, tree, gate, p.signer(), p.calendar(), rules.book}),
      unit_target(units, unit_join, unit_rows, consistency, p.calendar(), rules.book),
      member_target({members, member_join, member_rows, tree, consistency}, p.calendar()),
      import_engine(imports, sealer, p.clock(), {&unit_target, &member_target}),
      import_hub(p.clock()),
      import_runner(import_engine, import_hub, {.holder = p.random().Uuid()}, LogError),
      import_app({import_engine, import_hub, tree, gate, p.signer(), [this] { import_runner.Wake(); }}),
      watch({"organization", log, feed, hub, p.directory(), p.signer(), p.wrapper().executor(), p.clock(),
             [&p] { return p.directory().structure_revision(); }}),
      organization_rpc(p.wrapper(),
                       {unit_app, unit_query, totals, gate, watch, rules, alert_query, integrity, tree, p.calendar(),
                        [&p, this](const common::Call& call) {
                          return NewImportUpload(p.wrapper().executor(), import_app, call, "units", ReadUnitsMessage);
                        }}),
      access_rpc(p.wrapper(), access_app, audit_app, gate),
      directory_rpc(p.wrapper(), loader_source, hub),
      member_rpc(p.wrapper(), {member_app, member_query, membership_app, member_search, transfer_app, watch,
                               [&p, this](const common::Call& call) {
                                 return NewImportUpload(p.wrapper().executor(), import_app, call, "members",
                                                        ReadMembersMessage);
                               }}),
      post_rpc(p.wrapper(), {post_app, post_query, tree, gate, watch}),
      workplace_rpc(p.wrapper(), {workplace_app, workplace_query, tree, gate, watch}),
      duty_rpc(p.wrapper(), {duty_app, duty_query, tree, gate, watch}),
      import_rpc(p.wrapper(), import_app),
      structure_rpc(p.wrapper(), {reorganizations, tree, gate}) {
  owners.Add("grants", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return access_app.OwnerOfGrant(name, id, deadline);
  });
  owners.Add("principals", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return access_app.OwnerOfPrincipal(name, id, deadline);
  });
  owners.Add("members", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return member_app.OwnerOf(name, id, deadline);
  });
  owners.Add("posts", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return post_app.OwnerOfPost(name, id, deadline);
  });
  owners.Add("terms", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return post_app.OwnerOfTerm(name, id, deadline);
  });
  owners.Add("appointments", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return post_app.OwnerOfAppointment(name, id, deadline);
  });
  owners.Add("workplaces", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return workplace_app.OwnerOfWorkplace(name, id, deadline);
  });
  owners.Add("covers", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return workplace_app.OwnerOfCover(name, id, deadline);
  });
  owners.Add("duties", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return duty_app.OwnerOfDuty(name, id, deadline);
  });
  owners.Add("dutyResults", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return duty_app.OwnerOfResult(name, id, deadline);
  });
  timers.Handle(std::string(kDutyMonthTimer), [this, &p](common::WriteTxn& txn, const common::DueTimer& timer) {
    SqlDutyTxn in_txn(txn, p.calendar().zone());
    return duty_app.MonthDue(in_txn, DutyId(timer.record), timer.due);
  });
  timers.Handle(std::string(kTermTimer), [this, &p](common::WriteTxn& txn, const common::DueTimer& timer) {
    SqlPostTxn in_txn(txn, p.calendar().zone());
    return post_app.TermDue(in_txn, TermId(timer.record), timer.due);
  });
  timers.Handle(std::string(kUnitPostsTimer), [this, &p](common::WriteTxn& txn, const common::DueTimer& timer) {
    SqlPostTxn in_txn(txn, p.calendar().zone());
    return post_app.UnitEnded(in_txn, common::UnitUid(timer.record));
  });
  owners.Add("imports",
             [this](std::string_view, int64_t id, absl::Time deadline) { return import_app.OwnerOf(id, deadline); });
  owners.Add("transfers", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return transfer_app.OwnerOf(name, id, deadline);
  });
  timers.Handle(std::string(kTransferTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
    return transfers.InFiring(
        txn, [&](TransferTxn& firing) { return transfer_app.Expire(firing, TransferId(timer.record)); });
  });
  members.SetFiller(index_filler);
  owners.Add("reorganizations", [this](std::string_view name, int64_t id, absl::Time deadline) {
    return reorganizations.OwnerOf(name, id, deadline);
  });
  timers.Handle(std::string(kReorganizationTimer),
                [this, calendar = p.calendar()](common::WriteTxn& txn, const common::DueTimer& timer) {
                  SqlUnitTxn units_txn(txn, occupants, &calendar);
                  return reorganizations.TakeEffect(units_txn, timer.record);
                });
  log.OnCommit([this] {
    publisher.Hint();
    timers.Hint();
  });
  alert_keeper.OnError([](const absl::Status& status) { LogError("alerts cannot be kept", status); });
  timers.OnError([](const absl::Status& status) { LogError("a timer cannot fire", status); });
  publisher.OnPublished([this](int64_t position) {
    hub.Advance(position);
    directory_feed.Wake();
  });
  publisher.OnError([](const absl::Status& status) { LogError("cannot publish", status); });
}

Service::Service(common::Process& process, const Config& config) : process_(process), config_(config) {}

Service::~Service() {
  if (parts_ == nullptr) return;
  parts_->totals.StopAudits();
  parts_->timers.Stop();
  parts_->alert_keeper.Stop();
  parts_->index_filler.Stop();
  parts_->import_runner.Stop();
  parts_->publisher.Stop();
  parts_->directory_feed.Stop();
}

absl::Status Service::Migrate(const Config& config) {
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, common::sql::OpenDatabase(config.database));
  return MigrateAll(*database);
}

absl::Status Service::Start() {
  common::sql::Options options;
  options.readers = config_.database_connections;
  RONGHE_ASSIGN_OR_RETURN(LoadedRules rules, RulesOf(config_));
  RONGHE_ASSIGN_OR_RETURN(KeyRing keys, KeyRing::Load(config_.master_key_file));
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, common::sql::OpenDatabase(config_.database, options));
  RONGHE_RETURN_IF_ERROR(MigrateAll(*database));
  RONGHE_RETURN_IF_ERROR(keys.Check(*database, "member_key", In(kLoadDeadline)));
  parts_ = std::make_unique<Parts>(process_, std::move(database), std::move(keys), std::move(rules));
  RONGHE_RETURN_IF_ERROR(Bootstrap());
  RONGHE_ASSIGN_OR_RETURN(int64_t position, parts_->publisher.PublishOnce());
  parts_->hub.Advance(position);
  RONGHE_RETURN_IF_ERROR(parts_->directory_feed.Start(In(kLoadDeadline)));
  parts_->publisher.Start();
  parts_->timers.Start();
  parts_->alert_keeper.Start();
  parts_->import_runner.Start();
  parts_->index_filler.Start();
  parts_->totals.StartAudits(config_.audit_interval, process_.metrics());
  Register();
  return absl::OkStatus();
}

absl::Status Service::Bootstrap() {
  const std::string& administrator = config_.bootstrap_administrator;
  if (administrator.empty()) return absl::OkStatus();
  size_t bar = administrator.find('|');
  if (bar == std::string::npos) {
    return common::InvalidArgument("bootstrap-administrator", "BAD_FORM",
                                   {"must have the form ISSUER|SUBJECT", "格式应为 签发者|主体"});
  }
  RONGHE_ASSIGN_OR_RETURN(bool did,
                          parts_->access_app.Bootstrap(administrator.substr(0, bar), administrator.substr(bar + 1)));
  if (did) common::Log(common::LogLevel::kInfo, "the first administrator was made");
  return absl::OkStatus();
}

void Service::Register() {
  process_.SetOwnerResolver(&parts_->resolver);
  process_.OnDrain([this] { parts_->import_runner.Stop(); });
  process_.wrapper().SetRevisionGate(
      [this](const common::RevisionToken& token, absl::Time deadline) { return parts_->gate.Cover(token, deadline); });
  process_.AddReadiness("database", [this] { return parts_->database->Ping(In(kPingDeadline)); });
  process_.AddReadiness("migrations", [this] { return CheckMigrations(*parts_->database); });
  process_.AddReadiness("directory", [this]() -> absl::Status {
    const common::Directory& directory = process_.directory();
    if (directory.loaded() && process_.clock().Now() - directory.last_heard() <= kCutOff) return absl::OkStatus();
    return common::Unavailable("DIRECTORY_STALE", {"the directory is not current", "组织目录不是最新"});
  });
}

std::vector<common::ServiceBinding*> Service::bindings() {
  return {&parts_->organization_rpc, &parts_->access_rpc,           &parts_->directory_rpc, &parts_->member_rpc,
          &parts_->post_rpc,         &parts_->workplace_rpc,        &parts_->duty_rpc,      &parts_->import_rpc,
          &parts_->structure_rpc,    &parts_->totals.feed_binding()};
}

}  // namespace ronghe::organization
