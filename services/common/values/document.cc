#include "services/common/values/document.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"

namespace ronghe::common {
namespace {

constexpr size_t kHashSize = 64;

bool IsHash(std::string_view text) {
  return text.size() == kHashSize &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

void CheckDocument(const Document& document, std::string_view field, Violations& violations) {
  const auto path = [&](std::string_view name) { return fmt::format("{}.{}", field, name); };
  if (!IsHash(document.content_hash)) {
    violations.Add(path("content_hash"), "BAD_FORM",
                   {"must be 64 lower-case hexadecimal digits", "应为 64 位小写十六进制数"});
  }
  if (document.size_bytes < 1) {
    violations.Add(path("size_bytes"), "OUT_OF_RANGE", {"must be at least 1", "应不小于 1"});
  }
  const std::string media_type = path("media_type");
  const std::string title = path("title");
  CheckText({media_type, 1, 100}, document.media_type, violations);
  CheckText({title, 1, 200}, document.title, violations);
}

void CheckDocuments(const std::vector<Document>& documents, std::string_view field, Violations& violations) {
  if (documents.size() > kMaxDocuments) {
    violations.Add(std::string(field), "TOO_MANY", {"has more than 20 entries", "超过 20 项"});
    return;
  }
  for (size_t i = 0; i < documents.size(); ++i) {
    CheckDocument(documents[i], fmt::format("{}[{}]", field, i), violations);
  }
}

}  // namespace ronghe::common
