#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace ronghe::common {

// The metrics that a service counts, as declared on its `…Metrics` message (proto/ronghe/common/v1/metric.proto). What
// else is to be known of a metric - columns, proto fields - follows from here. Immutable; thread-safe.
class MetricSet {
 public:
  struct Metric {
    int number = 0;    // of the field
    std::string name;  // of the field; so it is called in logs, columns, everywhere
    bool stock = false;
  };

  // Every int64 field with the option `metric`, in the order of their declaration. The descriptor outlives it.
  explicit MetricSet(const google::protobuf::Descriptor* descriptor);

  size_t size() const { return metrics_.size(); }
  const Metric& at(size_t index) const { return metrics_[index]; }
  std::span<const Metric> all() const { return metrics_; }
  std::optional<size_t> IndexOf(std::string_view name) const;

  // Sets the fields of a message of the declared type from values in the order of the set; zeros stay unset.
  void Fill(std::span<const int64_t> values, google::protobuf::Message& message) const;

 private:
  const google::protobuf::Descriptor* descriptor_;
  std::vector<Metric> metrics_;
};

}  // namespace ronghe::common
