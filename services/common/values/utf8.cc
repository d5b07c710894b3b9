#include "services/common/values/utf8.h"

namespace ronghe::common {
namespace {

// Length of the well-formed character at the front (table 3-7 of the Unicode standard), 0 if there is none.
size_t CharacterLength(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto follows = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    unsigned low = first == 0xF0 ? 0x90 : 0x80;
    unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string CleanUtf8(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  std::string clean;
  size_t cut = 0;  // where the ellipsis would go
  while (!text.empty()) {
    size_t length = CharacterLength(text);
    if (length == 0) {
      clean += '?';
      text.remove_prefix(1);
    } else {
      clean += text.substr(0, length);
      text.remove_prefix(length);
    }
    if (clean.size() > max_bytes) {
      clean.resize(cut);
      if (cut + kEllipsis.size() <= max_bytes) clean += kEllipsis;
      return clean;
    }
    if (clean.size() + kEllipsis.size() <= max_bytes) cut = clean.size();
  }
  return clean;
}

bool IsCleanUtf8(std::string_view text) {
  while (!text.empty()) {
    size_t length = text.front() == '\0' ? 0 : CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace ronghe::common
