#pragma once

#include <string>

#include "services/common/config/settings.h"
#include "services/common/process/process.h"

namespace ronghe::gateway {

struct Config {
  common::ServeConfig serve;
  // Addresses of the services behind it.
  std::string organization = "127.0.0.1:7301";
  std::string education = "127.0.0.1:7302";
  std::string rectification = "127.0.0.1:7303";
  std::string assessment = "127.0.0.1:7304";
  // Where totals are kept for all replicas of the gateway; empty: each keeps its own.
  std::string redis;
  int cache_bytes = 128 << 20;
};

Config DefaultConfig();
// Declares the gateway's own settings and those of every process.
void AddSettings(common::Settings& settings, Config& config);

}  // namespace ronghe::gateway
