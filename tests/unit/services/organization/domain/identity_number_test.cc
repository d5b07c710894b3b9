#include "services/organization/domain/identity_number.h"

#include <gtest/gtest.h>

namespace ronghe::organization {
namespace {

// The two examples printed in GB 11643-1999.
constexpr std::string_view kWoman = "11010519491231002X";
constexpr std::string_view kMan = "440524188001010014";

TEST(IdentityNumberTest, ChecksTheExamplesOfTheStandard) {
  EXPECT_EQ(IdentityCheckCharacter(kWoman.substr(0, 17)), 'X');
  EXPECT_EQ(IdentityCheckCharacter(kMan.substr(0, 17)), '4');
  EXPECT_TRUE(IsIdentityNumber(kWoman));
  EXPECT_TRUE(IsIdentityNumber(kMan));
  EXPECT_EQ(BirthDateIn(kWoman), absl::CivilDay(1949, 12, 31));
  EXPECT_EQ(BirthDateIn(kMan), absl::CivilDay(1880, 1, 1));
  EXPECT_FALSE(IsMaleIdentityNumber(kWoman));
  EXPECT_TRUE(IsMaleIdentityNumber(kMan));
}

TEST(IdentityNumberTest, NoticesEverySingleWrongDigitAndEverySwapOfNeighbours) {
  for (size_t i = 0; i < kMan.size(); ++i) {
    for (char c = '0'; c <= '9'; ++c) {
      std::string changed(kMan);
      changed[i] = c;
      EXPECT_EQ(IsIdentityNumber(changed), c == kMan[i]) << i << c;
    }
    if (i + 1 == kMan.size() || kMan[i] == kMan[i + 1]) continue;
    std::string swapped(kMan);
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_FALSE(IsIdentityNumber(swapped)) << i;
  }
}

TEST(IdentityNumberTest, RefusesOtherForms) {
  for (std::string_view text : {"", "1", "X", "11010519491231002", "11010519491231002XX", "1101051949123100AX",
                                "110105491231002", "11010519491231002x", " 1010519491231002X", "１1010519491231002X"}) {
    EXPECT_FALSE(IsIdentityNumber(text)) << text;
  }
  EXPECT_EQ(NormalizeIdentityNumber(" 11010519491231002x\t"), kWoman);
  EXPECT_EQ(NormalizeIdentityNumber(""), "");
}

TEST(IdentityNumberTest, FindsNoBirthDateThatIsNone) {
  std::string digits = "11010520230229001";
  EXPECT_FALSE(BirthDateIn(digits + IdentityCheckCharacter(digits)).has_value());
  digits = "11010520240229001";
  EXPECT_TRUE(BirthDateIn(digits + IdentityCheckCharacter(digits)).has_value());
  digits = "11010520241301001";
  EXPECT_FALSE(BirthDateIn(digits + IdentityCheckCharacter(digits)).has_value());
}

}  // namespace
}  // namespace ronghe::organization
