#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/pages.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kAllowed = {"state", "parent", "unit.level"};

TEST(FilterTest, ReadsConditions) {
  struct Case {
    std::string filter;
    std::vector<Condition> expected;
  };
  const Case cases[] = {
      {"", {}},
      {"  \t", {}},
      {"state=ACTIVE", {{"state", false, "ACTIVE"}}},
      {"state != ACTIVE", {{"state", true, "ACTIVE"}}},
      {" state = \"a b\" ", {{"state", false, "a b"}}},
      {R"(state = "q\"uote\\")", {{"state", false, "q\"uote\\"}}},
      {"state = \"\"", {{"state", false, ""}}},
      {"parent=units/370783 AND unit.level!=3", {{"parent", false, "units/370783"}, {"unit.level", true, "3"}}},
      {"state=在册", {{"state", false, "在册"}}},
      {"state = \"AND\" AND state = AND", {{"state", false, "AND"}, {"state", false, "AND"}}},
  };
  for (const Case& c : cases) {
    auto read = ParseFilter(c.filter, kAllowed);
    ASSERT_TRUE(read.ok()) << c.filter << read.status();
    ASSERT_EQ(read->size(), c.expected.size()) << c.filter;
    for (size_t i = 0; i < read->size(); ++i) {
      EXPECT_EQ((*read)[i].field, c.expected[i].field) << c.filter;
      EXPECT_EQ((*read)[i].negated, c.expected[i].negated) << c.filter;
      EXPECT_EQ((*read)[i].value, c.expected[i].value) << c.filter;
    }
  }
}

TEST(FilterTest, NamesThePlaceOfWhatItCannotRead) {
  const std::pair<std::string, std::string> cases[] = {{"state", "character 6"},
                                                       {"state =", "character 8"},
                                                       {"state > 3", "character 7"},
                                                       {"= 3", "character 1"},
                                                       {"state = a OR state = b", "character 11"},
                                                       {"state = a state = b", "character 11"},
                                                       {"state = a ANDstate = b", "character 11"},
                                                       {"state = a AND", "character 14"},
                                                       {"state = \"支部", "character 12"},
                                                       {"(state = a)", "character 1"},
                                                       {"state = 'a'", "character 9"},
                                                       {"STATE = a", "character 1"},
                                                       {"state == a", "character 8"},
                                                       {"NOT state = a", "character 1"}};
  for (const auto& [filter, place] : cases) {
    absl::Status status = ParseFilter(filter, kAllowed).status();
    EXPECT_EQ(ReasonOf(status), "BAD_FILTER") << filter;
    ASSERT_EQ(ViolationsOf(status).size(), 1u) << filter;
    EXPECT_EQ(ViolationsOf(status)[0].field, "filter");
    EXPECT_THAT(ViolationsOf(status)[0].text.en, HasSubstr(place)) << filter;
  }
}

TEST(FilterTest, NamesEveryUnknownField) {
  absl::Status status = ParseFilter("name = a AND state = b AND phone = c", kAllowed).status();
  EXPECT_EQ(ReasonOf(status), "FILTER_FIELD");
  auto violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_THAT(violations[0].text.en, HasSubstr("name"));
  EXPECT_THAT(violations[1].text.zh, HasSubstr("phone"));
}

TEST(FilterTest, Limits) {
  std::string many = "state = a";
  for (int i = 0; i < 40; ++i) many += " AND state = a";
  EXPECT_EQ(ReasonOf(ParseFilter(many, kAllowed).status()), "BAD_FILTER");
  EXPECT_EQ(ReasonOf(ParseFilter("state = " + std::string(3000, 'x'), kAllowed).status()), "BAD_FILTER");
  EXPECT_EQ(ReasonOf(ParseFilter("state = \"\xff\"", kAllowed).status()), "BAD_FILTER");
  EXPECT_EQ(ReasonOf(ParseFilter(std::string_view("state = \"\0\"", 11), kAllowed).status()), "BAD_FILTER");
}

}  // namespace
}  // namespace ronghe::common
