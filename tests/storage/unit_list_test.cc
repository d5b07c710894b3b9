#include <set>

#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class UnitListTest : public UnitTestBase {};
INSTANTIATE_ENGINES(UnitListTest);

TEST_P(UnitListTest, ListsPageByPageInTheOrderOfCodes) {
  MakeTree();
  for (int i = 0; i < 25; ++i) {
    Create(Fields(fmt::format("X{:02}", i), Level::kBranch, UnitKind::kBranch), "370784101");
  }
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) expected.push_back(fmt::format("X{:02}", i));
  for (bool subtree : {false, true}) {
    for (std::optional<absl::CivilDay> as_of : {std::optional<absl::CivilDay>(), std::optional(kToday)}) {
      ListUnitsQuery query{"units/370784101", subtree, 7, "", "", "", as_of};
      EXPECT_EQ(List(query), expected);
      query.order_by = "code desc";
      EXPECT_EQ(List(query), std::vector<std::string>(expected.rbegin(), expected.rend()));
    }
  }
  EXPECT_THAT(List({"units/-", false, 0, "", "", "", {}}), ElementsAre("37"));
  EXPECT_EQ(List({"units/-", true, 10, "", "", "", {}}).size(), 33u);
  EXPECT_THAT(List({"units/-", true, 1, "", "level = COUNTY", "", {}}), ElementsAre("370783", "370784"));
  EXPECT_THAT(List({"units/3707", false, 0, "", "", "", {}}), ElementsAre("370783", "370784"));
  EXPECT_THAT(List({"units/3707", true, 3, "", "kind != BRANCH", "", {}}),
              ElementsAre("370783", "370783104", "370784", "370784101"));
}

TEST_P(UnitListTest, ListsShowActiveUnitsUnlessAskedOtherwise) {
  MakeTree();
  Must(Dissolve("B1").status());
  for (bool subtree : {false, true}) {
    EXPECT_THAT(List({"units/370783104", subtree, 0, "", "", "", {}}), ElementsAre("B2"));
    EXPECT_THAT(List({"units/370783104", subtree, 0, "", "state = DISSOLVED", "", {}}), ElementsAre("B1"));
    EXPECT_THAT(List({"units/370783104", subtree, 0, "", "state != ACTIVE", "", {}}), ElementsAre("B1"));
    EXPECT_THAT(List({"units/370783104", subtree, 0, "", "state = ACTIVE AND state = DISSOLVED", "", {}}), IsEmpty());
  }
}

TEST_P(UnitListTest, ListsStayInTheScope) {
  MakeTree();
  call_.scope.everything = false;
  call_.scope.units = {Get("370783104")->uid(), Get("370784")->uid()};
  EXPECT_THAT(List({"units/-", false, 1, "", "", "", {}}), ElementsAre("370783104", "370784"));
  EXPECT_THAT(List({"units/-", false, 1, "", "", "code desc", {}}), ElementsAre("370784", "370783104"));
  EXPECT_THAT(List({"units/-", true, 2, "", "", "", {}}), ElementsAre("370783104", "370784", "370784101", "B1", "B2"));
}

TEST_P(UnitListTest, BadListsSayWhatIsWrong) {
  MakeTree();
  ListUnitsQuery query{"units/370783 ", true, -1, "nonsense", "colour = RED", "title", {}};
  std::vector<std::string> faults;
  for (const auto& violation : common::ViolationsOf(query_->List(call_, query).status())) {
    faults.push_back(violation.field);
  }
  EXPECT_THAT(faults, UnorderedElementsAre("parent", "page_size", "filter", "order_by", "page_token"));
  query = {"units/37", true, 2, "", "level = VILLAGE AND kind = BRANCH", "", {}};
  EXPECT_EQ(ReasonOf(query_->List(call_, query).status()), "UNKNOWN_VALUE");
  query.filter = "";
  query.page_token = query_->List(call_, query)->next_page_token;
  ASSERT_FALSE(query.page_token.empty());
  // A token belongs to its query.
  ListUnitsQuery other = query;
  other.filter = "kind = BRANCH";
  EXPECT_EQ(ReasonOf(query_->List(call_, other).status()), "OTHER_QUERY");
  std::string tampered = query.page_token;
  tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
  other = query;
  other.page_token = tampered;
  EXPECT_EQ(ReasonOf(query_->List(call_, other).status()), "BAD_TOKEN");
  Must(query_->List(call_, query).status());
}

TEST_P(UnitListTest, EveryPageTellsThePositionOfTheFirst) {
  MakeTree();
  ListUnitsQuery query{"units/37", true, 2, "", "", "", {}};
  const UnitPage first = *query_->List(call_, query);
  EXPECT_EQ(first.position, directory_.position());
  Must(Rename("B2", "later").status());
  query.page_token = first.next_page_token;
  EXPECT_EQ(query_->List(call_, query)->position, first.position);
}

TEST_P(UnitListTest, BatchesKeepTheOrderOfTheNames) {
  MakeTree();
  EXPECT_EQ(Codes(*query_->BatchGet(call_, {"units/B2", "units/37", "units/B2"}, {})),
            (std::vector<std::string>{"B2", "37", "B2"}));
  const absl::Status missing = query_->BatchGet(call_, {"units/37", "units/NONE"}, {}).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_EQ(common::ResourceOf(missing), "units/NONE");
  EXPECT_EQ(ReasonOf(query_->BatchGet(call_, {}, {}).status()), "REQUIRED");
  EXPECT_EQ(ReasonOf(query_->BatchGet(call_, std::vector<std::string>(501, "units/37"), {}).status()), "TOO_MANY");
  EXPECT_EQ(common::ViolationsOf(query_->BatchGet(call_, {"units/37", "members/1"}, {}).status())[0].field, "names[1]");
}

TEST_P(UnitListTest, ExportsParentsBeforeChildren) {
  MakeTree();
  Must(Move("370783104", "370784").status());
  for (std::optional<absl::CivilDay> as_of : {std::optional<absl::CivilDay>(), std::optional(kToday)}) {
    UnitQuery::Export next = *query_->StartExport(call_, "units/-", as_of);
    std::set<std::string> seen;
    while (true) {
      const std::vector<Unit> units = *next();
      if (units.empty()) break;
      for (const Unit& unit : units) {
        EXPECT_TRUE(unit.is_root() || seen.contains(unit.parent().code)) << unit.code();
        seen.insert(unit.code());
      }
    }
    EXPECT_EQ(seen.size(), 8u);
  }
  UnitQuery::Export below = *query_->StartExport(call_, "units/370784", {});
  EXPECT_THAT(Codes(*below()), UnorderedElementsAre("370784", "370784101", "370783104", "B1", "B2"));
  EXPECT_THAT(*below(), IsEmpty());
}

}  // namespace
}  // namespace ronghe::organization
