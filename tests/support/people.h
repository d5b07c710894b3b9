#pragma once

#include <cstdint>
#include <string>

#include <absl/time/civil_time.h>
#include <fmt/format.h>

#include "services/organization/domain/identity_number.h"
#include "services/organization/domain/member.h"

namespace ronghe::tests {

// An identity number with a valid check character. `sequence` 0 to 499 tells persons of one day and sex apart.
inline std::string IdentityNumber(absl::CivilDay birth, organization::Sex sex, int sequence,
                                  const std::string& division = "370783") {
  const int code = 2 * sequence + (sex == organization::Sex::kMale ? 1 : 0);
  const std::string digits =
      fmt::format("{}{:04}{:02}{:02}{:03}", division, birth.year(), birth.month(), birth.day(), code);
  return digits + organization::IdentityCheckCharacter(digits);
}

// Facts of a made-up person, different for every number up to several million; every fourth is a woman, every tenth
// probationary.
inline organization::Member::Fields Person(int64_t number) {
  using organization::DateParts;
  const organization::Sex sex = number % 4 == 0 ? organization::Sex::kFemale : organization::Sex::kMale;
  const absl::CivilDay birth = absl::CivilDay(1960, 1, 1) + number / 400 % 10'000;
  organization::Member::Fields fields;
  fields.full_name = fmt::format("王测试{}", number);
  fields.sex = static_cast<int>(sex);
  fields.birth_date = DateParts::Of(birth);
  fields.identity_number = IdentityNumber(birth, sex, static_cast<int>(number % 400));
  fields.phone = fmt::format("138{:08}", number % 100'000'000);
  fields.status = static_cast<int>(number % 10 == 0 ? organization::MemberStatus::kProbationary
                                                    : organization::MemberStatus::kFull);
  fields.join_date = DateParts::Of(absl::CivilDay(2010, 7, 1));
  if (number % 10 != 0) fields.full_date = DateParts::Of(absl::CivilDay(2011, 7, 1));
  return fields;
}

}  // namespace ronghe::tests
