#include "services/common/telemetry/metrics.h"

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "services/common/values/mutex.h"

namespace ronghe::common {
namespace {

const prometheus::Histogram::BucketBoundaries& SecondsBuckets() {
  static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  return buckets;
}

prometheus::MetricFamily GaugeFamily(const std::string& name, const std::string& help, const MetricLabels& labels,
                                     double value) {
  prometheus::ClientMetric metric;
  for (const auto& [key, text] : labels) metric.label.push_back({key, text});
  metric.gauge.value = value;
  return {name, help, prometheus::MetricType::Gauge, {metric}};
}

double ResidentBytes() {
  long pages = 0;
  if (FILE* file = fopen("/proc/self/statm", "re")) {
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

struct Metrics::Impl {
  struct Function {
    std::string name;
    std::string help;
    MetricLabels labels;
    std::function<double()> read;
  };
  prometheus::Registry registry;
  mutable Mutex mutex;
  std::vector<Function> functions ABSL_GUARDED_BY(mutex);
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables ABSL_GUARDED_BY(mutex);
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  AddGaugeFunction("process_resident_memory_bytes", "Resident memory.", {}, ResidentBytes);
  AddGaugeFunction("process_cpu_seconds_total", "Processor time used.", {}, CpuSeconds);
}
Metrics::~Metrics() = default;

prometheus::Counter& Metrics::AddCounter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels);
}

prometheus::Gauge& Metrics::AddGauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels);
}

prometheus::Histogram& Metrics::AddSeconds(const std::string& name, const std::string& help,
                                           const MetricLabels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, SecondsBuckets());
}

void Metrics::AddGaugeFunction(const std::string& name, const std::string& help, const MetricLabels& labels,
                               std::function<double()> read) {
  MutexLock lock(impl_->mutex);
  impl_->functions.push_back({name, help, labels, std::move(read)});
}

void Metrics::AddCollectable(std::shared_ptr<prometheus::Collectable> collectable) {
  MutexLock lock(impl_->mutex);
  impl_->collectables.push_back(std::move(collectable));
}

std::string Metrics::Text() const {
  std::vector<Impl::Function> functions;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables;
  {
    MutexLock lock(impl_->mutex);
    functions = impl_->functions;
    collectables = impl_->collectables;
  }
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  for (const auto& collectable : collectables) {
    for (auto& family : collectable->Collect()) families.push_back(std::move(family));
  }
  // Functions of one name are one family, whatever came between them.
  std::map<std::string, prometheus::MetricFamily> gauges;
  for (const Impl::Function& f : functions) {
    prometheus::MetricFamily family = GaugeFamily(f.name, f.help, f.labels, f.read());
    auto [at, added] = gauges.try_emplace(f.name, family);
    if (!added) at->second.metric.push_back(family.metric.front());
  }
  for (auto& [name, family] : gauges) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace ronghe::common
