#include "gateway/overview/ranking.h"

#include <algorithm>

#include <absl/strings/numbers.h>
#include <fmt/format.h>

namespace ronghe::gateway {
namespace {

namespace pb = google::protobuf;

std::string CodeOf(const v1::Overview& overview) {
  return overview.unit().substr(overview.unit().find('/') + 1);
}

}  // namespace

std::strong_ordering operator<=>(const SortValue& a, const SortValue& b) {
  __extension__ using Wide = __int128;
  return static_cast<Wide>(a.above) * b.below <=> static_cast<Wide>(b.above) * a.below;
}

std::optional<SortValue> ValueOf(const v1::Overview& overview, const Order& order) {
  const pb::Reflection* reflection = overview.GetReflection();
  if (order.field == nullptr || !reflection->HasField(overview, order.field)) return std::nullopt;
  const pb::Message& figures = reflection->GetMessage(overview, order.field);
  SortValue value{figures.GetReflection()->GetInt64(figures, order.value), 1};
  if (order.divided_by == nullptr) return value;
  value.below = figures.GetReflection()->GetInt64(figures, order.divided_by);
  if (value.below == 0) return std::nullopt;
  if (value.below < 0) value = {-value.above, -value.below};
  return value;
}

bool Before(const SortKey& a, const SortKey& b, const Order& order) {
  if (order.field == nullptr) return order.descending ? b.code < a.code : a.code < b.code;
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  if (a.value.has_value() && *a.value != *b.value) {
    return order.descending ? *b.value < *a.value : *a.value < *b.value;
  }
  return a.code < b.code;
}

std::string KeyText(const SortKey& key) {
  if (!key.value.has_value()) return fmt::format("-|{}", key.code);
  return fmt::format("{}/{}|{}", key.value->above, key.value->below, key.code);
}

std::optional<SortKey> ParseKey(std::string_view text) {
  const size_t bar = text.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  SortKey key{std::nullopt, std::string(text.substr(bar + 1))};
  const std::string number(text.substr(0, bar));
  if (number == "-") return key;
  const size_t slash = number.find('/');
  SortValue value;
  if (slash == std::string::npos || !absl::SimpleAtoi(number.substr(0, slash), &value.above) ||
      !absl::SimpleAtoi(number.substr(slash + 1), &value.below)) {
    return std::nullopt;
  }
  key.value = value;
  return key;
}

void Rank(const Order& order, const v1::Overview* total, std::vector<v1::Overview>& children) {
  struct Row {
    SortKey key;
    v1::Overview overview;
  };
  std::vector<Row> rows;
  rows.reserve(children.size());
  for (v1::Overview& child : children) {
    SortKey key{ValueOf(child, order), CodeOf(child)};
    rows.push_back({std::move(key), std::move(child)});
  }
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return Before(a.key, b.key, order); });
  std::optional<SortValue> whole;
  if (total != nullptr && order.divided_by == nullptr) whole = ValueOf(*total, order);
  int rank = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::optional<SortValue>& value = rows[i].key.value;
    if (value.has_value()) {
      if (i == 0 || rows[i - 1].key.value != value) rank = static_cast<int>(i) + 1;
      rows[i].overview.set_rank(rank);
      if (whole.has_value() && whole->above != 0) {
        rows[i].overview.set_share(static_cast<double>(value->above) / static_cast<double>(whole->above));
      }
    }
    children[i] = std::move(rows[i].overview);
  }
}

}  // namespace ronghe::gateway
