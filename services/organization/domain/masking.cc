#include "services/organization/domain/masking.h"

namespace ronghe::organization {

std::string MaskName(std::string_view name) {
  if (name.empty()) return "";
  size_t first = 1;
  while (first < name.size() && (static_cast<unsigned char>(name[first]) & 0xC0) == 0x80) ++first;
  return std::string(name.substr(0, first)) + "**";
}

std::string MaskIdentityNumber(std::string_view number) {
  if (number.size() <= 8) return std::string(number.size(), '*');
  return std::string(number.substr(0, 4)) + std::string(number.size() - 8, '*') +
         std::string(number.substr(number.size() - 4));
}

std::string MaskPhone(std::string_view phone) {
  if (phone.empty()) return "";
  const std::string digits = PhoneDigits(phone);
  // Of a short number seven visible digits would be nearly everything.
  if (digits.size() < 10) return "****" + digits.substr(digits.size() - std::min<size_t>(2, digits.size()));
  return digits.substr(0, 3) + std::string(digits.size() - 7, '*') + digits.substr(digits.size() - 4);
}

DateParts MaskBirthDate(absl::CivilDay day) {
  return DateParts{static_cast<int>(day.year()), 0, 0};
}

Member::Fields Masked(const Member& member) {
  Member::Fields fields = member.ToFields();
  fields.full_name = MaskName(member.full_name());
  fields.birth_date = MaskBirthDate(member.birth_date());
  fields.identity_number = MaskIdentityNumber(member.identity_number());
  fields.phone = MaskPhone(member.phone());
  return fields;
}

}  // namespace ronghe::organization
