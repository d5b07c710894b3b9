#include "tests/support/made_up.h"

#include "tests/support/people.h"

namespace ronghe::tests {
namespace {

namespace ov1 = organization::v1;

void SetDate(const organization::DateParts& day, google::type::Date& date) {
  date.set_year(day.year);
  date.set_month(day.month);
  date.set_day(day.day);
}

}  // namespace

ov1::Member MadeUpMember(int64_t number, const std::string& unit) {
  const organization::Member::Fields fields = Person(number);
  ov1::Member member;
  member.set_unit(unit);
  member.set_full_name(fields.full_name);
  member.set_sex(static_cast<ov1::Sex>(fields.sex));
  SetDate(fields.birth_date, *member.mutable_birth_date());
  member.set_identity_number(fields.identity_number);
  member.set_phone(fields.phone);
  member.set_status(static_cast<ov1::MemberStatus>(fields.status));
  SetDate(fields.join_date, *member.mutable_join_date());
  if (!fields.full_date.empty()) SetDate(fields.full_date, *member.mutable_full_date());
  return member;
}

ov1::OrganizationMetrics CountsOf(const ov1::Member& member) {
  ov1::OrganizationMetrics counts;
  counts.set_members(1);
  counts.set_full_members(member.status() == ov1::MEMBER_STATUS_FULL ? 1 : 0);
  counts.set_probationary_members(member.status() == ov1::MEMBER_STATUS_PROBATIONARY ? 1 : 0);
  counts.set_female_members(member.sex() == ov1::SEX_FEMALE ? 1 : 0);
  return counts;
}

void FillUnit(const std::string& code, const std::string& parent, ov1::Level level, ov1::Unit& unit) {
  unit.set_code(code);
  unit.set_title("单位" + code);
  unit.set_level(level);
  unit.set_kind(level < ov1::LEVEL_BRANCH ? ov1::UNIT_KIND_COMMITTEE : ov1::UNIT_KIND_BRANCH);
  if (!parent.empty()) unit.set_parent("units/" + parent);
}

}  // namespace ronghe::tests
