#include <sstream>

#include "tests/service/organization/imports/fixture.h"

namespace ronghe::tests {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

class ImportMembersTest : public ImportFixture {
 protected:
  void SetUp() override {
    ImportFixture::SetUp();
    MakeCounty();
  }
};

TEST_F(ImportMembersTest, GoodRows) {
  std::vector<ov1::Member> members;
  for (int i = 1; i <= 300; ++i) members.push_back(MemberOf(i, i % 2 == 0 ? "370783100-B1" : "370783101-B1"));
  const Outcome outcome = ImportMembers("units/370783", members);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_APPLIED) << outcome.import().DebugString();
  EXPECT_THAT(outcome.errors(), IsEmpty());
  EXPECT_EQ(outcome.import().applied_rows(), 300);
  EXPECT_EQ(outcome.import().parent(), "units/370783");
  EXPECT_EQ(CountMembers("370783"), 300);
  EXPECT_EQ(CountMembers("370783100"), 150);
}

TEST_F(ImportMembersTest, EveryKindOfBadRow) {
  ASSERT_EQ(ImportUnits("units/-", {UnitOf("370784", ov1::LEVEL_COUNTY, ""),
                                    UnitOf("370784-B1", ov1::LEVEL_BRANCH, "370784", ov1::UNIT_KIND_BRANCH)})
                .import()
                .state(),
            cv1::IMPORT_STATE_APPLIED);
  ASSERT_EQ(ImportMembers("units/370783", {MemberOf(1, "370783100-B1")}).import().state(), cv1::IMPORT_STATE_APPLIED);
  ov1::Member identity = MemberOf(5, "370783100-B1");
  identity.set_identity_number("370783199001010010");
  ov1::Member no_unit = MemberOf(6, "370783100-B1");
  no_unit.clear_unit();
  ov1::Member external = MemberOf(8, "370783100-B1");
  external.set_external_id("E-1");
  ov1::Member same_external = MemberOf(9, "370783100-B1");
  same_external.set_external_id("E-1");
  const Outcome outcome = ImportMembers("units/370783", {
                                                            MemberOf(1, "370783100-B1"),  // 1: registered before
                                                            MemberOf(2, "370783100-B1"),  // 2: good
                                                            MemberOf(2, "370783101-B1"),  // 3: the same person again
                                                            MemberOf(3, "370784-B1"),     // 4
                                                            MemberOf(4, "NOWHERE"),       // 5
                                                            identity,                     // 6
                                                            no_unit,                      // 7
                                                            external,                     // 8: good
                                                            same_external,                // 9
                                                            ov1::Member(),                // 10
                                                        });
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_FAILED);
  EXPECT_EQ(outcome.import().rejected_rows(), 8);
  const std::vector<std::string> errors = outcome.errors();
  EXPECT_THAT(errors, IsSupersetOf({"1 identity_number DUPLICATE_PERSON", "3 identity_number DUPLICATE_PERSON",
                                    "5 unit UNIT_NOT_FOUND", "7 unit REQUIRED", "9 external_id DUPLICATE_EXTERNAL_ID",
                                    "10 full_name REQUIRED"}));
  EXPECT_THAT(errors, Contains(testing::StartsWith("4 unit ")));
  EXPECT_THAT(errors, Contains(testing::StartsWith("6 identity_number ")));
  EXPECT_EQ(CountMembers("370783"), 1);
  // No message quotes a value.
  for (const auto& message : outcome.messages) {
    for (const auto& error : message.row_errors()) {
      EXPECT_THAT(error.DebugString(), testing::Not(testing::HasSubstr("3707831990")));
      EXPECT_THAT(error.message_zh(), testing::Not(testing::HasSubstr("王测试")));
    }
  }
}

TEST_F(ImportMembersTest, AnotherCountyIsRefused) {
  ASSERT_EQ(
      ImportUnits("units/-", {UnitOf("3707", ov1::LEVEL_PREFECTURE, ""), UnitOf("370785", ov1::LEVEL_COUNTY, "3707"),
                              UnitOf("370785-B1", ov1::LEVEL_BRANCH, "370785", ov1::UNIT_KIND_BRANCH),
                              UnitOf("3707-B1", ov1::LEVEL_BRANCH, "3707", ov1::UNIT_KIND_BRANCH)})
          .import()
          .state(),
      cv1::IMPORT_STATE_APPLIED);
  const Outcome outcome = ImportMembers("units/3707", {MemberOf(1, "370785-B1"), MemberOf(2, "3707-B1")},
                                        [](cv1::ImportStart& start) { start.set_mode(cv1::IMPORT_MODE_VALID_ROWS); });
  EXPECT_THAT(outcome.errors(), ElementsAre("1 unit OTHER_COUNTY"));
  EXPECT_EQ(outcome.import().applied_rows(), 1);
}

// Everything below the test's folder, as the disk has it.
std::string AllBytes(const std::string& directory) {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) all << std::ifstream(entry.path(), std::ios::binary).rdbuf();
  }
  return all.str();
}

TEST_F(ImportMembersTest, PersonalDataNeverReachesTheDiskInClear) {
  ov1::Member member = MemberOf(77, "370783100-B1");
  member.set_full_name("绝密姓名");
  member.set_phone("13999998888");
  // Staged and never committed: it stays in the store for a day.
  const Outcome broken = SendMembers({StartOf<ov1::ImportMembersRequest>("units/370783"), RowsOf(std::vector{member})});
  EXPECT_FALSE(broken.status.ok());
  // Refused, so that the row is dropped; and applied.
  ov1::Member bad = member;
  bad.set_unit("units/NOWHERE");
  EXPECT_EQ(ImportMembers("units/370783", {bad}).import().state(), cv1::IMPORT_STATE_FAILED);
  EXPECT_EQ(ImportMembers("units/370783", {member}).import().state(), cv1::IMPORT_STATE_APPLIED);
  for (const std::string& bytes : {AllBytes(dir_.path()), (Close(), AllBytes(dir_.path()))}) {
    ASSERT_NE(bytes.find("370783100-B1"), std::string::npos) << "the files are looked at";
    EXPECT_EQ(bytes.find("绝密姓名"), std::string::npos);
    EXPECT_EQ(bytes.find("13999998888"), std::string::npos);
    EXPECT_EQ(bytes.find(member.identity_number()), std::string::npos);
  }
}

TEST_F(ImportMembersTest, RevertDeletesThePersons) {
  const Outcome outcome = ImportMembers("units/370783", {MemberOf(1, "370783100-B1"), MemberOf(2, "370783101-B1")});
  ASSERT_EQ(outcome.import().state(), cv1::IMPORT_STATE_APPLIED) << outcome.import().DebugString();
  cv1::Import reverted;
  const grpc::Status done = Revert(outcome.import().name(), &reverted);
  ASSERT_TRUE(done.ok()) << done.error_message();
  EXPECT_EQ(reverted.state(), cv1::IMPORT_STATE_REVERTED);
  EXPECT_EQ(CountMembers("370783"), 0);
  // The registry knows them no longer.
  EXPECT_EQ(ImportMembers("units/370783", {MemberOf(1, "370783101-B1")}).import().state(), cv1::IMPORT_STATE_APPLIED);
}

TEST_F(ImportMembersTest, RevertIsRefusedForWhoHasChanged) {
  const Outcome outcome = ImportMembers("units/370783", {MemberOf(1, "370783100-B1"), MemberOf(2, "370783101-B1")});
  ASSERT_EQ(outcome.import().state(), cv1::IMPORT_STATE_APPLIED);
  ov1::ListMembersRequest list;
  list.set_parent("units/370783101");
  list.set_subtree(true);
  ov1::ListMembersResponse members;
  auto context = Context();
  ASSERT_TRUE(members_->ListMembers(context.get(), list, &members).ok());
  ASSERT_EQ(members.members_size(), 1);
  ov1::MoveMemberRequest move;
  move.set_name(members.members(0).name());
  move.set_unit("units/370783100-B1");
  ov1::Member moved;
  context = Context();
  ASSERT_TRUE(members_->MoveMember(context.get(), move, &moved).ok());
  cv1::Import reverted;
  EXPECT_THAT(ReasonsOf(Revert(outcome.import().name(), &reverted)),
              testing::UnorderedElementsAre("IMPORT_IN_USE", "CHANGED_SINCE " + members.members(0).name()));
  EXPECT_EQ(CountMembers("370783"), 2);
}

}  // namespace
}  // namespace ronghe::tests
