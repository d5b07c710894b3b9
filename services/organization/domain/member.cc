#include "services/organization/domain/member.h"

#include <algorithm>
#include <array>

#include "services/common/values/status.h"
#include "services/organization/domain/identity_number.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

using common::Text;
using common::Violations;

constexpr size_t kMaxNameCharacters = 60;
constexpr size_t kMinPhoneCharacters = 5;
constexpr size_t kMaxPhoneCharacters = 20;
constexpr size_t kMinPhoneDigits = 3;
constexpr size_t kMaxExternalIdCharacters = 64;
constexpr int kAgeOfJoining = 18;
constexpr absl::CivilDay kOldestBirthDate(1850, 1, 1);

struct FieldName {
  MemberField field;
  std::string_view path;
};
constexpr std::array<FieldName, 9> kFieldNames = {{
    {MemberField::kFullName, "full_name"},
    {MemberField::kSex, "sex"},
    {MemberField::kBirthDate, "birth_date"},
    {MemberField::kIdentityNumber, "identity_number"},
    {MemberField::kPhone, "phone"},
    {MemberField::kStatus, "status"},
    {MemberField::kJoinDate, "join_date"},
    {MemberField::kFullDate, "full_date"},
    {MemberField::kExternalId, "external_id"},
}};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string Trim(std::string_view text) {
  constexpr std::string_view kWide = "\u3000";  // the blank of Chinese typesetting
  bool again = true;
  while (again) {
    again = false;
    if (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1), again = true;
    if (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1), again = true;
    if (text.substr(0, kWide.size()) == kWide) text.remove_prefix(kWide.size()), again = true;
    if (text.size() >= kWide.size() && text.substr(text.size() - kWide.size()) == kWide) {
      text.remove_suffix(kWide.size());
      again = true;
    }
  }
  return std::string(text);
}

void CheckName(const std::string& name, Violations& v) {
  CheckText({"full_name", 1, kMaxNameCharacters}, name, v);
  if (name.find('*') != std::string::npos) {
    v.Add("full_name", "MASKED",
          {"the full name is masked; send it in full or leave it out", "姓名已脱敏,请提交完整姓名或不提交该字段"});
  }
}

void CheckPhone(const std::string& phone, Violations& v) {
  if (phone.empty()) return;
  const size_t digits = std::count_if(phone.begin(), phone.end(), IsDigit);
  bool good = phone.size() >= kMinPhoneCharacters && phone.size() <= kMaxPhoneCharacters && digits >= kMinPhoneDigits;
  for (size_t i = 0; i < phone.size(); ++i) {
    good = good && (IsDigit(phone[i]) || phone[i] == ' ' || phone[i] == '-' || (phone[i] == '+' && i == 0));
  }
  if (!good) {
    v.Add("phone", "BAD_FORMAT",
          {"a phone is 5 to 20 digits, spaces and hyphens with an optional leading plus",
           "联系电话应为5至20个字符,只含数字、空格、连字符,可以加号开头"});
  }
}

// The day of a date field; adds what is wrong with it.
std::optional<absl::CivilDay> CheckDate(const DateParts& parts, std::string field, const Text& label, bool required,
                                        absl::CivilDay today, Violations& v) {
  if (parts.empty()) {
    if (required) v.Add(field, "REQUIRED", {"the " + label.en + " is required", label.zh + "必填"});
    return std::nullopt;
  }
  const std::optional<absl::CivilDay> day = parts.ToDay();
  if (!day) {
    v.Add(field, "BAD_DATE", {"the " + label.en + " is no day of the calendar", label.zh + "不是有效的日期"});
  } else if (*day > today) {
    v.Add(field, "IN_FUTURE", {"the " + label.en + " lies in the future", label.zh + "不能晚于今天"});
  }
  return day;
}

void CheckIdentity(const std::string& number, const std::optional<absl::CivilDay>& birth_date, int sex, Violations& v) {
  if (number.empty()) {
    v.Add("identity_number", "REQUIRED", {"the identity number is required", "公民身份号码必填"});
    return;
  }
  if (!IsIdentityNumber(number)) {
    v.Add("identity_number", "BAD_IDENTITY_NUMBER",
          {"the identity number is not 18 characters with a valid check character (GB 11643)",
           "公民身份号码不是18位,或校验码不正确(GB 11643)"});
    return;
  }
  const std::optional<absl::CivilDay> inside = BirthDateIn(number);
  if (!inside) {
    v.Add("identity_number", "BAD_IDENTITY_NUMBER",
          {"the birth date in the identity number is no day of the calendar", "公民身份号码中的出生日期无效"});
  } else if (birth_date && *inside != *birth_date) {
    const Text text{"birth date and identity number do not agree", "出生日期与公民身份号码不一致"};
    v.Add("birth_date", "BIRTH_DATE_MISMATCH", text);
    v.Add("identity_number", "BIRTH_DATE_MISMATCH", text);
  }
  const bool known_sex = sex == static_cast<int>(Sex::kMale) || sex == static_cast<int>(Sex::kFemale);
  if (known_sex && IsMaleIdentityNumber(number) != (sex == static_cast<int>(Sex::kMale))) {
    const Text text{"sex and identity number do not agree", "性别与公民身份号码不一致"};
    v.Add("sex", "SEX_MISMATCH", text);
    v.Add("identity_number", "SEX_MISMATCH", text);
  }
}

void CheckEnum(int value, std::string field, const Text& label, Violations& v) {
  if (value == 0) {
    v.Add(field, "REQUIRED", {"the " + label.en + " is required", label.zh + "必填"});
  } else if (value != 1 && value != 2) {
    v.Add(field, "UNKNOWN_VALUE", {"the " + label.en + " is no value of the list", label.zh + "不在可选范围内"});
  }
}

absl::CivilDay EighteenthBirthday(absl::CivilDay birth) {
  // Born on 29 February: the day after 28 February, where the year has none.
  return absl::CivilDay(birth.year() + kAgeOfJoining, birth.month(), birth.day());
}

void CheckFullDate(int status, const DateParts& parts, const std::optional<absl::CivilDay>& full,
                   const std::optional<absl::CivilDay>& join, Violations& v) {
  if (status == static_cast<int>(MemberStatus::kProbationary) && !parts.empty()) {
    v.Add("full_date", "NOT_ALLOWED",
          {"a probationary member has no date of becoming full", "预备党员不应填写转正日期"});
  }
  if (status == static_cast<int>(MemberStatus::kFull) && parts.empty()) {
    v.Add("full_date", "REQUIRED", {"a full member needs the date of becoming full", "正式党员必须填写转正日期"});
  }
  if (full && join && *full < *join) {
    v.Add("full_date", "BEFORE_JOIN_DATE",
          {"the date of becoming full lies before the join date", "转正日期不能早于入党日期"});
  }
}

}  // namespace

std::optional<absl::CivilDay> DateParts::ToDay() const {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) return std::nullopt;
  return civil;
}

DateParts DateParts::Of(absl::CivilDay day) {
  return DateParts{static_cast<int>(day.year()), day.month(), day.day()};
}

DateParts DateParts::Of(const std::optional<absl::CivilDay>& day) {
  return day ? Of(*day) : DateParts{};
}

absl::StatusOr<Member> Member::Create(Fields fields, absl::CivilDay today) {
  fields.full_name = Trim(fields.full_name);
  fields.identity_number = NormalizeIdentityNumber(Trim(fields.identity_number));
  fields.phone = Trim(fields.phone);
  fields.external_id = Trim(fields.external_id);

  Violations v;
  CheckName(fields.full_name, v);
  CheckEnum(fields.sex, "sex", {"sex", "性别"}, v);
  const auto birth = CheckDate(fields.birth_date, "birth_date", {"birth date", "出生日期"}, true, today, v);
  if (birth && *birth < kOldestBirthDate) {
    v.Add("birth_date", "OUT_OF_RANGE", {"the birth date lies before 1850", "出生日期早于1850年"});
  }
  CheckIdentity(fields.identity_number, birth, fields.sex, v);
  CheckPhone(fields.phone, v);
  CheckEnum(fields.status, "status", {"status", "人员类别"}, v);
  const auto join = CheckDate(fields.join_date, "join_date", {"join date", "入党日期"}, true, today, v);
  if (birth && join && *join < EighteenthBirthday(*birth)) {
    v.Add("join_date", "UNDER_AGE", {"the join date lies before the 18th birthday", "入党日期早于年满18周岁之日"});
  }
  const auto full = CheckDate(fields.full_date, "full_date", {"date of becoming full", "转正日期"}, false, today, v);
  CheckFullDate(fields.status, fields.full_date, full, join, v);
  CheckText({"external_id", 0, kMaxExternalIdCharacters}, fields.external_id, v);
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  return Restore(std::move(fields));
}

Member Member::Restore(Fields fields) {
  Member member;
  member.full_name_ = std::move(fields.full_name);
  member.sex_ = static_cast<Sex>(fields.sex);
  member.birth_date_ = fields.birth_date.ToDay().value_or(absl::CivilDay());
  member.identity_number_ = std::move(fields.identity_number);
  member.phone_ = std::move(fields.phone);
  member.status_ = static_cast<MemberStatus>(fields.status);
  member.join_date_ = fields.join_date.ToDay().value_or(absl::CivilDay());
  member.full_date_ = fields.full_date.ToDay();
  member.external_id_ = std::move(fields.external_id);
  return member;
}

Member::Fields Member::ToFields() const {
  Fields fields;
  fields.full_name = full_name_;
  fields.sex = static_cast<int>(sex_);
  fields.birth_date = DateParts::Of(birth_date_);
  fields.identity_number = identity_number_;
  fields.phone = phone_;
  fields.status = static_cast<int>(status_);
  fields.join_date = DateParts::Of(join_date_);
  fields.full_date = DateParts::Of(full_date_);
  fields.external_id = external_id_;
  return fields;
}

std::optional<MemberField> MemberFieldOf(std::string_view path) {
  for (const FieldName& name : kFieldNames) {
    if (name.path == path) return name.field;
  }
  return std::nullopt;
}

std::string_view PathOf(MemberField field) {
  return kFieldNames[static_cast<size_t>(field)].path;
}

const std::vector<MemberField>& AllMemberFields() {
  static const auto* const all = [] {
    auto* fields = new std::vector<MemberField>;
    for (const FieldName& name : kFieldNames) fields->push_back(name.field);
    return fields;
  }();
  return *all;
}

Member::Fields Merge(Member::Fields base, const Member::Fields& changes, const std::vector<MemberField>& which) {
  for (MemberField field : which) {
    switch (field) {
      case MemberField::kFullName:
        base.full_name = changes.full_name;
        break;
      case MemberField::kSex:
        base.sex = changes.sex;
        break;
      case MemberField::kBirthDate:
        base.birth_date = changes.birth_date;
        break;
      case MemberField::kIdentityNumber:
        base.identity_number = changes.identity_number;
        break;
      case MemberField::kPhone:
        base.phone = changes.phone;
        break;
      case MemberField::kStatus:
        base.status = changes.status;
        break;
      case MemberField::kJoinDate:
        base.join_date = changes.join_date;
        break;
      case MemberField::kFullDate:
        base.full_date = changes.full_date;
        break;
      case MemberField::kExternalId:
        base.external_id = changes.external_id;
        break;
    }
  }
  return base;
}

std::vector<MemberField> Differences(const Member::Fields& a, const Member::Fields& b) {
  std::vector<MemberField> different;
  for (MemberField field : AllMemberFields()) {
    // One field of b laid over a changes a only where they differ.
    if (!(Merge(a, b, {field}) == a)) different.push_back(field);
  }
  return different;
}

bool HoldsMembers(UnitKind kind) {
  return kind == UnitKind::kBranch || kind == UnitKind::kJointBranch || kind == UnitKind::kTemporaryBranch ||
         kind == UnitKind::kGroup;
}

std::string PhoneDigits(std::string_view phone) {
  std::string digits;
  std::copy_if(phone.begin(), phone.end(), std::back_inserter(digits), IsDigit);
  return digits;
}

}  // namespace ronghe::organization
