#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

// Authenticated encryption and keyed hashes over OpenSSL. All functions are pure and thread-safe; no error text
// contains keys or contents.
namespace ronghe::common {

// Key material; wiped when destroyed. Movable, not copyable, never printed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  ~Secret() { Wipe(); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.Wipe(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  std::string_view bytes() const { return bytes_; }

 private:
  void Wipe();
  std::string bytes_;
};

inline constexpr size_t kAesKeySize = 32;    // AES-256
inline constexpr size_t kGcmNonceSize = 12;  // 96 bits
inline constexpr size_t kGcmTagSize = 16;

// AES-256-GCM: ciphertext followed by the tag. `key` and `nonce` must have their sizes; a nonce is used once with a
// key.
std::string AesGcmSeal(std::string_view key, std::string_view nonce, std::string_view plaintext, std::string_view aad);
// The plaintext; DATA_LOSS if key, nonce, aad or content are not those of the sealing.
absl::StatusOr<std::string> AesGcmOpen(std::string_view key, std::string_view nonce, std::string_view sealed,
                                       std::string_view aad);

// HMAC-SHA256 (RFC 2104, vectors of RFC 4231): 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view data);
// HKDF-SHA256 (RFC 5869): `size` bytes, at most 8,160.
std::string HkdfSha256(std::string_view input, std::string_view salt, std::string_view info, size_t size);
// SHA-256: 32 bytes.
std::string Sha256(std::string_view data);

// Lower-case hexadecimal.
std::string Hex(std::string_view bytes);

}  // namespace ronghe::common
