#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "ronghe/gateway/v1/overview_service.pb.h"

namespace ronghe::gateway {

// A quotient of two metrics.
struct RateRule {
  std::string name;  // `rectification.closed_rate`
  const google::protobuf::FieldDescriptor* numerator;
  const google::protobuf::FieldDescriptor* denominator;
};

// The figures of one service in an overview.
struct FigureSet {
  std::string service;                                            // and the name of the field
  const google::protobuf::FieldDescriptor* field;                 // of Overview
  std::vector<const google::protobuf::FieldDescriptor*> metrics;  // of the field's message
  std::vector<RateRule> rates;
};

// All figures of overviews, as the protos declare them: every field of Overview whose message has metrics, in their
// order. Made once, never changed.
const std::vector<FigureSet>& Figures();

// Puts in the total, a serialized message of the service's metrics, and adds the rates that have a value. False for a
// service without a field or bytes that are none.
bool FillFigures(std::string_view service, std::string_view total, v1::Overview& overview);

}  // namespace ronghe::gateway
