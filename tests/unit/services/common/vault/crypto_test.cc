#include "services/common/vault/crypto.h"

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

std::string Bytes(const char* hex) {
  return absl::HexStringToBytes(hex);
}

struct GcmVector {
  const char* key;
  const char* nonce;
  const char* plaintext;
  const char* aad;
  const char* sealed;  // ciphertext and tag
};
// Test cases 13 to 16 of the GCM specification submitted to NIST (McGrew and Viega): 256-bit keys.
constexpr GcmVector kGcmVectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000", "", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b391aafd255",
     "",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(CryptoTest, SealsAndOpensThePublishedGcmVectors) {
  for (const GcmVector& v : kGcmVectors) {
    const std::string sealed = AesGcmSeal(Bytes(v.key), Bytes(v.nonce), Bytes(v.plaintext), Bytes(v.aad));
    EXPECT_EQ(Hex(sealed), v.sealed);
    const auto opened = AesGcmOpen(Bytes(v.key), Bytes(v.nonce), sealed, Bytes(v.aad));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(Hex(*opened), v.plaintext);
  }
}

TEST(CryptoTest, OpensNothingThatWasChangedAnywhere) {
  const std::string key(32, 'k');
  const std::string nonce(12, 'n');
  const std::string sealed = AesGcmSeal(key, nonce, "王小明", "row 1");
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(absl::IsDataLoss(AesGcmOpen(key, nonce, changed, "row 1").status())) << bit;
  }
  EXPECT_FALSE(AesGcmOpen(key, nonce, sealed, "row 2").ok());
  EXPECT_FALSE(AesGcmOpen(key, nonce, sealed, "").ok());
  EXPECT_FALSE(AesGcmOpen(std::string(32, 'K'), nonce, sealed, "row 1").ok());
  EXPECT_FALSE(AesGcmOpen(key, std::string(12, 'N'), sealed, "row 1").ok());
  EXPECT_FALSE(AesGcmOpen(key, nonce, sealed.substr(1), "row 1").ok());
  EXPECT_FALSE(AesGcmOpen(key, nonce, "", "row 1").ok());
  EXPECT_FALSE(AesGcmOpen(key.substr(1), nonce, sealed, "row 1").ok());
  EXPECT_FALSE(AesGcmOpen(key, nonce.substr(1), sealed, "row 1").ok());
}

TEST(CryptoTest, HmacMatchesRfc4231) {
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // Of an empty key and text, as commonly published.
  EXPECT_EQ(Hex(HmacSha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(CryptoTest, HkdfMatchesRfc5869) {
  EXPECT_EQ(
      Hex(HkdfSha256(std::string(22, '\x0b'), Bytes("000102030405060708090a0b0c"), Bytes("f0f1f2f3f4f5f6f7f8f9"), 42)),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(Hex(HkdfSha256(std::string(22, '\x0b'), "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(CryptoTest, Sha256MatchesFips180) {
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace ronghe::common
