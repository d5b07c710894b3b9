#include "services/common/vault/crypto.h"

#include <array>
#include <cstdlib>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

namespace ronghe::common {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

// Fetching an algorithm and making a context cost more than sealing a short record, so both are kept.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

EVP_CIPHER_CTX* Context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_reset(context.get());
  return context.get();
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// Only a broken library or a key of the wrong size fails here: going on would mean storing what nobody can read.
void Must(bool ok) {
  if (!ok) std::abort();
}

std::string Mac(std::string_view key, std::string_view data) {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(hmac), &EVP_MAC_CTX_free);
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 2> params = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                            OSSL_PARAM_construct_end()};
  std::string out(32, '\0');
  size_t size = 0;
  // An empty key is a key, but a null one means "keep the last".
  static const unsigned char kNone = 0;
  const unsigned char* key_bytes = key.empty() ? &kNone : Bytes(key);
  Must(EVP_MAC_init(context.get(), key_bytes, key.size(), params.data()) == 1 &&
       EVP_MAC_update(context.get(), Bytes(data), data.size()) == 1 &&
       EVP_MAC_final(context.get(), Bytes(out), &size, out.size()) == 1 && size == out.size());
  return out;
}

}  // namespace

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::move(other.bytes_);
    other.Wipe();
  }
  return *this;
}

void Secret::Wipe() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

std::string AesGcmSeal(std::string_view key, std::string_view nonce, std::string_view plaintext, std::string_view aad) {
  Must(key.size() == kAesKeySize && nonce.size() == kGcmNonceSize);
  EVP_CIPHER_CTX* context = Context();
  std::string out(plaintext.size() + kGcmTagSize, '\0');
  int size = 0;
  Must(EVP_EncryptInit_ex2(context, Aes256Gcm(), Bytes(key), Bytes(nonce), nullptr) == 1);
  if (!aad.empty()) {
    Must(EVP_EncryptUpdate(context, nullptr, &size, Bytes(aad), static_cast<int>(aad.size())) == 1);
  }
  if (!plaintext.empty()) {
    Must(EVP_EncryptUpdate(context, Bytes(out), &size, Bytes(plaintext), static_cast<int>(plaintext.size())) == 1);
  }
  unsigned char* tag = Bytes(out) + plaintext.size();
  Must(EVP_EncryptFinal_ex(context, tag, &size) == 1 &&
       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kGcmTagSize, tag) == 1);
  return out;
}

absl::StatusOr<std::string> AesGcmOpen(std::string_view key, std::string_view nonce, std::string_view sealed,
                                       std::string_view aad) {
  const absl::Status refused = absl::DataLossError("sealed content does not fit its key or place");
  if (key.size() != kAesKeySize || nonce.size() != kGcmNonceSize || sealed.size() < kGcmTagSize) return refused;
  EVP_CIPHER_CTX* context = Context();
  std::string out(sealed.size() - kGcmTagSize, '\0');
  std::string tag(sealed.substr(out.size()));
  int size = 0;
  bool ok = EVP_DecryptInit_ex2(context, Aes256Gcm(), Bytes(key), Bytes(nonce), nullptr) == 1;
  if (ok && !aad.empty()) {
    ok = EVP_DecryptUpdate(context, nullptr, &size, Bytes(aad), static_cast<int>(aad.size())) == 1;
  }
  if (ok && !out.empty()) {
    ok = EVP_DecryptUpdate(context, Bytes(out), &size, Bytes(sealed), static_cast<int>(out.size())) == 1;
  }
  ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kGcmTagSize, tag.data()) == 1 &&
       EVP_DecryptFinal_ex(context, Bytes(out) + out.size(), &size) == 1;
  if (!ok) {
    OPENSSL_cleanse(out.data(), out.size());
    return refused;
  }
  return out;
}

std::string HmacSha256(std::string_view key, std::string_view data) {
  return Mac(key, data);
}

std::string HkdfSha256(std::string_view input, std::string_view salt, std::string_view info, size_t size) {
  static EVP_KDF* const hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(EVP_KDF_CTX_new(hkdf), &EVP_KDF_CTX_free);
  char digest[] = "SHA256";
  const auto octets = [](const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
  };
  std::array<OSSL_PARAM, 5> params = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                      octets(OSSL_KDF_PARAM_KEY, input), octets(OSSL_KDF_PARAM_INFO, info),
                                      octets(OSSL_KDF_PARAM_SALT, salt), OSSL_PARAM_construct_end()};
  // Without a salt the parameter is left out: HKDF then takes a string of zeros.
  if (salt.empty()) params[3] = OSSL_PARAM_construct_end();
  std::string out(size, '\0');
  Must(EVP_KDF_derive(context.get(), Bytes(out), out.size(), params.data()) == 1);
  return out;
}

std::string Sha256(std::string_view data) {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string out(32, '\0');
  unsigned size = 0;
  Must(EVP_Digest(data.data(), data.size(), Bytes(out), &size, digest, nullptr) == 1 && size == out.size());
  return out;
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char c : bytes) {
    text += kDigits[c >> 4];
    text += kDigits[c & 0xF];
  }
  return text;
}

}  // namespace ronghe::common
