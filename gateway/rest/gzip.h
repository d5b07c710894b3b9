#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ronghe::gateway {

// Whether an Accept-Encoding takes gzip.
bool TakesGzip(std::string_view accept_encoding);
// Empty if it cannot be done.
std::string Gzip(std::string_view text);

enum class Unzipped { kDone, kBroken, kTooLarge };
// Inflates one gzip member into `text`, never more than `max_bytes` of it.
Unzipped Gunzip(std::string_view bytes, size_t max_bytes, std::string& text);

}  // namespace ronghe::gateway
