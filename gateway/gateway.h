#pragma once

#include <memory>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/config.h"
#include "services/common/process/process.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/raw_binding.h"

namespace ronghe::gateway {

// The gateway, composed: pass-through to the services, overviews, and the directory that follows organization. main.cc
// serves it; tests do the same in their own process.
class Gateway {
 public:
  // The process is initialised and outlives the gateway. INVALID_ARGUMENT naming a setting that is wrong.
  static absl::StatusOr<std::unique_ptr<Gateway>> Create(common::Process& process, const Config& config);
  ~Gateway();  // stops

  // Follows organization and the totals of all services, and registers readiness and drain with the process.
  void Start();
  std::vector<common::ServiceBinding*> bindings();
  std::vector<common::RawBinding*> raw_bindings();
  // Of HTTP, once the process serves; 0: it is not served.
  int http_port() const;

 private:
  struct Parts;
  Gateway(common::Process& process, std::unique_ptr<Parts> parts);
  common::Process& process_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::gateway
