#include "services/common/follower/follower.h"

#include <atomic>

#include <fmt/format.h>

#include "services/common/directory/remote_feed.h"
#include "services/common/directory/replica_store.h"
#include "services/common/follower/structure_gate.h"
#include "services/common/process/start.h"
#include "services/common/rollup/schema.h"
#include "services/common/rpc/channel.h"
#include "services/common/telemetry/log.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr absl::Duration kStartPatience = absl::Seconds(30);
constexpr absl::Duration kPing = absl::Seconds(1);

absl::StatusOr<std::unique_ptr<sql::Database>> Open(const FollowerConfig& config) {
  return sql::OpenDatabase(config.database, {.readers = config.database_connections});
}

absl::Status BringUpToDate(sql::Database& database, const google::protobuf::Descriptor* metrics) {
  RONGHE_RETURN_IF_ERROR(sql::Migrate(database, "changelog", ChangeLogMigrations()));
  RONGHE_RETURN_IF_ERROR(MigrateRollup(database, MetricSet(metrics)));
  return sql::Migrate(database, "replica", ReplicaMigrations());
}

// Knows up to which revision of partition 0, where nobody but the replica writes, the directory shows what is logged.
class TrackedReplica final : public DirectorySink {
 public:
  TrackedReplica(ReplicaStore& replica, sql::Database& database, ChangeLog& log, const Clock& clock)
      : replica_(replica), database_(database), log_(log), clock_(clock) {}

  absl::Status Load(absl::Time deadline) {
    RONGHE_RETURN_IF_ERROR(replica_.Load(deadline));
    return ReadRevision();
  }
  absl::Status Apply(const DirectoryDelta& delta, absl::Time heard) override {
    changed_ = changed_ || delta.reset || !delta.units.empty();
    RONGHE_RETURN_IF_ERROR(replica_.Apply(delta, heard));
    if (!delta.complete || !changed_) return absl::OkStatus();
    changed_ = false;
    return ReadRevision();
  }
  void DropUnfinished() override { replica_.DropUnfinished(); }
  int64_t revision() const { return revision_.load(); }

 private:
  absl::Status ReadRevision() {
    return database_.Read(clock_.Now() + kStartPatience, [this](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(const int64_t revision, log_.Revision(session, kStructurePartition));
      revision_ = revision;
      return absl::OkStatus();
    });
  }

  ReplicaStore& replica_;
  sql::Database& database_;
  ChangeLog& log_;
  const Clock& clock_;
  bool changed_ = false;  // since the last revision read
  std::atomic<int64_t> revision_{0};
};

}  // namespace

FollowerConfig DefaultFollowerConfig(std::string_view service, int port) {
  FollowerConfig config;
  config.serve.service = service;
  config.serve.listen = fmt::format("127.0.0.1:{}", port);
  config.serve.probe_listen = fmt::format("127.0.0.1:{}", port + 100);
  config.database = fmt::format("sqlite:{}.db", service);
  return config;
}

void AddFollowerSettings(Settings& settings, FollowerConfig& config) {
  AddServeSettings(settings, config.serve);
  settings.Add("database", config.database, "sqlite:FILE or postgresql://…").Secret();
  settings.Add("database-connections", config.database_connections, "connections to the database").Range(1, 64);
  settings.Add("audit-interval", config.audit_interval, "how often all totals are recounted and compared; 0s: never");
  settings.Add("organization", config.organization, "address of the organization service");
}

// In the order in which they are made; unmade in reverse.
struct Follower::Parts {
  std::unique_ptr<sql::Database> database;
  ChangeLog log;
  Publisher publisher;
  Feed feed;
  FeedHub hub;
  ReplicaStore replica;
  TrackedReplica tracked;
  MetricSet metrics;
  Totals totals;
  WatchService watch;
  RemoteDirectoryFeed directory_feed;

  Parts(std::unique_ptr<sql::Database> opened, Process& process, const FollowerConfig& config,
        const google::protobuf::Descriptor* descriptor, FactSource& facts)
      : database(std::move(opened)),
        log(*database, process.clock(), process.random()),
        publisher(*database, process.clock(), process.random()),
        feed(*database),
        hub(process.clock()),
        replica(*database, log, process.directory(), process.clock()),
        tracked(replica, *database, log, process.clock()),
        metrics(descriptor),
        totals({config.serve.service, metrics, *database, log, publisher, feed, hub, process.directory(),
                process.signer(), process.calendar(), process.wrapper(), facts}),
        watch({config.serve.service, log, feed, hub, process.directory(), process.signer(),
               process.wrapper().executor(), process.clock(), [this] { return tracked.revision(); }}),
        directory_feed(MakeChannel(config.organization),
                       {process.suite_tokens(), process.directory(), process.clock(), process.random(), &tracked},
                       {.service = config.serve.service, .places = true}) {}
};

Follower::Follower(Process& process, const FollowerConfig& config, const google::protobuf::Descriptor* metrics,
                   FactSource& facts)
    : process_(process), config_(config), metrics_(metrics), facts_(facts) {}

Follower::~Follower() {
  if (parts_ == nullptr) return;
  parts_->totals.StopAudits();
  parts_->directory_feed.Stop();
  parts_->publisher.Stop();
}

absl::Status Follower::Migrate(const FollowerConfig& config, const google::protobuf::Descriptor* metrics) {
  RONGHE_ASSIGN_OR_RETURN(const auto database, Open(config));
  return BringUpToDate(*database, metrics);
}

absl::Status Follower::Start() {
  RONGHE_ASSIGN_OR_RETURN(auto database, Open(config_));
  RONGHE_RETURN_IF_ERROR(BringUpToDate(*database, metrics_));
  parts_ = std::make_unique<Parts>(std::move(database), process_, config_, metrics_, facts_);
  Parts& parts = *parts_;
  RONGHE_RETURN_IF_ERROR(parts.tracked.Load(process_.clock().Now() + kStartPatience));
  parts.log.OnCommit([&parts] { parts.publisher.Hint(); });
  parts.publisher.OnPublished([&parts](int64_t position) { parts.hub.Advance(position); });
  parts.publisher.OnError([](const absl::Status& status) {
    Log(LogLevel::kError, "publishing failed", {{"error", std::string(status.message())}});
  });
  process_.wrapper().SetRevisionGate([this, structure = StructureGate(process_.directory())](
                                         const RevisionToken& token, absl::Time deadline) -> absl::Status {
    if (token.service != config_.serve.service) return structure(token, deadline);
    RONGHE_ASSIGN_OR_RETURN(const std::string incarnation, parts_->log.Incarnation());
    if (token.incarnation == incarnation) return absl::OkStatus();
    return OutOfRange("FEED_RESET", {"the data was restored since that write", "该次写入之后数据已被恢复"});
  });
  process_.AddReadiness("database", [this] { return parts_->database->Ping(process_.clock().Now() + kPing); });
  process_.AddReadiness("directory", DirectoryReadiness(process_.directory()));
  process_.OnDrain([&parts] { parts.directory_feed.Stop(); });
  parts.publisher.Start();
  parts.directory_feed.Start();
  parts.totals.StartAudits(config_.audit_interval, process_.metrics());
  return absl::OkStatus();
}

sql::Database& Follower::database() {
  return *parts_->database;
}
ChangeLog& Follower::log() {
  return parts_->log;
}
WatchService& Follower::watch() {
  return parts_->watch;
}
Totals& Follower::totals() {
  return parts_->totals;
}
RecordNames Follower::names() {
  return {
      [this](UnitUid unit) { return process_.directory().CodeOf(unit); },
      [this](PartitionId partition, int64_t revision) -> std::string {
        const absl::StatusOr<std::string> incarnation = parts_->log.Incarnation();
        if (!incarnation.ok()) return "";
        return MakeRevisionToken(process_.signer(), {config_.serve.service, *incarnation, partition.value, revision});
      }};
}

}  // namespace ronghe::common
