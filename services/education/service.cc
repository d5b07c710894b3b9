#include "services/education/service.h"

#include <utility>

#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/directory/directory_units.h"
#include "services/common/rpc/channel.h"
#include "services/common/serve/wrapper.h"
#include "services/common/vault/key_ring.h"
#include "services/education/app/activity_app.h"
#include "services/education/clients/roster_client.h"
#include "services/education/rpc/activity_rpc.h"
#include "services/education/rpc/education_owners.h"
#include "services/education/rpc/education_rpc.h"
#include "services/education/storage/activity_rollup.h"
#include "services/education/storage/migrations/migrations.h"
#include "services/education/storage/sql_activity_store.h"

namespace ronghe::education {
namespace {

using common::sql::Database;

constexpr absl::Duration kKeyDeadline = absl::Seconds(30);
constexpr char kName[] = "education";

absl::StatusOr<std::unique_ptr<Database>> OpenUpToDate(const Config& config) {
  RONGHE_RETURN_IF_ERROR(common::Follower::Migrate(config.follower, v1::EducationMetrics::descriptor()));
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, common::sql::OpenDatabase(config.follower.database));
  RONGHE_RETURN_IF_ERROR(common::sql::Migrate(*database, kName, education::Migrations()));
  return database;
}

}  // namespace

// In the order of construction; destroyed in reverse.
struct Service::Parts {
  Parts(common::Process& p, const Config& config, common::KeyRing key_ring)
      : keys(std::move(key_ring)),
        metrics(v1::EducationMetrics::descriptor()),
        facts(metrics),
        follower(p, config.follower, v1::EducationMetrics::descriptor(), facts) {}

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
  SqlActivityStore store;
  common::DirectoryUnits units;
  RosterClient roster;
  ActivityApp activities;
  EducationOwners owners;
  EducationRpc education_rpc;
  ActivityRpc activity_rpc;
};

Service::Parts::Records::Records(common::Process& p, Parts& parts, const Config& config)
    : log(parts.follower.log()),
      texts(parts.keys, p.random()),
      store(parts.follower.database(), log, texts, p.calendar().zone()),
      units(p.directory()),
      roster(common::MakeChannel(config.follower.organization), p.suite_tokens(), p.clock()),
      activities({store, units, roster, p.calendar(), p.random(), p.signer()}),
      owners(activities),
      education_rpc(p.wrapper(), parts.follower.watch(), parts.follower.totals()),
      activity_rpc(p.wrapper(), activities, parts.follower.names()) {}
Service::Service(common::Process& process, Config config) : process_(process), config_(std::move(config)) {}

Service::~Service() = default;

absl::Status Service::Migrate(const Config& config) {
  return OpenUpToDate(config).status();
}

absl::Status Service::Start() {
  RONGHE_ASSIGN_OR_RETURN(common::KeyRing keys, common::KeyRing::Load(config_.master_key_file));
  {
    RONGHE_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenUpToDate(config_));
    RONGHE_RETURN_IF_ERROR(keys.Check(*database, "record_key", process_.clock().Now() + kKeyDeadline));
  }
  parts_ = std::make_unique<Parts>(process_, config_, std::move(keys));
  RONGHE_RETURN_IF_ERROR(parts_->follower.Start());
  parts_->records = std::make_unique<Parts::Records>(process_, *parts_, config_);
  process_.SetOwnerResolver(&parts_->records->owners);
  return absl::OkStatus();
}

std::vector<common::ServiceBinding*> Service::bindings() {
  return {&parts_->records->education_rpc, &parts_->records->activity_rpc, &parts_->follower.totals().feed_binding()};
}

}  // namespace ronghe::education
