#include "services/common/rollup/metric_set.h"

#include <algorithm>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "ronghe/common/v1/metric.pb.h"

namespace ronghe::common {

MetricSet::MetricSet(const google::protobuf::Descriptor* descriptor) : descriptor_(descriptor) {
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *descriptor->field(i);
    if (!field.options().HasExtension(v1::metric) ||
        field.cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_INT64) {
      continue;
    }
    const v1::Metric& metric = field.options().GetExtension(v1::metric);
    metrics_.push_back({field.number(), field.name(), metric.kind() == v1::METRIC_KIND_STOCK});
  }
}

std::optional<size_t> MetricSet::IndexOf(std::string_view name) const {
  const auto found = std::find_if(metrics_.begin(), metrics_.end(), [&](const Metric& m) { return m.name == name; });
  if (found == metrics_.end()) return std::nullopt;
  return static_cast<size_t>(found - metrics_.begin());
}

void MetricSet::Fill(std::span<const int64_t> values, google::protobuf::Message& message) const {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (size_t i = 0; i < metrics_.size() && i < values.size(); ++i) {
    if (values[i] == 0) continue;
    reflection.SetInt64(&message, descriptor_->FindFieldByNumber(metrics_[i].number), values[i]);
  }
}

}  // namespace ronghe::common
