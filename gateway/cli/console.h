#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "services/common/values/status.h"

namespace ronghe::gateway::cli {

enum class Language { kChinese, kEnglish };

// Where a command reads and writes, and how. The streams outlive it. One thread at a time.
struct Console {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;  // results
  std::ostream* err = nullptr;  // progress, notes and errors
  bool err_is_terminal = false;
  Language language = Language::kEnglish;
  bool json = false;

  const std::string& Say(const common::Text& text) const { return language == Language::kChinese ? text.zh : text.en; }
};

// `zh…` in LC_ALL, LC_MESSAGES or LANG means Chinese, as the first of them that is set says. Null pointers are unset.
Language LanguageOf(const char* lc_all, const char* lc_messages, const char* lang);

}  // namespace ronghe::gateway::cli
