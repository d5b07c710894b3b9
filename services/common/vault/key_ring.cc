#include "services/common/vault/key_ring.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kIndexLabel = "ronghe organization blind index v1";
constexpr std::string_view kCheckLabel = "ronghe organization master key check v1";
// What is sealed with a master key is never mistaken for what is sealed with a data key.
constexpr std::string_view kWrapLabel = "data key of ";

absl::Status Bad(std::string_view name, int line, std::string en, std::string zh) {
  return FailedPrecondition("MASTER_KEY", {fmt::format("master key file {}, line {}: {}", name, line, en),
                                           fmt::format("主密钥文件{}第{}行:{}", name, line, zh)});
}

absl::Status Mismatch(int64_t version) {
  return FailedPrecondition(
      "KEY_MISMATCH",
      {fmt::format("the master key file does not hold version {} of the key with which this database was written",
                   version),
       fmt::format("主密钥文件中没有写入本数据库时所用的第{}版密钥", version)});
}

std::string SealWithNonce(std::string_view key, std::string_view plaintext, std::string_view aad, Random& random) {
  std::string nonce(kGcmNonceSize, '\0');
  random.Fill(nonce.data(), nonce.size());
  return nonce + AesGcmSeal(key, nonce, plaintext, aad);
}

absl::StatusOr<std::string> OpenWithNonce(std::string_view key, std::string_view sealed, std::string_view aad) {
  if (sealed.size() < kGcmNonceSize) return absl::DataLossError("sealed content is too short");
  return AesGcmOpen(key, sealed.substr(0, kGcmNonceSize), sealed.substr(kGcmNonceSize), aad);
}

}  // namespace

absl::StatusOr<KeyRing> KeyRing::Load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return FailedPrecondition("MASTER_KEY", {fmt::format("master key file {} cannot be read or is empty", file),
                                             fmt::format("主密钥文件{}无法读取或为空", file)});
  }
  return Parse(text.str(), file);
}

absl::StatusOr<KeyRing> KeyRing::Parse(std::string_view text, std::string_view name) {
  KeyRing ring;
  int number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const size_t colon = line.find(':');
    int64_t version = 0;
    const char* stop = line.data() + (colon == std::string_view::npos ? 0 : colon);
    const auto parsed = std::from_chars(line.data(), stop, version);
    if (colon == std::string_view::npos || parsed.ec != std::errc() || parsed.ptr != stop || version <= 0) {
      return Bad(name, number, "does not begin with a positive version and a colon", "应以正整数版本号和冒号开头");
    }
    std::string key;
    const std::string_view encoded = line.substr(colon + 1);
    if (!absl::Base64Unescape({encoded.data(), encoded.size()}, &key) || key.size() != kAesKeySize) {
      return Bad(name, number, "the key is not the base64 of 32 bytes", "密钥不是32字节的base64编码");
    }
    if (!ring.keys_.emplace(version, Secret(std::move(key))).second) {
      return Bad(name, number, "the version is there twice", "版本号重复");
    }
  }
  if (ring.keys_.empty()) return Bad(name, number, "there is no key", "没有密钥");
  ring.index_key_ = Secret(HkdfSha256(ring.keys_.begin()->second.bytes(), "", kIndexLabel, kAesKeySize));
  return ring;
}

KeyRing::NewKey KeyRing::MakeKey(std::string_view context, Random& random) const {
  std::string bytes(kAesKeySize, '\0');
  random.Fill(bytes.data(), bytes.size());
  DataKey key{Secret(std::move(bytes))};
  WrappedKey wrapped{current_version(), SealWithNonce(keys_.rbegin()->second.bytes(), key.key_.bytes(),
                                                      fmt::format("{}{}", kWrapLabel, context), random)};
  return NewKey{std::move(key), std::move(wrapped)};
}

absl::StatusOr<DataKey> KeyRing::Unwrap(std::string_view context, const WrappedKey& wrapped) const {
  const auto master = keys_.find(wrapped.version);
  if (master == keys_.end()) {
    return FailedPrecondition("KEY_MISSING", {"the master key of this record is not available", "缺少此记录的主密钥"});
  }
  absl::StatusOr<std::string> bytes =
      OpenWithNonce(master->second.bytes(), wrapped.bytes, fmt::format("{}{}", kWrapLabel, context));
  if (!bytes.ok()) return bytes.status();
  return DataKey(Secret(*std::move(bytes)));
}

std::string DataKey::Seal(std::string_view context, std::string_view plaintext, Random& random) const {
  return SealWithNonce(key_.bytes(), plaintext, context, random);
}

absl::StatusOr<std::string> DataKey::Open(std::string_view context, std::string_view sealed) const {
  return OpenWithNonce(key_.bytes(), sealed, context);
}

std::string KeyRing::BlindIndex(std::string_view label, std::string_view value) const {
  // The label's length keeps `a` + `bc` from meaning the same as `ab` + `c`.
  return HmacSha256(index_key_.bytes(), fmt::format("{}:{}:{}", label.size(), label, value));
}

absl::Status KeyRing::Check(sql::Database& database, std::string_view table, absl::Time deadline) const {
  const std::string select = fmt::format("SELECT key_version, key_check FROM {} WHERE partition_id = ?", table);
  const std::string insert = fmt::format(
      "INSERT INTO {} (partition_id, key_version, key_check) VALUES (?, ?, ?) "
      "ON CONFLICT (partition_id, key_version) DO NOTHING",
      table);
  const auto check_of = [](const Secret& key) { return HmacSha256(key.bytes(), kCheckLabel); };
  return database.Write(deadline, [&](sql::Session& session) -> absl::Status {
    std::map<int64_t, std::string> known;
    RONGHE_RETURN_IF_ERROR(session.Select({"key_checks.select", select}, {int64_t{0}}, [&](const sql::Row& row) {
      known[row.Int(0)] = std::string(row.Bytes(1));
      return absl::OkStatus();
    }));
    for (const auto& [version, check] : known) {
      const auto key = keys_.find(version);
      if (key == keys_.end() || check_of(key->second) != check) return Mismatch(version);
    }
    // A lower version than any known one would change the key of the blind indexes.
    if (!known.empty() && keys_.begin()->first < known.begin()->first) return Mismatch(known.begin()->first);
    for (const auto& [version, key] : keys_) {
      if (known.contains(version)) continue;
      RONGHE_RETURN_IF_ERROR(
          session.Execute({"key_checks.insert", insert}, {int64_t{0}, version, sql::Blob{check_of(key)}}).status());
    }
    return absl::OkStatus();
  });
}

}  // namespace ronghe::common
