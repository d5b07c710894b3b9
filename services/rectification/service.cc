#include "services/rectification/service.h"

#include <utility>

#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/audit/service_audit.h"
#include "services/common/directory/directory_units.h"
#include "services/common/import/import_runner.h"
#include "services/common/import/sql/key_ring_row_sealer.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/unit_import_places.h"
#include "services/common/process/load_rules.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/log.h"
#include "services/common/timer/timer.h"
#include "services/common/vault/key_ring.h"
#include "services/rectification/app/check_app.h"
#include "services/rectification/app/ledger_import_target.h"
#include "services/rectification/app/order_app.h"
#include "services/rectification/app/problem_query.h"
#include "services/rectification/app/risk_app.h"
#include "services/rectification/rpc/checklist_rpc.h"
#include "services/rectification/rpc/directory_rights.h"
#include "services/rectification/rpc/ledger_codec.h"
#include "services/rectification/rpc/ledger_rpc.h"
#include "services/rectification/rpc/problem_owners.h"
#include "services/rectification/rpc/problem_rpc.h"
#include "services/rectification/rpc/rectification_rpc.h"
#include "services/rectification/rpc/risk_point_rpc.h"
#include "services/rectification/rpc/rules_codec.h"
#include "services/rectification/storage/migrations/migrations.h"
#include "services/rectification/storage/problem_rollup.h"
#include "services/rectification/storage/problem_timers.h"
#include "services/rectification/storage/sql_check_store.h"
#include "services/rectification/storage/sql_problem_join.h"
#include "services/rectification/storage/sql_problem_store.h"
#include "services/rectification/storage/sql_risk_store.h"

namespace ronghe::rectification {
namespace {

using common::sql::Database;

constexpr absl::Duration kKeyDeadline = absl::Seconds(30);
constexpr char kName[] = "rectification";

absl::StatusOr<std::unique_ptr<Database>> OpenUpToDate(const Config& config) {
  RONGHE_RETURN_IF_ERROR(common::Follower::Migrate(config.follower, v1::RectificationMetrics::descriptor()));
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, common::sql::OpenDatabase(config.follower.database));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, "timer", common::TimerMigrations()));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, "import", common::ImportMigrations()));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, "audit", common::AuditMigrations()));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, kName, rectification::Migrations()));
  return database;
}

void LogImport(std::string_view what, const absl::Status& status) {
  common::Log(common::LogLevel::kError, what, {{"error", common::LogOf(status)}});
}

}  // namespace

// In the order of construction; destroyed in reverse.
struct Service::Parts {
  Parts(common::Process& p, const Config& config, common::KeyRing key_ring, LoadedPolicy loaded_policy,
        LoadedCalendar loaded_calendar);

  LoadedPolicy policy;
  LoadedCalendar work_calendar;
  common::KeyRing keys;
  common::MetricSet metrics;
  ProblemFacts facts;
  common::Follower follower;
  // After follower.Start().
  struct Records;
  std::unique_ptr<Records> records;
};

Service::Parts::Parts(common::Process& p, const Config& config, common::KeyRing key_ring, LoadedPolicy loaded_policy,
                      LoadedCalendar loaded_calendar)
    : policy(std::move(loaded_policy)),
      work_calendar(std::move(loaded_calendar)),
      keys(std::move(key_ring)),
      metrics(v1::RectificationMetrics::descriptor()),
      facts(metrics),
      follower(p, config.follower, v1::RectificationMetrics::descriptor(), facts) {}

struct Service::Parts::Records {
  Records(common::Process& p, Parts& parts);

  common::ChangeLog& log;
  common::Feed feed;
  ProblemTexts texts;
  SqlProblemStore store;
  common::DirectoryUnits units;
  DirectoryRights rights;
  ProblemApp app;
  ProblemQuery query;
  OrderApp orders;
  SqlCheckStore check_store;
  CheckApp checks;
  SqlRiskStore risk_store;
  RiskApp risks;
  // Imports of ledgers.
  common::SqlImportStore import_store;
  common::KeyRingRowSealer sealer;
  SqlProblemJoin join;
  ProtoLedgerRows rows;
  LedgerImportTarget ledgers;
  common::ImportEngine import_engine;
  common::ImportHub import_hub;
  common::ImportRunner import_runner;
  common::UnitImportPlaces import_places;
  common::ImportApp imports;
  ProblemOwners owners;
  // Who read what.
  common::ServiceAudit audit;
  RectificationRpc rectification_rpc;
  ProblemRpc problem_rpc;
  LedgerRpc ledger_rpc;
  ChecklistRpc checklist_rpc;
  RiskPointRpc risk_point_rpc;
  common::TimerLoop timers;  // the last: it calls the others
};

Service::Parts::Records::Records(common::Process& p, Parts& parts)
    : log(parts.follower.log()),
      feed(parts.follower.database()),
      texts(parts.keys, p.random()),
      store(parts.follower.database(), log, texts, p.calendar().zone()),
      units(p.directory()),
      rights(p.directory(), p.clock()),
      app({store, units, rights, p.calendar(), parts.policy.policy, parts.work_calendar.calendar}),
      query({store, app, units, p.calendar(), parts.policy.policy, p.signer()}),
      orders({store, app, units, rights, p.signer()}),
      check_store(parts.follower.database(), log, texts, p.calendar().zone()),
      checks({check_store, app, units, rights, p.calendar(), parts.policy.policy, p.signer()}),
      risk_store(parts.follower.database(), log, texts, p.calendar().zone()),
      risks({risk_store, app, units, rights, p.calendar(), parts.policy.policy, p.signer()}),
      import_store(parts.follower.database(), log, p.clock()),
      sealer(parts.keys, p.random()),
      join(texts, p.calendar().zone()),
      ledgers({app, join, rows, units, parts.policy.policy, p.calendar()}),
      import_engine(import_store, sealer, p.clock(), {&ledgers}),
      import_hub(p.clock()),
      import_runner(import_engine, import_hub, {.holder = p.random().Uuid()}, LogImport),
      import_places(units, parts.follower.names().token_of),
      imports(
          {import_engine, import_hub, import_places, p.signer(), [this] { import_runner.Wake(); }, "problemImports"}),
      owners(app, orders, checks, risks, imports),
      audit(parts.follower.database(), p.clock(), units, owners, p.signer()),
      rectification_rpc(p.wrapper(), parts.follower.watch(), parts.follower.totals(), audit.app),
      problem_rpc(p.wrapper(), {app, query, orders, parts.follower.names(), feed, parts.follower.watch(), parts.policy,
                                parts.work_calendar}),
      ledger_rpc(p.wrapper(), {imports, query, parts.follower.names(), p.calendar().zone()}),
      checklist_rpc(p.wrapper(), checks, parts.follower.names()),
      risk_point_rpc(p.wrapper(), risks, parts.follower.names()),
      timers(parts.follower.database(), log, p.clock()) {
  timers.HandleTogether(std::string(kProblemTimer), ProblemTimers(app, texts, p.calendar().zone()));
  timers.Handle(std::string(kOrderTimer),
                [this, zone = p.calendar().zone()](common::WriteTxn& txn, const common::DueTimer& timer) {
                  SqlProblemTxn problems(txn, texts, zone);
                  return orders.Open(problems, OrderId(timer.record));
                });
  timers.Handle(std::string(kRoundTimer),
                [this, zone = p.calendar().zone()](common::WriteTxn& txn, const common::DueTimer& timer) {
                  SqlCheckTxn check_txn(txn, texts, zone);
                  return checks.Open(check_txn, CheckRoundId(timer.record));
                });
  timers.Handle(std::string(kCheckTimer),
                [this, zone = p.calendar().zone()](common::WriteTxn& txn, const common::DueTimer& timer) {
                  SqlCheckTxn check_txn(txn, texts, zone);
                  return checks.Due(check_txn, SelfCheckId(timer.record), timer.due);
                });
  timers.Handle(std::string(kRiskTimer),
                [this, zone = p.calendar().zone()](common::WriteTxn& txn, const common::DueTimer& timer) {
                  SqlRiskTxn risk_txn(txn, texts, zone);
                  return risks.Due(risk_txn, RiskPointId(timer.record), timer.due);
                });
  timers.OnError([](const absl::Status& status) {
    common::Log(common::LogLevel::kError, "a deadline could not be handled", {{"error", common::LogOf(status)}});
  });
}

Service::Service(common::Process& process, Config config) : process_(process), config_(std::move(config)) {}

Service::~Service() {
  if (parts_ == nullptr || parts_->records == nullptr) return;
  parts_->records->import_runner.Stop();
  parts_->records->timers.Stop();
}

absl::Status Service::Migrate(const Config& config) {
  return OpenUpToDate(config).status();
}

absl::Status Service::Start() {
  RONGHE_ASSIGN_OR_RETURN(LoadedPolicy policy,
                          common::LoadedOrFaults(LoadPolicy(config_.policy_file), "policy", config_.policy_file));
  RONGHE_ASSIGN_OR_RETURN(LoadedCalendar calendar, common::LoadedOrFaults(LoadCalendar(config_.calendar_file),
                                                                          "calendar", config_.calendar_file));
  RONGHE_ASSIGN_OR_RETURN(common::KeyRing keys, common::KeyRing::Load(config_.master_key_file));
  {
    RONGHE_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenUpToDate(config_));
    RONGHE_RETURN_IF_ERROR(keys.Check(*database, "record_key", process_.clock().Now() + kKeyDeadline));
  }
  common::Log(common::LogLevel::kInfo, "rules",
              {{"policy", policy.policy.version}, {"calendar", calendar.calendar.version()}});
  parts_ = std::make_unique<Parts>(process_, config_, std::move(keys), std::move(policy), std::move(calendar));
  RONGHE_RETURN_IF_ERROR(parts_->follower.Start());
  parts_->records = std::make_unique<Parts::Records>(process_, *parts_);
  Parts::Records& records = *parts_->records;
  process_.SetOwnerResolver(&records.owners);
  process_.wrapper().SetReadingSink(&records.audit.readings);
  process_.OnDrain([this] { parts_->records->import_runner.Stop(); });
  records.timers.Start();
  records.import_runner.Start();
  return absl::OkStatus();
}

std::vector<common::ServiceBinding*> Service::bindings() {
  return {&parts_->records->rectification_rpc, &parts_->records->problem_rpc,
          &parts_->records->ledger_rpc,        &parts_->records->checklist_rpc,
          &parts_->records->risk_point_rpc,    &parts_->follower.totals().feed_binding()};
}

}  // namespace ronghe::rectification
