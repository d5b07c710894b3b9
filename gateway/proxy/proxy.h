#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/proxy/backend.h"
#include "services/common/rpc/channel.h"
#include "services/common/serve/raw_binding.h"
#include "services/common/serve/wrapper.h"
#include "services/common/values/ids.h"

namespace ronghe::gateway {

// Passes the calls of all services behind the gateway on, generically from the descriptors: bytes are neither parsed
// nor copied. Identity is checked here, permission by the service itself. Thread-safe.
class Proxy {
 public:
  struct Options {
    size_t max_message_bytes = 4 << 20;  // of callers
  };
  // All outlive it.
  Proxy(common::Wrapper& wrapper, common::ServiceToken& token, common::Random& random, const Options& options);
  ~Proxy();

  // Passes all public services of `ronghe.{service}.v1` on to the channel. Before serving.
  void Add(std::string service, std::shared_ptr<grpc::Channel> channel);

  std::vector<common::RawBinding*> bindings() const;

 private:
  void Bind(const std::shared_ptr<Backend>& backend, const google::protobuf::ServiceDescriptor* descriptor);

  common::Wrapper& wrapper_;
  common::ServiceToken& token_;
  common::Random& random_;
  const Options options_;
  std::vector<std::shared_ptr<Backend>> backends_;
  std::vector<std::unique_ptr<common::RawBinding>> bindings_;
};

}  // namespace ronghe::gateway
