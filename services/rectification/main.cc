#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/config/settings.h"
#include "services/common/follower/follower.h"
#include "services/common/process/process.h"
#include "services/common/process/start.h"
#include "services/rectification/config.h"
#include "services/rectification/rpc/rectification_rpc.h"

int main(int argc, char** argv) {
  using namespace ronghe;
  common::Process process;  // masks signals before any thread exists
  rectification::Config config = rectification::DefaultConfig();
  common::Settings settings("ronghe-rectification", RONGHE_VERSION,
                            "Problems, their measures, deadlines and close-out.");
  common::AddFollowerSettings(settings, config);
  if (const std::optional<int> exit = common::Start(settings, config.serve, argc, argv)) return *exit;
  if (settings.migrate()) {
    const absl::Status migrated =
        common::Follower::Migrate(config, rectification::v1::RectificationMetrics::descriptor());
    return migrated.ok() ? 0 : common::Die(migrated);
  }
  if (absl::Status status = process.Init(config.serve); !status.ok()) return common::Die(status);
  common::NoFacts facts;
  common::Follower follower(process, config, rectification::v1::RectificationMetrics::descriptor(), facts);
  if (absl::Status status = follower.Start(); !status.ok()) return common::Die(status);
  rectification::RectificationRpc rpc(process.wrapper(), follower.watch(), follower.totals());
  return process.Serve({&rpc, &follower.totals().feed_binding()});
}
