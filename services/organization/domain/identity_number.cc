#include "services/organization/domain/identity_number.h"

#include <algorithm>

namespace ronghe::organization {
namespace {

constexpr size_t kDigits = 17;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

int Number(std::string_view digits) {
  int value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

std::string NormalizeIdentityNumber(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  std::string number(text);
  if (!number.empty() && number.back() == 'x') number.back() = 'X';
  return number;
}

char IdentityCheckCharacter(std::string_view digits) {
  if (digits.size() != kDigits || !std::all_of(digits.begin(), digits.end(), IsDigit)) return '\0';
  // ISO 7064 MOD 11-2: the weighted sum including the check value must be 1 modulo 11; weights are powers of two.
  int product = 0;
  for (char c : digits) product = (product + (c - '0')) * 2 % 11;
  const int check = (12 - product) % 11;
  return check == 10 ? 'X' : static_cast<char>('0' + check);
}

bool IsIdentityNumber(std::string_view number) {
  if (number.size() != kDigits + 1 || number.front() == '0') return false;
  const char check = IdentityCheckCharacter(number.substr(0, kDigits));
  return check != '\0' && check == number.back();
}

std::optional<absl::CivilDay> BirthDateIn(std::string_view number) {
  const int year = Number(number.substr(6, 4));
  const int month = Number(number.substr(10, 2));
  const int day = Number(number.substr(12, 2));
  const absl::CivilDay date(year, month, day);
  if (date.year() != year || date.month() != month || date.day() != day) return std::nullopt;
  return date;
}

bool IsMaleIdentityNumber(std::string_view number) {
  return (number[16] - '0') % 2 == 1;
}

}  // namespace ronghe::organization
