#include "services/common/values/text_rules.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include <fmt/format.h>

#include "services/common/values/utf8.h"

namespace ronghe::common {
namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

bool IsBlank(std::string_view text) {
  constexpr std::string_view kIdeographicSpace = "\u3000";
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
    } else if (text.starts_with(kIdeographicSpace)) {
      text.remove_prefix(kIdeographicSpace.size());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int64_t CountCharacters(std::string_view text) {
  if (!IsCleanUtf8(text)) return -1;
  return std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); });
}

bool HasControlCharacters(std::string_view valid_utf8) {
  for (size_t i = 0; i < valid_utf8.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(valid_utf8[i]);
    if (c < 0x20 || c == 0x7F) return true;
    // U+0080 to U+009F.
    if (c == 0xC2 && i + 1 < valid_utf8.size() && static_cast<unsigned char>(valid_utf8[i + 1]) < 0xA0) return true;
  }
  return false;
}

void CheckText(const TextRule& rule, std::string_view value, Violations& violations) {
  std::string field(rule.field);
  if (rule.min > 0 && IsBlank(value)) {
    violations.Add(std::move(field), "REQUIRED", {"is required", "必填"});
    return;
  }
  // A NUL is a control character here, not a fault of the encoding.
  if (value.find('\0') != std::string_view::npos) {
    violations.Add(std::move(field), "CONTROL_CHARACTER", {"holds a control character", "含有控制字符"});
    return;
  }
  int64_t characters = CountCharacters(value);
  if (characters < 0) {
    violations.Add(std::move(field), "NOT_UTF8", {"is not valid UTF-8", "不是有效的 UTF-8 文本"});
    return;
  }
  if (static_cast<size_t>(characters) > rule.max) {
    violations.Add(field, "TOO_LONG",
                   {fmt::format("has {} characters, at most {} are allowed", characters, rule.max),
                    fmt::format("共 {} 个字符，最多 {} 个", characters, rule.max)});
  }
  if (HasControlCharacters(value)) {
    violations.Add(std::move(field), "CONTROL_CHARACTER", {"holds a control character", "含有控制字符"});
  }
}

int LongestNumber(std::string_view text) {
  int longest = 0;
  int run = 0;
  for (const char c : text) {
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

}  // namespace ronghe::common
