#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// The permanent number of a member; it carries the partition of the record.
using MemberId = common::Id<struct MemberIdTag>;

// Numbers as in organization.v1.
enum class Sex { kMale = 1, kFemale = 2 };
enum class MemberStatus { kFull = 1, kProbationary = 2, kLeft = 3, kMovedOutside = 4, kDeceased = 5 };

// A date as it was sent: any numbers, all zero for none.
struct DateParts {
  int year = 0;
  int month = 0;
  int day = 0;

  bool empty() const { return year == 0 && month == 0 && day == 0; }
  // nullopt unless it is a day of the calendar in the years 1 to 9999.
  std::optional<absl::CivilDay> ToDay() const;
  static DateParts Of(absl::CivilDay day);
  static DateParts Of(const std::optional<absl::CivilDay>& day);
  friend bool operator==(const DateParts&, const DateParts&) = default;
};

// The facts of a member. One that exists is valid. Immutable; copyable; safe to share.
class Member {
 public:
  // As sent, nothing checked. Numbers of `sex` and `status` as in organization.v1, 0 for none.
  struct Fields {
    std::string full_name;
    int sex = 0;
    DateParts birth_date;
    std::string identity_number;
    std::string phone;
    int status = 0;
    DateParts join_date;
    DateParts full_date;
    std::string external_id;
    friend bool operator==(const Fields&, const Fields&) = default;
  };

  // INVALID_ARGUMENT with every violation at once, fields named as in organization.v1.Member. `today` in the
  // deployment's zone. Blanks around texts are dropped. No message contains a value. The status is full or
  // probationary: how a membership ends is in membership.h.
  static absl::StatusOr<Member> Create(Fields fields, absl::CivilDay today);

  const std::string& full_name() const { return full_name_; }
  Sex sex() const { return sex_; }
  absl::CivilDay birth_date() const { return birth_date_; }
  const std::string& identity_number() const { return identity_number_; }
  const std::string& phone() const { return phone_; }  // may be empty
  MemberStatus status() const { return status_; }
  absl::CivilDay join_date() const { return join_date_; }
  const std::optional<absl::CivilDay>& full_date() const { return full_date_; }
  const std::string& external_id() const { return external_id_; }  // may be empty

  Fields ToFields() const;
  // For storage: a member from the fields of one that was created, unchecked, so that stored facts stay readable when
  // the rules change.
  static Member Restore(Fields fields);
  friend bool operator==(const Member&, const Member&) = default;

 private:
  Member() = default;

  std::string full_name_;
  Sex sex_ = Sex::kMale;
  absl::CivilDay birth_date_;
  std::string identity_number_;
  std::string phone_;
  MemberStatus status_ = MemberStatus::kFull;
  absl::CivilDay join_date_;
  std::optional<absl::CivilDay> full_date_;
  std::string external_id_;
};

// Which fields of a member an update names.
enum class MemberField {
  kFullName,
  kSex,
  kBirthDate,
  kIdentityNumber,
  kPhone,
  kStatus,
  kJoinDate,
  kFullDate,
  kExternalId,
};
// nullopt for anything that cannot be updated.
std::optional<MemberField> MemberFieldOf(std::string_view path);
std::string_view PathOf(MemberField field);
// All of them, in the order of the proto.
const std::vector<MemberField>& AllMemberFields();
// `base` with the named fields taken from `changes`.
Member::Fields Merge(Member::Fields base, const Member::Fields& changes, const std::vector<MemberField>& which);
// The fields in which two differ.
std::vector<MemberField> Differences(const Member::Fields& a, const Member::Fields& b);

// Members belong to branches of every kind and to the groups in them, never to committees or statistical groups.
bool HoldsMembers(UnitKind kind);

// The phone without the characters people write between its digits: what two writings of one phone have in common.
std::string PhoneDigits(std::string_view phone);

}  // namespace ronghe::organization
