#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "services/common/values/pages.h"
#include "services/common/values/status.h"
#include "services/common/values/utf8.h"

namespace ronghe::common {
namespace {

constexpr size_t kMaxFilter = 2000;
constexpr size_t kMaxConditions = 32;

absl::Status BadFilter(Text text) {
  return InvalidArgument("filter", "BAD_FILTER", std::move(text));
}

// Reads tokens; places are counted in characters from 1, as people do.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool AtEnd() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    return at_ == text_.size();
  }
  bool Take(std::string_view token) {
    AtEnd();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  // AND, standing alone.
  bool TakeAnd() {
    size_t before = at_;
    if (Take("AND") && (at_ == text_.size() || text_[at_] == ' ' || text_[at_] == '\t')) return true;
    at_ = before;
    return false;
  }
  std::string_view Field() {
    return While([](char c) {
      return std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) || c == '_' ||
             c == '.';
    });
  }
  std::string_view Bare() {
    return While([](char c) {
      return static_cast<unsigned char>(c) > ' ' && std::string_view("\"'()=!<>,\\~").find(c) == std::string_view::npos;
    });
  }
  // After the opening quote. False if it is never closed.
  bool Quoted(std::string& value) {
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\' && ++at_ == text_.size()) return false;
      value += text_[at_];
    }
    return false;
  }
  size_t place() const {
    auto begin = text_.begin();
    return 1 +
           std::count_if(begin, begin + static_cast<std::ptrdiff_t>(at_), [](char c) { return (c & 0xC0) != 0x80; });
  }

 private:
  std::string_view While(bool (*accepts)(char)) {
    AtEnd();
    size_t begin = at_;
    while (at_ < text_.size() && accepts(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  size_t at_ = 0;
};

absl::Status Expected(const Reader& reader, std::string_view en, std::string_view zh) {
  return BadFilter({fmt::format("at character {}: expected {}", reader.place(), en),
                    fmt::format("第 {} 个字符处：应为{}", reader.place(), zh)});
}

absl::StatusOr<Condition> ReadCondition(Reader& reader) {
  Condition condition;
  reader.AtEnd();
  condition.field = reader.Field();
  if (condition.field.empty()) return Expected(reader, "a field name", "字段名");
  if (reader.Take("!=")) {
    condition.negated = true;
  } else if (!reader.Take("=")) {
    return Expected(reader, "= or !=", " = 或 !=");
  }
  if (reader.Take("\"")) {
    if (!reader.Quoted(condition.value)) return Expected(reader, "a closing quote", "右引号");
    return condition;
  }
  condition.value = reader.Bare();
  if (condition.value.empty()) return Expected(reader, "a value", "取值");
  return condition;
}

std::string Join(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

}  // namespace

absl::StatusOr<std::vector<Condition>> ParseFilter(std::string_view filter, const std::vector<std::string>& allowed) {
  std::vector<Condition> conditions;
  if (filter.size() > kMaxFilter) {
    return BadFilter({fmt::format("is longer than {} bytes", kMaxFilter), fmt::format("长度超过 {} 字节", kMaxFilter)});
  }
  if (!IsCleanUtf8(filter)) return BadFilter({"is not valid UTF-8", "不是有效的 UTF-8 文本"});
  Reader reader(filter);
  Violations unknown;
  while (!reader.AtEnd()) {
    if (!conditions.empty() && !reader.TakeAnd()) return Expected(reader, "AND or the end", " AND 或结尾");
    RONGHE_ASSIGN_OR_RETURN(Condition condition, ReadCondition(reader));
    if (std::find(allowed.begin(), allowed.end(), condition.field) == allowed.end()) {
      unknown.Add("filter", "FILTER_FIELD",
                  {fmt::format("cannot filter by {}; possible: {}", condition.field, Join(allowed)),
                   fmt::format("不能按 {} 筛选；可用字段：{}", condition.field, Join(allowed))});
    }
    conditions.push_back(std::move(condition));
    if (conditions.size() > kMaxConditions) {
      return BadFilter(
          {fmt::format("has more than {} conditions", kMaxConditions), fmt::format("条件超过 {} 个", kMaxConditions)});
    }
  }
  RONGHE_RETURN_IF_ERROR(unknown.ToStatus());
  return conditions;
}

}  // namespace ronghe::common
