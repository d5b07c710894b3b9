#include "gateway/config.h"

#include "services/common/process/start.h"

namespace ronghe::gateway {

Config DefaultConfig() {
  Config config;
  config.serve.service = "gateway";
  config.serve.listen = "127.0.0.1:7300";
  config.serve.probe_listen = "127.0.0.1:7400";
  return config;
}

void AddSettings(common::Settings& settings, Config& config) {
  common::AddServeSettings(settings, config.serve);
  settings.Add("organization", config.organization, "address of the organization service");
  settings.Add("education", config.education, "address of the education service");
  settings.Add("rectification", config.rectification, "address of the rectification service");
  settings.Add("assessment", config.assessment, "address of the assessment service");
  settings.Add("redis", config.redis, "redis://[user:password@]host:port[/db] of the cache; empty: in this process")
      .Secret();
  settings.Add("cache-bytes", config.cache_bytes, "what is kept in this process of totals and overviews, in bytes")
      .Range(1 << 20, 1 << 30);
}

}  // namespace ronghe::gateway
