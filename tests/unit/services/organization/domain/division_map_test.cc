#include "services/organization/domain/division_map.h"

#include <fstream>

#include <gmock/gmock.h>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "services/organization/rpc/division_codec.h"
#include "tests/support/temp_dir.h"

namespace ronghe::organization {
namespace {

using common::FaultsOf;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr absl::CivilDay kEarly(2010, 1, 1);
constexpr absl::CivilDay kLate(2020, 1, 1);
constexpr absl::CivilDay kNow(2026, 11, 23);

// 100001 is merged into 100002, which is divided later; 100005 and 100006 change places; the prefecture 2000 is
// renumbered and 200001 with it.
DivisionMap Map() {
  return DivisionMap::Create("v1", {{"100002", "乙", {"100002", "100003"}, kLate, "x"},
                                    {"100001", "甲", {"100002"}, kEarly, "x"},
                                    {"100005", "戊", {"100006"}, kEarly, "x"},
                                    {"100006", "己", {"100005"}, kEarly, "x"},
                                    {"2000", "地区", {"2100"}, kEarly, "x"},
                                    {"200001", "县", {"210001"}, kEarly, "x"}})
      .value();
}

TEST(DivisionMapTest, AreasAreFollowedThroughMergersAndDivisions) {
  const DivisionMap map = Map();
  const DivisionMap::Trace trace = map.Resolve("100001", std::nullopt, kNow);
  EXPECT_THAT(trace.codes, ElementsAre("100002", "100003"));
  EXPECT_TRUE(trace.exact);
  ASSERT_EQ(trace.changes.size(), 2U);
  EXPECT_EQ(trace.changes[0]->title, "甲");
  EXPECT_EQ(trace.changes[1]->title, "乙");
  EXPECT_THAT(map.Resolve("100001", std::nullopt, kLate - 1).codes, ElementsAre("100002"));
  EXPECT_THAT(map.Resolve("100001", std::nullopt, kEarly - 1).codes, ElementsAre("100001"));
  EXPECT_THAT(map.Resolve("100009", std::nullopt, kNow).codes, ElementsAre("100009"));
}

TEST(DivisionMapTest, ACodeMeansWhatItDidOnItsDay) {
  const DivisionMap map = Map();
  EXPECT_THAT(map.Resolve("100002", kLate - 1, kNow).codes, ElementsAre("100002", "100003"));
  EXPECT_THAT(map.Resolve("100002", kLate, kNow).codes, ElementsAre("100002"));
}

TEST(DivisionMapTest, ChangesOfOneDayHappenTogether) {
  const DivisionMap map = Map();
  EXPECT_THAT(map.Resolve("100005", std::nullopt, kNow).codes, ElementsAre("100006"));
  EXPECT_THAT(map.Resolve("100006", std::nullopt, kNow).codes, ElementsAre("100005"));
}

TEST(DivisionMapTest, WhatIsOnlyKnownOfTheDivisionAroundIsNotExact) {
  const DivisionMap map = Map();
  EXPECT_THAT(map.Resolve("200001", std::nullopt, kNow).codes, ElementsAre("210001"));
  EXPECT_TRUE(map.Resolve("200001", std::nullopt, kNow).exact);
  const DivisionMap::Trace around = map.Resolve("200002", std::nullopt, kNow);
  EXPECT_THAT(around.codes, ElementsAre("2100"));
  EXPECT_FALSE(around.exact);
  // The county goes on with a part of its area; the township may be in either.
  const DivisionMap::Trace part = map.Resolve("100002001", std::nullopt, kNow);
  EXPECT_THAT(part.codes, ElementsAre("100002001"));
  EXPECT_FALSE(part.exact);
  EXPECT_EQ(part.changes.size(), 1U);
}

TEST(DivisionMapTest, AFileReplacesTheShippedMap) {
  EXPECT_THAT(LoadDivisionMap("").value().map.Resolve("330104", std::nullopt, kNow).codes,
              ElementsAre("330102", "330114"));
  tests::TempDir dir;
  std::ofstream(dir.File("map")) << "version: 'county-1' changes { old_code: '330104' title: 'x' new_codes: '330199' "
                                    "effective_date { year: 2022 month: 5 day: 1 } source: 'x' }";
  const LoadedDivisions loaded = LoadDivisionMap(dir.File("map")).value();
  EXPECT_EQ(loaded.map.version(), "county-1");
  EXPECT_EQ(loaded.written.version(), "county-1");
  const DivisionMap::Trace trace = loaded.map.Resolve("330104", std::nullopt, kNow);
  EXPECT_THAT(trace.codes, ElementsAre("330199"));
  EXPECT_EQ(ToProto(*trace.changes.front()).effective_date().month(), 5);
}

TEST(DivisionMapTest, EveryFaultIsNamed) {
  const auto faults = [](std::string_view text) { return FaultsOf(ReadDivisionMap(text).status()); };
  EXPECT_THAT(faults("versions: 'x'"), ElementsAre(StartsWith("line 1:")));
  EXPECT_THAT(
      faults(
          "changes { old_code: '33' title: 'x' new_codes: '33' source: 'x' effective_date { year: 2021 month: 13 } } "
          "changes { old_code: '1234567' } "
          "changes { old_code: '44' title: 'x' new_codes: ['45', '45'] source: 'x' effective_date { year: 2021 month: "
          "1 day: 1 } } "
          "changes { old_code: '44' title: 'x' new_codes: '46' source: 'x' effective_date { year: 2021 month: 1 day: 1 "
          "} }"),
      UnorderedElementsAre(StartsWith("changes[0].effective_date"), StartsWith("changes[0].new_codes"),
                           StartsWith("changes[1].effective_date"), StartsWith("changes[1].old_code"),
                           StartsWith("changes[1].title"), StartsWith("changes[1].source"),
                           StartsWith("changes[1].new_codes"), StartsWith("changes[2].new_codes[1]"),
                           StartsWith("changes[3].old_code"), StartsWith("version")));
}

}  // namespace
}  // namespace ronghe::organization
