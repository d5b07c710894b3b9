#include "services/organization/config.h"

#include "services/common/process/start.h"

namespace ronghe::organization {

void AddSettings(common::Settings& settings, Config& config) {
  config.serve.service = "organization";
  common::AddServeSettings(settings, config.serve);
  settings.Add("database", config.database, "sqlite:FILE or postgresql://…").Secret();
  settings.Add("database-connections", config.database_connections, "readers on SQLite, the pool on PostgreSQL")
      .Range(1, 200);
  settings.Add("audit-interval", config.audit_interval, "how often all totals are recounted and compared; 0s: never");
  settings.Add("master-key", config.master_key_file, "file with the master keys of personal data: version:base64");
  settings.Add("rule-pack", config.rule_pack_file, "file with the rules, in place of those that ship with the service");
  settings.Add("division-map", config.division_map_file,
               "file with the changes of division codes, in place of those that ship with the service");
  settings.Add("bootstrap-administrator", config.bootstrap_administrator,
               "ISSUER|SUBJECT: made administrator where there is no grant at all");
}

}  // namespace ronghe::organization
