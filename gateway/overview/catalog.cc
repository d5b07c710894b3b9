#include "gateway/overview/catalog.h"

#include <algorithm>

#include <fmt/format.h>

#include "ronghe/common/v1/metric.pb.h"

namespace ronghe::gateway {
namespace pb = google::protobuf;
namespace {

FigureSet Read(const pb::FieldDescriptor* field) {
  FigureSet set{field->name(), field, {}, {}};
  const pb::Descriptor* type = field->message_type();
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* metric = type->field(i);
    if (metric->options().HasExtension(common::v1::metric)) set.metrics.push_back(metric);
  }
  const int rates = type->options().ExtensionSize(common::v1::rate);
  for (int i = 0; i < rates; ++i) {
    const common::v1::Rate& rate = type->options().GetExtension(common::v1::rate, i);
    RateRule rule{fmt::format("{}.{}", set.service, rate.name()), type->FindFieldByName(rate.numerator()),
                  type->FindFieldByName(rate.denominator())};
    if (rule.numerator != nullptr && rule.denominator != nullptr) set.rates.push_back(std::move(rule));
  }
  return set;
}

std::vector<FigureSet> ReadAll() {
  std::vector<FigureSet> all;
  const pb::Descriptor* type = v1::Overview::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (field->is_repeated() || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    FigureSet set = Read(field);
    if (!set.metrics.empty()) all.push_back(std::move(set));
  }
  return all;
}

}  // namespace

const std::vector<FigureSet>& Figures() {
  static const std::vector<FigureSet>* const kFigures = new std::vector<FigureSet>(ReadAll());
  return *kFigures;
}

bool FillFigures(std::string_view service, std::string_view total, v1::Overview& overview) {
  const std::vector<FigureSet>& all = Figures();
  const auto set = std::find_if(all.begin(), all.end(), [&](const FigureSet& s) { return s.service == service; });
  if (set == all.end()) return false;
  pb::Message& figures = *overview.GetReflection()->MutableMessage(&overview, set->field);
  if (!figures.ParseFromArray(total.data(), static_cast<int>(total.size()))) {
    overview.GetReflection()->ClearField(&overview, set->field);
    return false;
  }
  const pb::Reflection* reflection = figures.GetReflection();
  for (const RateRule& rate : set->rates) {
    const int64_t below = reflection->GetInt64(figures, rate.denominator);
    if (below == 0) continue;
    v1::RateValue& value = *overview.add_rates();
    value.set_name(rate.name);
    value.set_value(static_cast<double>(reflection->GetInt64(figures, rate.numerator)) / static_cast<double>(below));
  }
  return true;
}

}  // namespace ronghe::gateway
