#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/changelog/watch.h"
#include "services/common/config/settings.h"
#include "services/common/process/process.h"
#include "services/common/sql/database.h"
#include "services/common/summary/totals.h"
#include "services/common/values/record_names.h"

namespace ronghe::common {

// Settings of a service that follows organization.
struct FollowerConfig {
  ServeConfig serve;
  std::string database;  // sqlite:FILE or postgresql://…
  int database_connections = 4;
  std::string organization = "127.0.0.1:7301";     // address
  absl::Duration audit_interval = absl::Hours(6);  // of totals; zero: never
};

// The defaults of a service by name and port: listening address, probes, database.
FollowerConfig DefaultFollowerConfig(std::string_view service, int port);
// --database, --database-connections, --organization, and what all processes have.
void AddFollowerSettings(Settings& settings, FollowerConfig& config);

// What every service beside organization is made of: database with change log and publisher, the replica of structure
// and grants kept in it, the feed from organization that keeps both current, and Watch over the service's own feed.
//
// It folds the totals of the service's metrics too, under the structure it follows.
//
// Start opens the database, brings its schema up to date and fills the directory with what is stored; it registers
// readiness (database, directory loaded), drain and the gate of revisions with the process: what was written here can
// be read at once, a token of another life of the database cannot (OUT_OF_RANGE, FEED_RESET), and structure is waited
// for. The destructor stops what runs.
class Follower {
 public:
  // The process is initialised; it, the config, `facts` and the descriptor of the service's `…Metrics` outlive the
  // follower. `facts`: what the service's records count, for audits.
  Follower(Process& process, const FollowerConfig& config, const google::protobuf::Descriptor* metrics,
           FactSource& facts);
  ~Follower();

  absl::Status Start();
  // Only --migrate: the schema.
  static absl::Status Migrate(const FollowerConfig& config, const google::protobuf::Descriptor* metrics);

  // After Start.
  sql::Database& database();
  ChangeLog& log();
  WatchService& watch();
  Totals& totals();
  // Of the service's own records.
  RecordNames names();

 private:
  struct Parts;
  Process& process_;
  const FollowerConfig& config_;
  const google::protobuf::Descriptor* metrics_;
  FactSource& facts_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::common
