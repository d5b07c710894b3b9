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
  settings.Add("http-listen", config.http_listen, "address of HTTP and JSON; empty: not served");
  settings.Add("http-threads", config.http_threads, "threads that speak HTTP").Range(1, 64);
  settings.Add("http-rate", config.http_rate, "HTTP requests a second of each caller; 0: unlimited")
      .Range(0, 1'000'000);
  settings.Add("http-body-bytes", config.http_body_bytes, "largest HTTP body, in bytes").Range(1024, 4 << 20);
  settings.Add("http-connections", config.http_connections, "HTTP connections open at once").Range(1, 1'000'000);
  settings.Add("http-streams", config.http_streams, "streams over HTTP open at once").Range(1, 1'000'000);
  settings
      .Add("http-cors-origin", config.http_cors_origins,
           "origin whose pages may call, as https://portal.example; *: any; none: CORS is off")
      .List();
}

}  // namespace ronghe::gateway
