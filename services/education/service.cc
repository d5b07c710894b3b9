#include "services/education/service.h"

#include <utility>

#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/audit/service_audit.h"
#include "services/common/directory/directory_units.h"
#include "services/common/import/import_runner.h"
#include "services/common/import/sql/key_ring_row_sealer.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/unit_import_places.h"
#include "services/common/process/load_rules.h"
#include "services/common/rpc/channel.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/log.h"
#include "services/common/vault/key_ring.h"
#include "services/education/app/activity_app.h"
#include "services/education/app/learning_import_target.h"
#include "services/education/clients/roster_client.h"
#include "services/education/rpc/activity_rpc.h"
#include "services/education/rpc/education_owners.h"
#include "services/education/rpc/education_rpc.h"
#include "services/education/rpc/learning_rpc.h"
#include "services/education/rpc/rules_codec.h"
#include "services/education/storage/activity_credits.h"
#include "services/education/storage/activity_rollup.h"
#include "services/education/storage/migrations/migrations.h"
#include "services/education/storage/sql_activity_store.h"
#include "services/education/storage/sql_learning_store.h"

namespace ronghe::education {
namespace {

using common::sql::Database;

constexpr absl::Duration kKeyDeadline = absl::Seconds(30);
constexpr char kName[] = "education";

absl::StatusOr<std::unique_ptr<Database>> OpenUpToDate(const Config& config) {
  RONGHE_RETURN_IF_ERROR(common::Follower::Migrate(config.follower, v1::EducationMetrics::descriptor()));
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, common::sql::OpenDatabase(config.follower.database));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, "import", common::ImportMigrations()));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, "audit", common::AuditMigrations()));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, kName, education::Migrations()));
  return database;
}

void LogImport(std::string_view what, const absl::Status& status) {
  common::Log(common::LogLevel::kError, what, {{"error", common::LogOf(status)}});
}

}  // namespace

// In the order of construction; destroyed in reverse.
struct Service::Parts {
  Parts(common::Process& p, const Config& config, common::KeyRing key_ring, LoadedPolicy loaded)
      : policy(std::move(loaded)),
        keys(std::move(key_ring)),
        metrics(v1::EducationMetrics::descriptor()),
        facts(metrics),
        follower(p, config.follower, v1::EducationMetrics::descriptor(), facts) {}

  LoadedPolicy policy;
  common::KeyRing keys;
  common::MetricSet metrics;
  EducationFacts facts;
  common::Follower follower;
  // After follower.Start().
  struct Records;
  std::unique_ptr<Records> records;
};

struct Service::Parts::Records {
  Records(common::Process& p, Parts& parts, const Config& config);
  common::ChangeLog& log;
  ActivityTexts texts;
  LearningTexts learning_texts;
  ActivityCredits credits;
  SqlActivityStore store;
  SqlLearningStore learning_store;
  common::DirectoryUnits units;
  RosterClient roster;
  ActivityApp activities;
  LearningApp learning;
  // Imports of learning records.
  common::SqlImportStore import_store;
  common::KeyRingRowSealer sealer;
  ProtoLearningRows rows;
  LearningImportTarget learning_target;
  common::ImportEngine import_engine;
  common::ImportHub import_hub;
  common::ImportRunner import_runner;
  common::UnitImportPlaces import_places;
  common::ImportApp imports;
  EducationOwners owners;
  common::ServiceAudit audit;  // who read what
  EducationRpc education_rpc;
  ActivityRpc activity_rpc;
  LearningRpc learning_rpc;
};

Service::Parts::Records::Records(common::Process& p, Parts& parts, const Config& config)
    : log(parts.follower.log()),
      texts(parts.keys, p.random()),
      learning_texts(parts.keys, p.random()),
      credits(learning_texts, parts.policy.learning, p.calendar().zone()),
      store(parts.follower.database(), log, texts, credits, p.calendar().zone()),
      learning_store(parts.follower.database(), log, learning_texts, parts.policy.learning),
      units(p.directory()),
      roster(common::MakeChannel(config.follower.organization), p.suite_tokens(), p.clock()),
      activities({store, units, roster, p.calendar(), p.random(), p.signer()}),
      learning({learning_store, units, roster, parts.policy.learning, p.calendar(), p.signer()}),
      import_store(parts.follower.database(), log, p.clock()),
      sealer(parts.keys, p.random()),
      learning_target({learning_store, rows, roster, units, parts.policy.learning, p.calendar(), p.clock()}),
      import_engine(import_store, sealer, p.clock(), {&learning_target}),
      import_hub(p.clock()),
      import_runner(import_engine, import_hub, {.holder = p.random().Uuid()}, LogImport),
      import_places(units, parts.follower.names().token_of),
      imports(
          {import_engine, import_hub, import_places, p.signer(), [this] { import_runner.Wake(); }, "learningImports"}),
      owners(activities, learning, imports),
      audit(parts.follower.database(), p.clock(), units, owners, p.signer()),
      education_rpc(p.wrapper(), parts.follower.watch(), parts.follower.totals(), audit.app),
      activity_rpc(p.wrapper(), activities, parts.follower.names()),
      learning_rpc(p.wrapper(), {learning, learning_store, imports, parts.follower.names()}) {}

Service::Service(common::Process& process, Config config) : process_(process), config_(std::move(config)) {}

Service::~Service() {
  if (parts_ != nullptr && parts_->records != nullptr) parts_->records->import_runner.Stop();
}

absl::Status Service::Migrate(const Config& config) {
  return OpenUpToDate(config).status();
}

absl::Status Service::Start() {
  RONGHE_ASSIGN_OR_RETURN(LoadedPolicy policy,
                          common::LoadedOrFaults(LoadPolicy(config_.policy_file), "policy", config_.policy_file));
  RONGHE_ASSIGN_OR_RETURN(common::KeyRing keys, common::KeyRing::Load(config_.master_key_file));
  {
    RONGHE_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenUpToDate(config_));
    RONGHE_RETURN_IF_ERROR(keys.Check(*database, "record_key", process_.clock().Now() + kKeyDeadline));
  }
  parts_ = std::make_unique<Parts>(process_, config_, std::move(keys), std::move(policy));
  RONGHE_RETURN_IF_ERROR(parts_->follower.Start());
  parts_->records = std::make_unique<Parts::Records>(process_, *parts_, config_);
  process_.SetOwnerResolver(&parts_->records->owners);
  process_.wrapper().SetReadingSink(&parts_->records->audit.readings);
  process_.OnDrain([this] { parts_->records->import_runner.Stop(); });
  parts_->records->import_runner.Start();
  return absl::OkStatus();
}

std::vector<common::ServiceBinding*> Service::bindings() {
  return {&parts_->records->education_rpc, &parts_->records->activity_rpc, &parts_->records->learning_rpc,
          &parts_->follower.totals().feed_binding()};
}

}  // namespace ronghe::education
