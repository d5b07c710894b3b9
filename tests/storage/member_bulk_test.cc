#include "services/organization/app/member_bulk.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "services/common/directory/directory.h"
#include "services/organization/storage/directory_tree.h"
#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MemberBulkTest : public MemberStoreTest {
 protected:
  static constexpr absl::CivilDay kToday{2026, 11, 16};
  static constexpr UnitUid kCountyUnit{100};

  void SetUp() override {
    MemberStoreTest::SetUp();
    common::DirectoryDelta delta;
    delta.reset = true;
    delta.complete = true;
    delta.position = 1;
    delta.units = {Known(kCountyUnit, UnitUid(), kCounty, UnitKind::kCommittee),
                   Known(kFirst, kCountyUnit, kCounty, UnitKind::kBranch),
                   Known(kSecond, kCountyUnit, kCounty, UnitKind::kGroup),
                   Known(kCommittee, kCountyUnit, kCounty, UnitKind::kCommittee),
                   // Stands in the county now, its records do not.
                   Known(kElsewhere, kCountyUnit, kOtherCounty, UnitKind::kBranch),
                   Known(UnitUid(300), UnitUid(), PartitionId(4), UnitKind::kBranch)};
    directory_.Apply(delta, clock_.Now());
  }
  static common::DirectoryUnit Known(UnitUid uid, UnitUid parent, PartitionId partition, UnitKind kind) {
    common::DirectoryUnit unit;
    unit.uid = uid;
    unit.parent = parent;
    unit.partition = partition;
    unit.code = std::to_string(uid.value);
    unit.level = static_cast<int>(Level::kBranch);
    unit.kind = static_cast<int>(kind);
    unit.state = static_cast<int>(UnitState::kActive);
    return unit;
  }

  static MemberDraft Draft(int64_t line, int64_t number, const std::string& unit = "units/101") {
    return {line, unit, tests::Person(number)};
  }
  // line:field:reason of every fault.
  std::vector<std::string> Check(MemberBulkCheck& check, const std::vector<MemberDraft>& drafts) {
    std::vector<std::string> faults;
    Must(check.Add(call_, drafts, [&](DraftFault fault) {
      EXPECT_FALSE(fault.text.en.empty());
      EXPECT_FALSE(fault.text.zh.empty());
      faults.push_back(fmt::format("{}:{}:{}", fault.line, fault.field, fault.reason));
      return absl::OkStatus();
    }));
    return faults;
  }
  MemberBulkCheck NewCheck() { return MemberBulkCheck(*store_, tree_, {kCountyUnit, kCounty}, kToday); }

  MemberBulkResult Create(const std::vector<MemberDraft>& drafts) {
    MemberBulkResult result;
    Must(store_->Write(kCounty, call_, [&](MemberTxn& txn) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(result, CreateMembers(txn, tree_, drafts, kToday));
      return absl::OkStatus();
    }));
    return result;
  }
  static std::vector<std::string> Faults(const MemberBulkResult& result) {
    std::vector<std::string> faults;
    for (const DraftFault& fault : result.refused) {
      faults.push_back(fmt::format("{}:{}:{}", fault.line, fault.field, fault.reason));
    }
    return faults;
  }
  static std::vector<MemberId> Ids(const MemberBulkResult& result) {
    std::vector<MemberId> ids;
    for (const MemberBulkResult::Created& created : result.created) ids.push_back(created.id);
    return ids;
  }

  common::Directory directory_;
  DirectoryTree tree_{directory_};
};
INSTANTIATE_ENGINES(MemberBulkTest);

TEST_P(MemberBulkTest, ChecksEveryRowInFull) {
  Insert({With(New(50), [](auto& f) { f.external_id = "E"; })});
  MemberBulkCheck check = NewCheck();
  EXPECT_THAT(Check(check, {Draft(1, 1), Draft(2, 2, "units/102")}), IsEmpty());
  MemberDraft bad = Draft(3, 3, "units/103");
  bad.fields.full_name = "";
  bad.fields.phone = "x";
  EXPECT_THAT(Check(check, {bad}),
              ElementsAre("3:unit:UNIT_HOLDS_NO_MEMBERS", "3:full_name:REQUIRED", "3:phone:BAD_FORMAT"));
  EXPECT_THAT(Check(check, {Draft(4, 4, "units/201"), Draft(5, 5, "units/300"), Draft(6, 6, "units/999"),
                            Draft(7, 7, "nowhere")}),
              ElementsAre("4:unit:OTHER_COUNTY", "5:unit:UNIT_NOT_FOUND", "6:unit:UNIT_NOT_FOUND", "7:unit:BAD_NAME"));
  // Of the same person twice, also in another portion, the later; and whoever is registered.
  EXPECT_THAT(Check(check, {Draft(8, 1), Draft(9, 50)}),
              ElementsAre("8:identity_number:DUPLICATE_PERSON", "9:identity_number:DUPLICATE_PERSON"));
  MemberDraft first = Draft(10, 60);
  MemberDraft second = Draft(11, 61);
  MemberDraft third = Draft(12, 62);
  first.fields.external_id = second.fields.external_id = "F";
  third.fields.external_id = "E";
  EXPECT_THAT(Check(check, {first, second, third}),
              ElementsAre("11:external_id:DUPLICATE_EXTERNAL_ID", "12:external_id:DUPLICATE_EXTERNAL_ID"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 1);
}

TEST_P(MemberBulkTest, CreatesAFullChunkInOneTransaction) {
  std::vector<MemberDraft> drafts;
  for (int i = 0; i < 500; ++i) drafts.push_back(Draft(i + 1, i, i % 2 == 0 ? "units/101" : "units/102"));
  const MemberBulkResult result = Create(drafts);
  EXPECT_THAT(result.created, SizeIs(500));
  EXPECT_THAT(result.refused, IsEmpty());
  EXPECT_EQ(result.created[17].line, 18);
  EXPECT_EQ(Find(result.created[17].id)->member.ToFields(), drafts[17].fields);
  EXPECT_EQ(Count("SELECT COUNT(DISTINCT change_id) FROM change_log WHERE partition_id = 2"), 1);
  EXPECT_EQ(Count("SELECT rev FROM shard_rev WHERE partition_id = 2"), 500);
}

TEST_P(MemberBulkTest, WhatChangedSinceTheCheckIsRefusedAndTheRestIsWritten) {
  Insert({New(1)});
  Execute("UPDATE unit SET state = 2 WHERE uid = 102");
  const MemberBulkResult result =
      Create({Draft(1, 1), Draft(2, 2), Draft(3, 3, "units/102"), Draft(4, 4, "units/201"), Draft(5, 5)});
  EXPECT_THAT(Faults(result),
              ElementsAre("3:unit:UNIT_DISSOLVED", "4:unit:UNIT_NOT_FOUND", "1:identity_number:DUPLICATE_PERSON"));
  EXPECT_THAT(result.created, SizeIs(2));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 3);
}

TEST_P(MemberBulkTest, AnImportIsTakenBackAsAWholeOrNotAtAll) {
  const MemberBulkResult result = Create({Draft(1, 1), Draft(2, 2), Draft(3, 3)});
  const std::vector<MemberId> ids = Ids(result);
  const auto erase = [&] {
    return store_->Write(kCounty, call_, [&](MemberTxn& txn) { return EraseMembers(txn, ids); });
  };
  const StoredMember changed = *Find(ids[1]);
  ASSERT_TRUE(Replace(changed, With({kSecond, changed.member}, [](auto& f) { f.phone = "12345"; })).ok());
  const absl::Status refused = erase();
  EXPECT_EQ(common::ReasonOf(refused), "IMPORT_IN_USE");
  ASSERT_THAT(common::BlockersOf(refused), SizeIs(1));
  EXPECT_EQ(common::BlockersOf(refused)[0].reason, "CHANGED_SINCE");
  EXPECT_EQ(common::BlockersOf(refused)[0].subject, MemberName(ids[1]));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 3);

  Execute("UPDATE member SET version = 1 WHERE version = 2");
  Must(erase());
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 0);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member_history"), 0);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_person"), 0);
  // Once more: they are gone already.
  Must(erase());
  EXPECT_THAT(Create({Draft(1, 1), Draft(2, 2), Draft(3, 3)}).created, SizeIs(3));
}

}  // namespace
}  // namespace ronghe::organization
