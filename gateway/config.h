#pragma once

#include <string>
#include <vector>

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
  // HTTP and JSON; empty: not served.
  std::string http_listen;
  int http_threads = 2;
  int http_rate = 1000;  // requests a second of each caller; 0: unlimited
  int http_body_bytes = 4 << 20;
  int http_connections = 16384;
  int http_streams = 1024;
  std::vector<std::string> http_cors_origins;
};

Config DefaultConfig();
// Declares the gateway's own settings and those of every process.
void AddSettings(common::Settings& settings, Config& config);

}  // namespace ronghe::gateway
