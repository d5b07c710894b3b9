#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "gateway/cli/console.h"

// What fields, values and metrics are called, as the protos declare it.
namespace ronghe::gateway::cli {

// The field's label, or its name where it has none.
std::string LabelOf(const google::protobuf::FieldDescriptor* field, Language language);
bool HasLabel(const google::protobuf::FieldDescriptor* field);
// The value's label, or its name where it has none; empty for the `…_UNSPECIFIED` one.
std::string LabelOf(const google::protobuf::EnumValueDescriptor* value, Language language);
// The value's name without the prefix its enum gives to all (`LEVEL_COUNTY` is `COUNTY`).
std::string ShortNameOf(const google::protobuf::EnumValueDescriptor* value);

// A metric as tables show it.
struct MetricColumn {
  const google::protobuf::FieldDescriptor* field;
  std::string label;
};
// The metrics of a `…Metrics` message in their order: those shown by default, or all.
std::vector<MetricColumn> MetricColumns(const google::protobuf::Descriptor* message, Language language, bool all);

// `1,234,567`.
std::string Thousands(int64_t number);

// A field's value as people read it: labels for enums, `2020-01-31` for dates, times in UTC. Empty if not set.
std::string DisplayValue(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                         Language language);

// True for fields of type google.type.Date.
bool IsDate(const google::protobuf::FieldDescriptor* field);

// The code in a unit's name: `units/370783` is `370783`.
std::string_view CodeOf(std::string_view name);
// The name of a unit given by name or code; `-` is all of them.
std::string UnitName(std::string_view name_or_code);

}  // namespace ronghe::gateway::cli
