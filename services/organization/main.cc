#include <optional>

#include "services/common/process/process.h"
#include "services/common/process/start.h"
#include "services/organization/config.h"
#include "services/organization/service.h"

using namespace ronghe;  // NOLINT: the composition root

int main(int argc, char** argv) {
  common::Process process;
  organization::Config config;
  common::Settings settings("organization", "0.1.0", "Units, members and access of the Ronghe suite.");
  organization::AddSettings(settings, config);
  if (std::optional<int> exit = common::Start(settings, config.serve, argc, argv)) return *exit;
  if (settings.migrate()) {
    absl::Status migrated = organization::Service::Migrate(config);
    return migrated.ok() ? 0 : common::Die(migrated);
  }
  if (absl::Status status = process.Init(config.serve); !status.ok()) return common::Die(status);
  organization::Service service(process, config);
  if (absl::Status status = service.Start(); !status.ok()) return common::Die(status);
  return process.Serve(service.bindings());
}
