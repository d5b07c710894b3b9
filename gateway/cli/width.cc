#include "gateway/cli/width.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace ronghe::gateway::cli {
namespace {

constexpr UChar32 kReplacement = 0xFFFD;

UChar32 NextCodePoint(std::string_view text, int32_t& i) {
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(reinterpret_cast<const uint8_t*>(text.data()), i, static_cast<int32_t>(text.size()), c);
  return c;
}

int WidthOf(UChar32 c) {
  const int type = u_charType(c);
  if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

// Bidirectional overrides could make a name read as another one.
bool Steers(UChar32 c) {
  return u_charType(c) == U_CONTROL_CHAR || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void AppendUtf8(std::string& out, UChar32 c) {
  char buffer[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(buffer, length, c);
  out.append(buffer, static_cast<size_t>(length));
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  for (int32_t i = 0; i < static_cast<int32_t>(text.size());) width += WidthOf(NextCodePoint(text, i));
  return width;
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (int32_t i = 0; i < static_cast<int32_t>(text.size());) {
    const UChar32 c = NextCodePoint(text, i);
    AppendUtf8(out, Steers(c) ? kReplacement : c);
  }
  return out;
}

std::string Shorten(std::string_view text, int columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  std::string out;
  int used = 0;
  for (int32_t i = 0; i < static_cast<int32_t>(text.size());) {
    const UChar32 c = NextCodePoint(text, i);
    if (used + WidthOf(c) > columns - 1) break;
    used += WidthOf(c);
    AppendUtf8(out, c);
  }
  return out + "…";
}

}  // namespace ronghe::gateway::cli
