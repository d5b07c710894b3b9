#include "ronghe/assessment/v1/metrics.pb.h"
#include "services/assessment/config.h"
#include "services/assessment/rpc/assessment_rpc.h"

#include "services/common/config/settings.h"
#include "services/common/follower/follower.h"
#include "services/common/process/process.h"
#include "services/common/process/start.h"

int main(int argc, char** argv) {
  using namespace ronghe;
  common::Process process;  // masks signals before any thread exists
  assessment::Config config = assessment::DefaultConfig();
  common::Settings settings("ronghe-assessment", RONGHE_VERSION, "Schemes, rounds, results, ballots and objectives.");
  common::AddFollowerSettings(settings, config);
  if (const std::optional<int> exit = common::Start(settings, config.serve, argc, argv)) return *exit;
  if (settings.migrate()) {
    const absl::Status migrated = common::Follower::Migrate(config, assessment::v1::AssessmentMetrics::descriptor());
    return migrated.ok() ? 0 : common::Die(migrated);
  }
  if (absl::Status status = process.Init(config.serve); !status.ok()) return common::Die(status);
  common::NoFacts facts;
  common::Follower follower(process, config, assessment::v1::AssessmentMetrics::descriptor(), facts);
  if (absl::Status status = follower.Start(); !status.ok()) return common::Die(status);
  assessment::AssessmentRpc rpc(process.wrapper(), follower.watch(), follower.totals());
  return process.Serve({&rpc, &follower.totals().feed_binding()});
}
