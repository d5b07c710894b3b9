#include "services/common/values/ids.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <openssl/rand.h>

namespace ronghe::common {

PartitionId RegistryPartitionOf(std::string_view key) {
  uint64_t hash = 14695981039346656037u;
  for (char c : key) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  // FNV's low bits are its weakest: fold the high half in.
  hash ^= hash >> 32;
  return PartitionId(kRegistryPartition.value + static_cast<int64_t>(hash % kRegistryPartitions));
}

std::string Random::Uuid() {
  std::array<unsigned char, 16> bytes;
  Fill(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  }
  return text;
}

void SystemRandom::Fill(void* data, size_t size) {
  // Without randomness nothing that asks for it is safe.
  if (RAND_bytes(static_cast<unsigned char*>(data), static_cast<int>(size)) != 1) std::abort();
}

}  // namespace ronghe::common
