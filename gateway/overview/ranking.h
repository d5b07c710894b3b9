#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/overview/query.h"
#include "ronghe/gateway/v1/overview_service.pb.h"

// The order of a list of overviews: by code or by a figure, units without a value last, equal ones by code. Pure.
namespace ronghe::gateway {

// What a unit is ordered by: `above` / `below`, compared exactly; `below` is 1 for metrics and never negative.
struct SortValue {
  int64_t above = 0;
  int64_t below = 1;
  friend std::strong_ordering operator<=>(const SortValue& a, const SortValue& b);
  friend bool operator==(const SortValue& a, const SortValue& b) { return (a <=> b) == 0; }
};
// nullopt where the figures are missing or the denominator is 0.
std::optional<SortValue> ValueOf(const v1::Overview& overview, const Order& order);

// Where a unit stands in the order.
struct SortKey {
  std::optional<SortValue> value;
  std::string code;
};
bool Before(const SortKey& a, const SortKey& b, const Order& order);
// As text, for page tokens, and back.
std::string KeyText(const SortKey& key);
std::optional<SortKey> ParseKey(std::string_view text);

// Sorts all children, and where they are ordered by a figure sets rank and, for a metric, the share of `total` (null:
// none).
void Rank(const Order& order, const v1::Overview* total, std::vector<v1::Overview>& children);

}  // namespace ronghe::gateway
