#pragma once

#include <string>
#include <string_view>

namespace ronghe::common {

// SHA-256 of `bytes` in 64 hexadecimal digits. Pure.
std::string Sha256Hex(std::string_view bytes);

}  // namespace ronghe::common
