#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Collectable;
}  // namespace prometheus

// The process's metrics, in the text form of Prometheus. Names begin with `ronghe_`. Labels are few and closed sets:
// never ids, names or anything of a request.
namespace ronghe::common {

using MetricLabels = std::map<std::string, std::string>;

// Thread-safe. Asking again for a name with the same labels gives the same metric, which lives as long as this.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  prometheus::Counter& AddCounter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  prometheus::Gauge& AddGauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  // Seconds, from 100 µs to 30 s.
  prometheus::Histogram& AddSeconds(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  // A gauge whose value is asked for when it is read. `read` must be quick and outlive this.
  void AddGaugeFunction(const std::string& name, const std::string& help, const MetricLabels& labels,
                        std::function<double()> read);
  // A source of metrics of its own.
  void AddCollectable(std::shared_ptr<prometheus::Collectable> collectable);

  // Everything, as text.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
