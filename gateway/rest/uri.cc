#include "gateway/rest/uri.h"

#include <utility>

#include "services/common/values/status.h"
#include "services/common/values/utf8.h"

namespace ronghe::gateway {
namespace {

constexpr size_t kMaxParameters = 1000;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

absl::Status BadPath() {
  return common::InvalidArgument("path", "BAD_PATH", {"the path is not well-formed", "路径格式不正确"});
}
absl::Status BadQuery() {
  return common::InvalidArgument("query", "BAD_QUERY", {"the query is not well-formed", "查询参数格式不正确"});
}

std::optional<std::string> DecodeSegment(std::string_view text) {
  std::optional<std::string> segment = PercentDecode(text, /*plus=*/false);
  if (!segment.has_value() || *segment == "." || *segment == ".." || segment->find('/') != std::string::npos ||
      segment->find('\\') != std::string::npos) {
    return std::nullopt;
  }
  return segment;
}

absl::Status ParsePath(std::string_view path, Target& target) {
  if (path.empty() || path.front() != '/') return BadPath();
  path.remove_prefix(1);
  while (true) {
    const size_t slash = path.find('/');
    const std::string_view raw = path.substr(0, slash);
    const bool is_last = slash == std::string_view::npos;
    const size_t colon = is_last ? raw.rfind(':') : std::string_view::npos;
    std::optional<std::string> segment = DecodeSegment(raw.substr(0, colon));
    if (!segment.has_value()) return BadPath();
    target.segments.push_back(*std::move(segment));
    if (is_last) {
      std::optional<std::string> whole = DecodeSegment(raw);
      if (!whole.has_value()) return BadPath();
      target.last = *std::move(whole);
      if (colon != std::string_view::npos) target.verb = std::string(raw.substr(colon + 1));
      return absl::OkStatus();
    }
    path.remove_prefix(slash + 1);
  }
}

absl::Status ParseQuery(std::string_view query, Target& target) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    std::optional<std::string> key = PercentDecode(pair.substr(0, equals), /*plus=*/true);
    std::optional<std::string> value =
        PercentDecode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), /*plus=*/true);
    if (!key.has_value() || key->empty() || !value.has_value() || target.query.size() >= kMaxParameters) {
      return BadQuery();
    }
    target.query.emplace_back(*std::move(key), *std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text, bool plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus) {
      c = ' ';
    }
    // Line breaks are text where a query's value is a text; nothing else below a space is.
    if (IsControl(c) && !(plus && (c == '\n' || c == '\t' || c == '\r'))) return std::nullopt;
    decoded.push_back(c);
  }
  if (!common::IsCleanUtf8(decoded)) return std::nullopt;
  return decoded;
}

absl::StatusOr<Target> ParseTarget(std::string_view text) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    const size_t slash = text.find_first_of("/?");
    if (slash == std::string_view::npos || text[slash] != '/') return BadPath();
    text.remove_prefix(slash);
    break;
  }
  if (text.find('#') != std::string_view::npos) return BadPath();
  Target target;
  const size_t question = text.find('?');
  RONGHE_RETURN_IF_ERROR(ParsePath(text.substr(0, question), target));
  if (question != std::string_view::npos) RONGHE_RETURN_IF_ERROR(ParseQuery(text.substr(question + 1), target));
  return target;
}

}  // namespace ronghe::gateway
