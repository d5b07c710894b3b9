#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/config/settings.h"
#include "services/common/follower/follower.h"
#include "services/common/process/process.h"
#include "services/common/process/start.h"
#include "services/education/config.h"
#include "services/education/rpc/education_rpc.h"

int main(int argc, char** argv) {
  using namespace ronghe;
  common::Process process;  // masks signals before any thread exists
  education::Config config = education::DefaultConfig();
  common::Settings settings("ronghe-education", RONGHE_VERSION, "Plans, activities, learning records and exams.");
  common::AddFollowerSettings(settings, config);
  if (const std::optional<int> exit = common::Start(settings, config.serve, argc, argv)) return *exit;
  if (settings.migrate()) {
    const absl::Status migrated = common::Follower::Migrate(config, education::v1::EducationMetrics::descriptor());
    return migrated.ok() ? 0 : common::Die(migrated);
  }
  if (absl::Status status = process.Init(config.serve); !status.ok()) return common::Die(status);
  common::NoFacts facts;
  common::Follower follower(process, config, education::v1::EducationMetrics::descriptor(), facts);
  if (absl::Status status = follower.Start(); !status.ok()) return common::Die(status);
  education::EducationRpc rpc(process.wrapper(), follower.watch(), follower.totals());
  return process.Serve({&rpc, &follower.totals().feed_binding()});
}
