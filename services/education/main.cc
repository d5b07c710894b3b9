#include <optional>

#include "services/common/config/settings.h"
#include "services/common/process/process.h"
#include "services/common/process/start.h"
#include "services/education/config.h"
#include "services/education/service.h"

int main(int argc, char** argv) {
  using namespace ronghe;
  common::Process process;  // masks signals before any thread exists
  education::Config config;
  common::Settings settings("ronghe-education", RONGHE_VERSION, "Plans, activities, learning records and exams.");
  education::AddSettings(settings, config);
  if (const std::optional<int> exit = common::Start(settings, config.follower.serve, argc, argv)) return *exit;
  if (settings.migrate()) {
    const absl::Status migrated = education::Service::Migrate(config);
    return migrated.ok() ? 0 : common::Die(migrated);
  }
  if (absl::Status status = process.Init(config.follower.serve); !status.ok()) return common::Die(status);
  education::Service service(process, config);
  if (absl::Status status = service.Start(); !status.ok()) return common::Die(status);
  return process.Serve(service.bindings());
}
