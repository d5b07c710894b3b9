#include <optional>

#include "services/common/config/settings.h"
#include "services/common/process/process.h"
#include "services/common/process/start.h"
#include "services/rectification/config.h"
#include "services/rectification/service.h"

int main(int argc, char** argv) {
  using namespace ronghe;
  common::Process process;  // masks signals before any thread exists
  rectification::Config config;
  common::Settings settings("ronghe-rectification", RONGHE_VERSION,
                            "Problems, their measures, deadlines and close-out.");
  rectification::AddSettings(settings, config);
  if (const std::optional<int> exit = common::Start(settings, config.follower.serve, argc, argv)) return *exit;
  if (settings.migrate()) {
    const absl::Status migrated = rectification::Service::Migrate(config);
    return migrated.ok() ? 0 : common::Die(migrated);
  }
  if (absl::Status status = process.Init(config.follower.serve); !status.ok()) return common::Die(status);
  rectification::Service service(process, config);
  if (absl::Status status = service.Start(); !status.ok()) return common::Die(status);
  return process.Serve(service.bindings());
}
