#include "services/common/auth/jwt.h"

#include <array>
#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxIssuer = 800;   // bytes: 200 characters
constexpr size_t kMaxSubject = 800;  // bytes: 200 characters
constexpr size_t kMaxJti = 128;      // what RevokeToken can name
constexpr size_t kMaxKid = 256;
constexpr double kMaxTime = 253402300799;  // the end of the year 9999

absl::Status Malformed(std::string en, std::string zh) {
  return Unauthenticated("TOKEN_MALFORMED",
                         {"The token is malformed: " + std::move(en), "令牌格式错误：" + std::move(zh)});
}

constexpr std::array<int8_t, 256> MakeDigits() {
  std::array<int8_t, 256> digits{};
  digits.fill(-1);
  for (int i = 0; i < 26; ++i) {
    digits['A' + i] = static_cast<int8_t>(i);
    digits['a' + i] = static_cast<int8_t>(26 + i);
  }
  for (int i = 0; i < 10; ++i) digits['0' + i] = static_cast<int8_t>(52 + i);
  digits['-'] = 62;
  digits['_'] = 63;
  return digits;
}
constexpr std::array<int8_t, 256> kDigits = MakeDigits();

// Null where the part is not base64url of a JSON object.
std::optional<Json> ParseObject(std::string_view part) {
  std::optional<std::string> text = DecodeBase64Url(part);
  if (!text) return std::nullopt;
  Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

// A text of 1 to `max` bytes without control characters.
std::optional<std::string> Text(const Json& object, const char* key, size_t max) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  const std::string& text = found->get_ref<const std::string&>();
  if (text.empty() || text.size() > max) return std::nullopt;
  for (unsigned char c : text) {
    if (c < 0x20 || c == 0x7f) return std::nullopt;
  }
  return text;
}

// False where it is present and not a time.
bool Time(const Json& object, const char* key, std::optional<double>& time) {
  auto found = object.find(key);
  if (found == object.end()) return true;
  if (!found->is_number()) return false;
  double value = found->get<double>();
  if (!std::isfinite(value) || value < 0 || value > kMaxTime) return false;
  time = value;
  return true;
}

bool Audience(const Json& object, std::vector<std::string>& audience) {
  auto found = object.find("aud");
  if (found == object.end()) return true;
  if (found->is_string()) {
    audience.push_back(found->get<std::string>());
    return true;
  }
  if (!found->is_array()) return false;
  for (const Json& one : *found) {
    if (!one.is_string()) return false;
    audience.push_back(one.get<std::string>());
  }
  return true;
}

absl::Status ReadHeader(const Json& header, ParsedToken& token) {
  std::optional<std::string> alg = Text(header, "alg", 16);
  std::optional<SignatureAlg> known = alg ? ParseSignatureAlg(*alg) : std::nullopt;
  if (!known) return Malformed("its alg is not RS256, ES256 or EdDSA.", "签名算法不是 RS256、ES256 或 EdDSA。");
  token.alg = *known;
  for (const char* extension : {"crit", "zip", "b64", "enc"}) {
    if (header.contains(extension)) return Malformed("it needs an extension.", "使用了不支持的扩展。");
  }
  if (header.contains("kid")) {
    token.kid = Text(header, "kid", kMaxKid);
    if (!token.kid) return Malformed("its kid is no text.", "kid 不是文本。");
  }
  return absl::OkStatus();
}

absl::Status ReadClaims(const Json& claims, ParsedToken& token) {
  std::optional<std::string> issuer = Text(claims, "iss", kMaxIssuer);
  std::optional<std::string> subject = Text(claims, "sub", kMaxSubject);
  std::optional<std::string> jti = Text(claims, "jti", kMaxJti);
  if (!issuer || !subject || !jti) {
    return Malformed("iss, sub and jti must be texts.", "iss、sub、jti 必须为文本。");
  }
  std::optional<double> expire;
  if (!Time(claims, "exp", expire) || !expire || !Time(claims, "nbf", token.not_before) ||
      !Time(claims, "iat", token.issued)) {
    return Malformed("exp, and nbf and iat where present, must be times.", "exp（以及 nbf、iat）必须为时间。");
  }
  if (!Audience(claims, token.audience)) return Malformed("its aud is no text or list.", "aud 不是文本或列表。");
  token.issuer = *std::move(issuer);
  token.subject = *std::move(subject);
  token.jti = *std::move(jti);
  token.expire = *expire;
  return absl::OkStatus();
}

}  // namespace

std::optional<SignatureAlg> ParseSignatureAlg(std::string_view name) {
  for (SignatureAlg alg : {SignatureAlg::kRs256, SignatureAlg::kEs256, SignatureAlg::kEdDsa}) {
    if (name == SignatureAlgName(alg)) return alg;
  }
  return std::nullopt;
}

std::string_view SignatureAlgName(SignatureAlg alg) {
  switch (alg) {
    case SignatureAlg::kRs256:
      return "RS256";
    case SignatureAlg::kEs256:
      return "ES256";
    case SignatureAlg::kEdDsa:
      break;
  }
  return "EdDSA";
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char c : text) {
    if (kDigits[c] < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(kDigits[c])) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xff));
  }
  // Bits left over must be zero, or two texts would stand for the same bytes.
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

absl::StatusOr<ParsedToken> ParseToken(std::string_view token) {
  if (token.empty()) return Unauthenticated("TOKEN_MISSING", {"A token is required.", "需要提供令牌。"});
  if (token.size() > kMaxTokenBytes) return Malformed("it is longer than 8 KiB.", "长度超过 8 KiB。");
  size_t first = token.find('.');
  size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return Malformed("it does not have three parts.", "不是三段式。");
  }
  std::optional<Json> header = ParseObject(token.substr(0, first));
  std::optional<Json> claims = ParseObject(token.substr(first + 1, second - first - 1));
  std::string_view signature = token.substr(second + 1);
  if (!header || !claims || signature.empty() || !DecodeBase64Url(signature)) {
    return Malformed("its parts are not base64url of JSON.", "各段不是 base64url 编码的 JSON。");
  }
  ParsedToken parsed;
  RONGHE_RETURN_IF_ERROR(ReadHeader(*header, parsed));
  RONGHE_RETURN_IF_ERROR(ReadClaims(*claims, parsed));
  return parsed;
}

}  // namespace ronghe::common
