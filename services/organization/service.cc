#include "services/organization/service.h"

#include "ronghe/organization/v1/metrics.pb.h"

#include "services/common/process/load_rules.h"
#include "services/common/rollup/schema.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/log.h"
#include "services/organization/service_parts.h"
#include "services/organization/storage/migrations/migrations.h"

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

}  // namespace

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
  RONGHE_ASSIGN_OR_RETURN(LoadedRules rules, common::LoadedOrFaults(LoadRulePack(config_.rule_pack_file), "rule-pack",
                                                                    config_.rule_pack_file));
  RONGHE_ASSIGN_OR_RETURN(LoadedDivisions divisions, common::LoadedOrFaults(LoadDivisionMap(config_.division_map_file),
                                                                            "division-map", config_.division_map_file));
  common::Log(common::LogLevel::kInfo, "rules",
              {{"rule_pack", rules.book.version()}, {"division_map", divisions.map.version()}});
  RONGHE_ASSIGN_OR_RETURN(KeyRing keys, KeyRing::Load(config_.master_key_file));
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, common::sql::OpenDatabase(config_.database, options));
  RONGHE_RETURN_IF_ERROR(MigrateAll(*database));
  RONGHE_RETURN_IF_ERROR(keys.Check(*database, "member_key", In(kLoadDeadline)));
  parts_ =
      std::make_unique<Parts>(process_, std::move(database), std::move(keys), std::move(rules), std::move(divisions));
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
  return {&parts_->organization_rpc,
          &parts_->access_rpc,
          &parts_->directory_rpc,
          &parts_->member_rpc,
          &parts_->post_rpc,
          &parts_->workplace_rpc,
          &parts_->duty_rpc,
          &parts_->import_rpc,
          &parts_->structure_rpc,
          &parts_->roster_rpc,
          &parts_->totals.feed_binding()};
}

}  // namespace ronghe::organization
