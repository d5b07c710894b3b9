#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/values/status.h"

namespace ronghe::common {

inline constexpr size_t kMaxDocuments = 20;

// A reference to a document that lies elsewhere.
struct Document {
  std::string content_hash;  // SHA-256, hexadecimal
  int64_t size_bytes = 0;
  std::string media_type;
  std::string title;
};

// Adds what is wrong with it: BAD_FORM, OUT_OF_RANGE, and the reasons of CheckText.
void CheckDocument(const Document& document, std::string_view field, Violations& violations);
// At most kMaxDocuments, each of them right.
void CheckDocuments(const std::vector<Document>& documents, std::string_view field, Violations& violations);

}  // namespace ronghe::common
