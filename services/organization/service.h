#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "services/common/process/process.h"
#include "services/common/sql/database.h"
#include "services/organization/config.h"

namespace ronghe::organization {

// The service, composed: stores, use cases, handlers and the background threads that feed its directory. main.cc serves
// it; the service tests do the same on a database of theirs.
class Service {
 public:
  // The process is initialised, outlives the service, and no longer serves when it is destroyed.
  Service(common::Process& process, const Config& config);
  ~Service();  // stops

  // Opens the database, brings the schema up to date, bootstraps the administrator, loads the directory, and registers
  // with the process (owners, readiness, drain). Then `bindings` may be served.
  absl::Status Start();
  std::vector<common::ServiceBinding*> bindings();

  // Only --migrate: the schema.
  static absl::Status Migrate(const Config& config);

 private:
  struct Parts;
  absl::Status Bootstrap();
  void Register();

  common::Process& process_;
  Config config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::organization
