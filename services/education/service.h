#pragma once

#include <memory>
#include <vector>

#include <absl/status/status.h>

#include "services/common/process/process.h"
#include "services/education/config.h"

namespace ronghe::education {

// The service, composed: what all followers have, stores, use cases and handlers. main.cc serves it; the
// service tests do the same on a database of theirs.
class Service {
 public:
  // The process is initialised, outlives the service, and no longer serves when it is destroyed.
  Service(common::Process& process, Config config);
  ~Service();  // stops

  // Opens the database, brings the schema up to date, loads the directory, and registers with the
  // process (owners, readiness, drain). Then `bindings` may be served.
  absl::Status Start();
  std::vector<common::ServiceBinding*> bindings();

  // Only --migrate: the schema.
  static absl::Status Migrate(const Config& config);

 private:
  struct Parts;

  common::Process& process_;
  Config config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::education
