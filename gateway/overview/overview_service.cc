#include "gateway/overview/overview_service.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <prometheus/counter.h>

#include "gateway/overview/collect.h"
#include "gateway/overview/overview_app.h"
#include "gateway/overview/overview_rpc.h"
#include "gateway/overview/summary_client.h"
#include "gateway/overview/summary_follower.h"
#include "gateway/overview/watch_hub.h"
#include "services/common/cache/local_cache.h"
#include "services/common/cache/redis_cache.h"
#include "services/common/telemetry/metrics.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr char kFigures[] = "ronghe_overview_figures_total";
constexpr char kFiguresHelp[] = "Figures of a service in overviews, by where they came from";

// The metrics may be read until the process ends, longer than there is a cache.
struct CacheMetrics {
  common::Mutex mutex;
  common::Cache* cache ABSL_GUARDED_BY(mutex) = nullptr;

  double Read(int64_t common::CacheCounters::*counter) {
    const common::MutexLock lock(mutex);
    return cache == nullptr ? 0 : static_cast<double>(cache->counters().*counter);
  }
};

void AddCacheMetrics(common::Metrics& metrics, const std::shared_ptr<CacheMetrics>& source) {
  const std::pair<const char*, int64_t common::CacheCounters::*> kCounters[] = {
      {"near_hit", &common::CacheCounters::near_hits},
      {"remote_hit", &common::CacheCounters::remote_hits},
      {"miss", &common::CacheCounters::misses},
      {"bypassed", &common::CacheCounters::bypassed},
      {"put", &common::CacheCounters::puts},
      {"refused_put", &common::CacheCounters::refused_puts},
      {"full_put", &common::CacheCounters::full_puts},
      {"invalidation", &common::CacheCounters::invalidations},
      {"overflow", &common::CacheCounters::overflows},
      {"error", &common::CacheCounters::errors},
      {"disturbance", &common::CacheCounters::disturbances},
  };
  for (const auto& counter : kCounters) {
    metrics.AddGaugeFunction("ronghe_cache_events", "What happened at the cache since the start",
                             {{"event", counter.first}},
                             [source, member = counter.second] { return source->Read(member); });
  }
  metrics.AddGaugeFunction("ronghe_cache_near_bytes", "What the cache takes in this process", {},
                           [source] { return source->Read(&common::CacheCounters::near_bytes); });
}

PartCounters CountersOf(common::Metrics& metrics, const std::string& service) {
  const auto counter = [&](const char* source) {
    prometheus::Counter& made = metrics.AddCounter(kFigures, kFiguresHelp, {{"service", service}, {"source", source}});
    return [&made](double count) {
      if (count > 0) made.Increment(count);
    };
  };
  return {counter("cache"), counter("loaded"), counter("stale"), counter("missing")};
}

absl::StatusOr<std::unique_ptr<common::Cache>> MakeCache(common::Process& process, const std::string& redis,
                                                         size_t bytes) {
  if (redis.empty()) return std::make_unique<common::LocalCache>(bytes);
  common::RedisCacheOptions options;
  options.near_bytes = bytes;
  return common::RedisCache::Create(redis, "redis", options, process.clock(), process.random());
}

}  // namespace

// In the order in which they are made; unmade in reverse.
struct OverviewService::Parts {
  std::shared_ptr<CacheMetrics> cache_metrics = std::make_shared<CacheMetrics>();
  std::unique_ptr<common::Cache> cache;
  std::vector<std::shared_ptr<Freshness>> freshness;
  std::vector<std::unique_ptr<SummaryClient>> clients;
  std::unique_ptr<Collector> collector;
  std::unique_ptr<OverviewApp> app;
  std::shared_ptr<WatchHub> hub;
  std::unique_ptr<OverviewRpc> rpc;
  std::vector<std::unique_ptr<SummaryFollower>> followers;

  void MakeSources(common::Process& process, common::ServiceToken& token, const Options& options);
  void MakeService(common::Process& process, size_t answer_bytes);
};

void OverviewService::Parts::MakeSources(common::Process& process, common::ServiceToken& token,
                                         const Options& options) {
  std::vector<std::unique_ptr<Part>> made;
  for (const Source& source : options.sources) {
    auto known = std::make_shared<Freshness>(process.directory(), process.clock());
    freshness.push_back(known);
    process.metrics().AddGaugeFunction(
        "ronghe_summary_follower_lag_seconds", "How long ago a service's totals were last known to be current",
        {{"service", source.service}}, [known] { return absl::ToDoubleSeconds(known->Lag()); });
    clients.push_back(std::make_unique<SummaryClient>(source.service, source.calls, token));
    made.push_back(std::make_unique<Part>(source.service, Part::Uses{*clients.back(), known, *cache, process.clock()},
                                          CountersOf(process.metrics(), source.service)));
    Part* part = made.back().get();
    followers.push_back(std::make_unique<SummaryFollower>(
        source.feed, SummaryFollower::Uses{known, token, process.clock(), process.random()},
        SummaryFollower::Options{.service = source.service}, [this, part](const Touched& touched, int64_t position) {
          hub->Changed(touched);
          part->Invalidate(touched, position, app->Month());
        }));
  }
  collector = std::make_unique<Collector>(std::move(made), process.clock());
}

void OverviewService::Parts::MakeService(common::Process& process, size_t answer_bytes) {
  prometheus::Counter& assembled =
      process.metrics().AddCounter(kFigures, kFiguresHelp, {{"service", "all"}, {"source", "assembled"}});
  app = std::make_unique<OverviewApp>(
      OverviewApp::Uses{process.directory(), *collector, process.signer(), process.calendar()}, answer_bytes,
      [&assembled] { assembled.Increment(); });
  hub = std::make_shared<WatchHub>(process.clock());
  // The directory moves with every change of organization; what is watched need be looked at only for another
  // structure.
  process.directory().OnChange(
      [weak = std::weak_ptr<WatchHub>(hub), structure = app->structure(), seen = uint64_t{0}]() mutable {
        const uint64_t before = std::exchange(seen, structure.Get());
        const std::shared_ptr<WatchHub> alive = weak.lock();
        if (alive != nullptr && before != seen) alive->ChangedAll();
      });
  rpc = std::make_unique<OverviewRpc>(process.wrapper(), OverviewRpc::Uses{*app, *collector, process.directory(), hub});
}

absl::StatusOr<std::unique_ptr<OverviewService>> OverviewService::Create(common::Process& process,
                                                                         common::ServiceToken& token,
                                                                         const Options& options) {
  auto parts = std::make_unique<Parts>();
  RONGHE_ASSIGN_OR_RETURN(parts->cache, MakeCache(process, options.redis, options.cache_bytes / 2));
  {
    const common::MutexLock lock(parts->cache_metrics->mutex);
    parts->cache_metrics->cache = parts->cache.get();
  }
  AddCacheMetrics(process.metrics(), parts->cache_metrics);
  parts->MakeSources(process, token, options);
  parts->MakeService(process, options.cache_bytes / 2);
  // Each service's totals stay away from the cache until its epoch has been advanced, so the others need not wait.
  parts->cache->OnDisturbance([raw = parts.get()](uint64_t generation) {
    for (const auto& known : raw->freshness) known->DoubtCache();
    (void)raw->cache->Resume(generation);
  });
  return std::unique_ptr<OverviewService>(new OverviewService(std::move(parts)));
}

OverviewService::OverviewService(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

OverviewService::~OverviewService() {
  Stop();
  parts_->cache->OnDisturbance(nullptr);
  const common::MutexLock lock(parts_->cache_metrics->mutex);
  parts_->cache_metrics->cache = nullptr;
}

void OverviewService::Start() {
  for (const auto& follower : parts_->followers) follower->Start();
}

void OverviewService::Stop() {
  for (const auto& follower : parts_->followers) follower->Stop();
  parts_->hub->Stop();
}

common::ServiceBinding& OverviewService::binding() {
  return *parts_->rpc;
}

}  // namespace ronghe::gateway
