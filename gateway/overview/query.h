#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/overview/freshness.h"
#include "ronghe/gateway/v1/overview_service.pb.h"
#include "services/common/values/period.h"
#include "services/common/values/status.h"

// What is asked of overviews, read from requests. Pure; every wrong field is said at once.
namespace ronghe::gateway {

inline constexpr int kMaxMonths = 36;
inline constexpr int kDefaultMonths = 12;
inline constexpr int kMaxCompared = 20;

// A period and the structure its figures are summed under.
struct Span {
  std::string text;  // canonical: `2026-11`
  common::Period period;
  common::v1::Structure structure = common::v1::STRUCTURE_THEN;
};
// `now`: the month that has not ended yet.
Sensitivity SensitivityOf(const Span& span, common::MonthNumber now);

absl::StatusOr<Span> ReadSpan(const v1::GetOverviewRequest& request, common::MonthNumber now);
absl::StatusOr<Span> ReadSpan(const v1::CompareUnitsRequest& request, common::MonthNumber now);
// The months, oldest first.
absl::StatusOr<std::vector<Span>> ReadSpans(const v1::GetTrendRequest& request, common::MonthNumber now);
absl::StatusOr<Span> ReadSpan(const v1::ExplainOverviewRequest& request, common::MonthNumber now);

// The order of a list: by code, or by one figure.
struct Order {
  const google::protobuf::FieldDescriptor* field = nullptr;       // of Overview; null: by code
  const google::protobuf::FieldDescriptor* value = nullptr;       // the metric, or what is above the line of the rate
  const google::protobuf::FieldDescriptor* divided_by = nullptr;  // null: a metric
  bool descending = false;
};
struct ListQuery {
  Span span;
  Order order;
  int page_size = 0;
};
absl::StatusOr<ListQuery> ReadList(const v1::ListChildOverviewsRequest& request, common::MonthNumber now);

}  // namespace ronghe::gateway
