#include "services/organization/domain/member.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "services/organization/domain/masking.h"
#include "tests/support/people.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr absl::CivilDay kToday(2026, 11, 16);

Member::Fields Good() {
  Member::Fields fields;
  fields.full_name = "王小明";
  fields.sex = 1;
  fields.birth_date = {1980, 5, 17};
  fields.identity_number = tests::IdentityNumber(absl::CivilDay(1980, 5, 17), Sex::kMale, 7);
  fields.phone = "+86 138-0013-8000";
  fields.status = 1;
  fields.join_date = {2001, 7, 1};
  fields.full_date = {2002, 7, 1};
  fields.external_id = "HR-0017";
  return fields;
}

// field:reason of every violation.
std::vector<std::string> Faults(const Member::Fields& fields) {
  std::vector<std::string> faults;
  for (const common::Violation& violation : common::ViolationsOf(Member::Create(fields, kToday).status())) {
    EXPECT_FALSE(violation.text.en.empty());
    EXPECT_FALSE(violation.text.zh.empty());
    faults.push_back(violation.field + ":" + violation.reason);
  }
  return faults;
}

TEST(MemberTest, TakesValidFacts) {
  const auto member = Member::Create(Good(), kToday);
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(member->ToFields(), Good());
  EXPECT_EQ(member->birth_date(), absl::CivilDay(1980, 5, 17));
  EXPECT_EQ(Member::Restore(member->ToFields()), *member);
}

TEST(MemberTest, DropsBlanksAroundTexts) {
  Member::Fields fields = Good();
  fields.full_name = "　 王小明 \t";
  fields.identity_number = " " + fields.identity_number + " ";
  const auto member = Member::Create(fields, kToday);
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(member->full_name(), "王小明");
}

TEST(MemberTest, ReportsEverythingMissingAtOnce) {
  EXPECT_THAT(Faults({}), UnorderedElementsAre("full_name:REQUIRED", "sex:REQUIRED", "birth_date:REQUIRED",
                                               "identity_number:REQUIRED", "status:REQUIRED", "join_date:REQUIRED"));
}

TEST(MemberTest, BoundsTheName) {
  Member::Fields fields = Good();
  for (int i = 0; i < 60; ++i) fields.full_name = i == 0 ? "王" : fields.full_name + "王";
  EXPECT_THAT(Faults(fields), IsEmpty());
  fields.full_name += "王";
  EXPECT_THAT(Faults(fields), ElementsAre("full_name:TOO_LONG"));
  fields.full_name = "王\n明";
  EXPECT_THAT(Faults(fields), ElementsAre("full_name:CONTROL_CHARACTER"));
  fields.full_name = "王**";
  EXPECT_THAT(Faults(fields), ElementsAre("full_name:MASKED"));
  fields.full_name = "   ";
  EXPECT_THAT(Faults(fields), ElementsAre("full_name:REQUIRED"));
}

TEST(MemberTest, RefusesUnknownEnumNumbers) {
  Member::Fields fields = Good();
  fields.sex = 3;
  fields.status = -1;
  EXPECT_THAT(Faults(fields), ElementsAre("sex:UNKNOWN_VALUE", "status:UNKNOWN_VALUE"));
}

TEST(MemberTest, BirthDateMustBeTheOneInTheIdentityNumberAndBothAreNamed) {
  Member::Fields fields = Good();
  fields.birth_date = {1980, 5, 18};
  EXPECT_THAT(Faults(fields),
              UnorderedElementsAre("birth_date:BIRTH_DATE_MISMATCH", "identity_number:BIRTH_DATE_MISMATCH"));
}

TEST(MemberTest, SexMustBeTheOneInTheIdentityNumberAndBothAreNamed) {
  Member::Fields fields = Good();
  fields.sex = 2;
  EXPECT_THAT(Faults(fields), UnorderedElementsAre("sex:SEX_MISMATCH", "identity_number:SEX_MISMATCH"));
}

TEST(MemberTest, RefusesAWrongCheckCharacter) {
  Member::Fields fields = Good();
  char& last = fields.identity_number.back();
  last = last == '1' ? '2' : '1';
  EXPECT_THAT(Faults(fields), ElementsAre("identity_number:BAD_IDENTITY_NUMBER"));
}

TEST(MemberTest, RefusesImpossibleAndFutureDates) {
  for (const DateParts& date :
       {DateParts{2001, 2, 29}, DateParts{2001, 0, 1}, DateParts{2001, 13, 1}, DateParts{2001, 7, 0},
        DateParts{-1, 7, 1}, DateParts{10000, 1, 1}, DateParts{0, 7, 1}, DateParts{2'000'000'000, 1, 1}}) {
    Member::Fields fields = Good();
    fields.join_date = date;
    EXPECT_THAT(Faults(fields), ElementsAre("join_date:BAD_DATE"));
  }
  Member::Fields fields = Good();
  fields.full_date = DateParts::Of(kToday + 1);
  EXPECT_THAT(Faults(fields), ElementsAre("full_date:IN_FUTURE"));
  fields.full_date = DateParts::Of(kToday);
  EXPECT_THAT(Faults(fields), IsEmpty());
}

TEST(MemberTest, JoinsOnTheEighteenthBirthdayAtTheEarliest) {
  Member::Fields fields = Good();
  fields.join_date = {1998, 5, 16};
  EXPECT_THAT(Faults(fields), ElementsAre("join_date:UNDER_AGE"));
  fields.join_date = {1998, 5, 17};
  EXPECT_THAT(Faults(fields), IsEmpty());
}

TEST(MemberTest, WhoIsBornOnALeapDayComesOfAgeOnTheFirstOfMarch) {
  Member::Fields fields = Good();
  fields.birth_date = {1980, 2, 29};
  fields.identity_number = tests::IdentityNumber(absl::CivilDay(1980, 2, 29), Sex::kMale, 7);
  fields.join_date = {1998, 2, 28};
  EXPECT_THAT(Faults(fields), ElementsAre("join_date:UNDER_AGE"));
  fields.join_date = {1998, 3, 1};
  EXPECT_THAT(Faults(fields), IsEmpty());
}

TEST(MemberTest, FullDateFitsTheStatus) {
  Member::Fields fields = Good();
  fields.full_date = {};
  EXPECT_THAT(Faults(fields), ElementsAre("full_date:REQUIRED"));
  fields.full_date = {2001, 6, 30};
  EXPECT_THAT(Faults(fields), ElementsAre("full_date:BEFORE_JOIN_DATE"));
  fields.full_date = fields.join_date;
  EXPECT_THAT(Faults(fields), IsEmpty());
  fields.status = 2;
  EXPECT_THAT(Faults(fields), ElementsAre("full_date:NOT_ALLOWED"));
  fields.full_date = {};
  EXPECT_THAT(Faults(fields), IsEmpty());
}

TEST(MemberTest, JudgesPhones) {
  Member::Fields fields = Good();
  for (const char* good : {"", "12345", "0536-7654321", "+8613800138000", "138 0013 8000", "12345678901234567890"}) {
    fields.phone = good;
    EXPECT_THAT(Faults(fields), IsEmpty()) << good;
  }
  for (const char* bad :
       {"1234", "123456789012345678901", "138****8000", "1380013800a", "138+0013", "-----", "１３８００１"}) {
    fields.phone = bad;
    EXPECT_THAT(Faults(fields), ElementsAre("phone:BAD_FORMAT")) << bad;
  }
}

TEST(MemberTest, BoundsTheExternalId) {
  Member::Fields fields = Good();
  fields.external_id = std::string(64, 'x');
  EXPECT_THAT(Faults(fields), IsEmpty());
  fields.external_id += 'x';
  EXPECT_THAT(Faults(fields), ElementsAre("external_id:TOO_LONG"));
}

TEST(MemberTest, NoErrorRepeatsAValue) {
  Member::Fields fields = Good();
  fields.full_name = "张三*";
  fields.identity_number = "370783198005170018";
  fields.phone = "13800138000x";
  const std::string text = Member::Create(fields, kToday).status().ToString();
  for (const char* value : {"张三", "370783198005170018", "13800138000"}) {
    EXPECT_EQ(text.find(value), std::string::npos) << value;
  }
}

TEST(MemberTest, EveryFieldHasOnePathAndIsMergedAlone) {
  std::set<std::string_view> paths;
  const Member::Fields other = tests::Person(20);
  for (MemberField field : AllMemberFields()) {
    EXPECT_TRUE(paths.insert(PathOf(field)).second);
    EXPECT_EQ(MemberFieldOf(PathOf(field)), field);
    const Member::Fields merged = Merge(Good(), other, {field});
    EXPECT_THAT(Differences(Good(), merged), ElementsAre(field)) << PathOf(field);
  }
  EXPECT_EQ(paths.size(), 9u);
  for (const char* path : {"", "unit", "name", "etag", "*", "member.full_name", "create_time"}) {
    EXPECT_FALSE(MemberFieldOf(path).has_value()) << path;
  }
  EXPECT_EQ(Merge(Good(), other, AllMemberFields()), other);
}

TEST(MemberTest, OnlyBranchesAndGroupsHoldMembers) {
  std::vector<UnitKind> holding;
  for (int kind = 0; kind <= 8; ++kind) {
    if (HoldsMembers(static_cast<UnitKind>(kind))) holding.push_back(static_cast<UnitKind>(kind));
  }
  EXPECT_THAT(holding,
              ElementsAre(UnitKind::kBranch, UnitKind::kJointBranch, UnitKind::kTemporaryBranch, UnitKind::kGroup));
}

TEST(MaskingTest, HidesAllButALittle) {
  EXPECT_EQ(MaskName("王小明"), "王**");
  EXPECT_EQ(MaskName("王"), "王**");
  EXPECT_EQ(MaskName("Amy Li"), "A**");
  EXPECT_EQ(MaskName("𠮷田"), "𠮷**");
  EXPECT_EQ(MaskName(""), "");
  EXPECT_EQ(MaskIdentityNumber("370783198005171234"), "3707**********1234");
  EXPECT_EQ(MaskPhone("13800131234"), "138****1234");
  EXPECT_EQ(MaskPhone("138-0013 1234"), "138****1234");
  EXPECT_EQ(MaskPhone("7654321"), "****21");
  EXPECT_EQ(MaskPhone(""), "");
  EXPECT_EQ(MaskBirthDate(absl::CivilDay(1980, 5, 17)), (DateParts{1980, 0, 0}));
}

TEST(MaskingTest, WhatIsMaskedCannotBeWrittenBack) {
  const auto member = Member::Create(Good(), kToday);
  ASSERT_TRUE(member.ok());
  std::set<std::string> fields;
  for (const common::Violation& violation : common::ViolationsOf(Member::Create(Masked(*member), kToday).status())) {
    fields.insert(violation.field);
  }
  EXPECT_THAT(fields, UnorderedElementsAre("full_name", "birth_date", "identity_number", "phone"));
}

}  // namespace
}  // namespace ronghe::organization
