#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "services/common/values/status.h"

// Values of an enum in words, as tables.
namespace ronghe::common {

// A value by its name in filters, and in words.
template <typename Enum>
struct Word {
  Enum value;
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};

template <typename Enum>
Text TextOf(std::span<const Word<Enum>> words, Enum value) {
  for (const Word<Enum>& word : words) {
    if (word.value == value) return {std::string(word.en), std::string(word.zh)};
  }
  return {"unknown", "未知"};
}

template <typename Enum>
std::optional<Enum> FromName(std::span<const Word<Enum>> words, std::string_view name) {
  for (const Word<Enum>& word : words) {
    if (word.name == name) return word.value;
  }
  return std::nullopt;
}

template <typename Enum>
bool IsKnown(std::span<const Word<Enum>> words, Enum value) {
  return std::any_of(words.begin(), words.end(), [&](const Word<Enum>& word) { return word.value == value; });
}

}  // namespace ronghe::common
