#include "gateway/config.h"
#include "gateway/gateway.h"
#include "services/common/config/settings.h"
#include "services/common/process/process.h"
#include "services/common/process/start.h"

int main(int argc, char** argv) {
  using namespace ronghe;
  common::Process process;  // masks signals before any thread exists
  gateway::Config config = gateway::DefaultConfig();
  common::Settings settings("ronghe-gateway", RONGHE_VERSION,
                            "One address for all services, and overviews across them.");
  gateway::AddSettings(settings, config);
  if (const std::optional<int> exit = common::Start(settings, config.serve, argc, argv)) return *exit;
  if (settings.migrate()) return 0;  // no database
  if (absl::Status status = process.Init(config.serve); !status.ok()) return common::Die(status);
  const auto gateway = gateway::Gateway::Create(process, config);
  if (!gateway.ok()) return common::Die(gateway.status());
  (*gateway)->Start();
  return process.Serve((*gateway)->bindings(), (*gateway)->raw_bindings());
}
