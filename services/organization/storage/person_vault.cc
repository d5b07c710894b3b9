#include "services/organization/storage/person_vault.h"

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/domain/name_text.h"

namespace ronghe::organization {
namespace {

constexpr char kFormat = 1;

// The partition is the low bits of the id, named on its own all the same: a row moved between partitions must not open.
std::string ContextOf(MemberId id) {
  return fmt::format("member|{}|{}", common::PartitionOf(id.value).value, id.value);
}

void AppendText(std::string& out, std::string_view text) {
  out += static_cast<char>(text.size() >> 8);
  out += static_cast<char>(text.size() & 0xFF);
  out += text;
}

bool Take(std::string_view& in, std::string& text) {
  if (in.size() < 2) return false;
  const size_t size = (static_cast<unsigned char>(in[0]) << 8) | static_cast<unsigned char>(in[1]);
  if (in.size() < 2 + size) return false;
  text = std::string(in.substr(2, size));
  in.remove_prefix(2 + size);
  return true;
}

}  // namespace

PersonalData PersonalData::Of(const Member& member) {
  return {member.full_name(), member.birth_date(), member.identity_number(), member.phone()};
}

std::string PersonalData::Serialize() const {
  std::string out(1, kFormat);
  AppendText(out, full_name);
  AppendText(out, std::to_string(common::DayNumber(birth_date)));
  AppendText(out, identity_number);
  AppendText(out, phone);
  return out;
}

absl::StatusOr<PersonalData> PersonalData::Parse(std::string_view bytes) {
  PersonalData person;
  std::string day;
  const bool known = !bytes.empty() && bytes.front() == kFormat;
  if (known) bytes.remove_prefix(1);
  if (!known || !Take(bytes, person.full_name) || !Take(bytes, day) || !Take(bytes, person.identity_number) ||
      !Take(bytes, person.phone) || !bytes.empty()) {
    return common::Internal("personal data of an unknown form");
  }
  person.birth_date = common::DayFromNumber(std::atoll(day.c_str()));
  return person;
}

SealedPerson PersonVault::Seal(MemberId id, const PersonalData& person) const {
  const std::string context = ContextOf(id);
  KeyRing::NewKey fresh = keys_.MakeKey(context, random_);
  return {std::move(fresh.wrapped), fresh.key.Seal(context, person.Serialize(), random_)};
}

absl::StatusOr<SealedPerson> PersonVault::Reseal(MemberId id, const WrappedKey& key, const PersonalData& person) const {
  const std::string context = ContextOf(id);
  absl::StatusOr<DataKey> data_key = keys_.Unwrap(context, key);
  if (absl::IsDataLoss(data_key.status())) {
    return common::Internal(fmt::format("the key of members/{} does not open", id.value));
  }
  if (!data_key.ok()) return data_key.status();
  return SealedPerson{key, data_key->Seal(context, person.Serialize(), random_)};
}

absl::StatusOr<PersonalData> PersonVault::Open(MemberId id, const SealedPerson& sealed) const {
  const std::string context = ContextOf(id);
  absl::StatusOr<DataKey> key = keys_.Unwrap(context, sealed.key);
  absl::StatusOr<std::string> plain = key.ok() ? key->Open(context, sealed.content) : key.status();
  if (absl::IsDataLoss(plain.status())) {
    return common::Internal(
        fmt::format("the personal data of members/{} do not open: key or place is wrong", id.value));
  }
  if (!plain.ok()) return plain.status();
  return PersonalData::Parse(*plain);
}

std::string PersonVault::IdentityIndex(std::string_view identity_number) const {
  return keys_.BlindIndex("identity_number", identity_number);
}

std::string PersonVault::PhoneIndex(std::string_view phone) const {
  return phone.empty() ? "" : keys_.BlindIndex("phone", PhoneDigits(phone));
}

NameIndexes PersonVault::NameIndexesOf(std::string_view full_name) const {
  const std::string name = NormalizeName(full_name);
  const auto number = [&](std::string_view label, std::string_view text) {
    const std::string index = keys_.BlindIndex(label, text);
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; ++i) value = value << 8 | static_cast<unsigned char>(index[i]);
    return static_cast<int64_t>(value >> 1);
  };
  return {number("name 1", NamePrefix(name, 1)), number("name 2", NamePrefix(name, 2)), number("name", name)};
}

std::string PersonVault::RequestDigest(std::string_view digest) const {
  return Hex(keys_.BlindIndex("request digest", digest));
}

}  // namespace ronghe::organization
