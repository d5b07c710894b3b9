#include "services/common/rollup/change.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace ronghe::common {
namespace {

// s<revision>; p<unit>,<parent>,<partition>,<month>; a<unit>,<month>:<metric>=<amount>,…; f<unit>,0,<partition>,0;
constexpr char kStructure = 's';
constexpr char kPlace = 'p';
constexpr char kAmount = 'a';
constexpr char kForgotten = 'f';
constexpr char kEnd = ';';
constexpr int64_t kLastMonth = 999'912;

void AppendPlace(char mark, const RollupChange::Place& place, std::string& text) {
  fmt::format_to(std::back_inserter(text), "{}{},{},{},{};", mark, place.unit.value, place.parent.value,
                 place.partition.value, place.from);
}

void AppendAmount(const RollupChange::Amount& amount, std::string& text) {
  const size_t before = text.size();
  fmt::format_to(std::back_inserter(text), "{}{},{}", kAmount, amount.unit.value, amount.month);
  char separator = ':';
  for (const auto& [name, value] : amount.metrics) {
    if (value == 0) continue;
    fmt::format_to(std::back_inserter(text), "{}{}={}", separator, name, value);
    separator = ',';
  }
  if (separator == ':') {
    text.resize(before);
  } else {
    text += kEnd;
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : next_(text.data()), end_(text.data() + text.size()) {}

  bool AtEnd() const { return next_ == end_; }
  bool Take(char c) {
    if (AtEnd() || *next_ != c) return false;
    ++next_;
    return true;
  }
  bool Number(int64_t& number) {
    const auto [rest, error] = std::from_chars(next_, end_, number);
    if (error != std::errc()) return false;
    next_ = rest;
    return true;
  }
  // Up to, and with, a character.
  bool Until(char c, std::string& word) {
    const char* found = std::find(next_, end_, c);
    if (found == end_) return false;
    word.assign(next_, found);
    next_ = found + 1;
    return true;
  }
  bool NumberAfter(char c, int64_t& number) { return Take(c) && Number(number); }

 private:
  const char* next_;
  const char* end_;
};

bool IsMonth(int64_t month) {
  return month == 0 || (month > 0 && month <= kLastMonth && month % 100 >= 1 && month % 100 <= 12);
}

bool ReadPlace(Reader& reader, std::vector<RollupChange::Place>& places) {
  int64_t unit = 0;
  int64_t parent = 0;
  int64_t partition = 0;
  int64_t from = 0;
  if (!reader.Number(unit) || !reader.NumberAfter(',', parent) || !reader.NumberAfter(',', partition) ||
      !reader.NumberAfter(',', from) || !IsMonth(from) || !reader.Take(kEnd)) {
    return false;
  }
  places.push_back({UnitUid(unit), UnitUid(parent), PartitionId(partition), static_cast<MonthNumber>(from)});
  return true;
}

// What a field's name consists of.
bool IsName(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool ReadAmount(Reader& reader, std::vector<RollupChange::Amount>& amounts) {
  int64_t unit = 0;
  int64_t month = 0;
  if (!reader.Number(unit) || !reader.NumberAfter(',', month) || !IsMonth(month)) return false;
  RollupChange::Amount& amount = amounts.emplace_back();
  amount.unit = UnitUid(unit);
  amount.month = static_cast<MonthNumber>(month);
  char separator = ':';
  do {
    std::string name;
    int64_t value = 0;
    if (!reader.Take(separator) || !reader.Until('=', name) || !IsName(name) || !reader.Number(value)) return false;
    amount.metrics.emplace_back(std::move(name), value);
    separator = ',';
  } while (!reader.Take(kEnd));
  return true;
}

bool ReadOne(Reader& reader, RollupChange& change) {
  if (reader.Take(kAmount)) return ReadAmount(reader, change.amounts);
  if (reader.Take(kPlace)) return ReadPlace(reader, change.places);
  if (reader.Take(kForgotten)) return ReadPlace(reader, change.forgotten);
  int64_t revision = 0;
  if (!reader.NumberAfter(kStructure, revision) || !reader.Take(kEnd)) return false;
  change.structure_revision = revision;
  return true;
}

}  // namespace

std::string EncodeRollup(const RollupChange& change) {
  std::string text;
  if (change.structure_revision) text = fmt::format("{}{};", kStructure, *change.structure_revision);
  for (const RollupChange::Place& place : change.places) AppendPlace(kPlace, place, text);
  for (const RollupChange::Amount& amount : change.amounts) AppendAmount(amount, text);
  for (const RollupChange::Place& place : change.forgotten) AppendPlace(kForgotten, place, text);
  return text;
}

std::optional<RollupChange> DecodeRollup(std::string_view text) {
  RollupChange change;
  Reader reader(text);
  while (!reader.AtEnd()) {
    if (!ReadOne(reader, change)) return std::nullopt;
  }
  return change;
}

}  // namespace ronghe::common
