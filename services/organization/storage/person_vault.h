#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/common/values/ids.h"
#include "services/organization/domain/member.h"
#include "services/organization/storage/key_ring.h"

namespace ronghe::organization {

// The personal fields of a member, in clear.
struct PersonalData {
  std::string full_name;
  absl::CivilDay birth_date;
  std::string identity_number;
  std::string phone;

  static PersonalData Of(const Member& member);
  // A byte string of our own form, versioned.
  std::string Serialize() const;
  static absl::StatusOr<PersonalData> Parse(std::string_view bytes);
  friend bool operator==(const PersonalData&, const PersonalData&) = default;
};

// Blind indexes of a name: of its first character, its first two, and the whole; positive.
struct NameIndexes {
  int64_t first = 0;
  int64_t two = 0;
  int64_t whole = 0;
};

// The personal fields as they are stored: one ciphertext under a key of the person's own. Destroying `key` destroys
// them.
struct SealedPerson {
  WrappedKey key;
  std::string content;
};

// Seals and opens personal data, and makes the indexes by which persons are found. Both ciphertexts are bound to the
// member (whose id holds the partition): moved to another row they do not open. Thread-safe.
class PersonVault {
 public:
  // Both must outlive it.
  PersonVault(const KeyRing& keys, common::Random& random) : keys_(keys), random_(random) {}

  SealedPerson Seal(MemberId id, const PersonalData& person) const;
  // New data under the key the person has.
  absl::StatusOr<SealedPerson> Reseal(MemberId id, const WrappedKey& key, const PersonalData& person) const;
  // INTERNAL if the ciphertext is not this member's or was changed; as KeyRing::Unwrap for a missing master key.
  absl::StatusOr<PersonalData> Open(MemberId id, const SealedPerson& sealed) const;

  // Blind indexes; 32 bytes. Empty for an empty phone.
  std::string IdentityIndex(std::string_view identity_number) const;
  std::string PhoneIndex(std::string_view phone) const;
  // Of the name as NormalizeName has it; a shorter one is its own beginning.
  NameIndexes NameIndexesOf(std::string_view full_name) const;
  // For the request log: a digest of a request with personal data that cannot be guessed without the key.
  std::string RequestDigest(std::string_view digest) const;

 private:
  const KeyRing& keys_;
  common::Random& random_;
};

}  // namespace ronghe::organization
