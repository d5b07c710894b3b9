// Who belonged to which unit on a day, on both engines.

#include <map>

#include <gmock/gmock.h>

#include "services/organization/storage/sql_roster.h"
#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RosterTest : public MemberStoreTest {
 protected:
  void SetUp() override {
    MemberStoreTest::SetUp();
    ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone_));
    roster_.emplace(*database_, zone_);
    GoTo(kRegistered);
  }
  void GoTo(absl::CivilDay day) { clock_.Set(absl::FromCivil(day, zone_) + absl::Hours(9)); }
  std::vector<MemberId> On(absl::CivilDay day, UnitUid unit, PartitionId partition = kCounty) {
    const UnitsOfPartition part{partition, {unit}};
    const auto found = roster_->RosterOf({&part, 1}, day, absl::InfiniteFuture());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<MemberId> members;
    for (const RosterMember& one : found.ok() ? *found : std::vector<RosterMember>()) members.push_back(one.member);
    return members;
  }
  void Appoint(MemberId member, int kind, int64_t until_day, int end_reason) {
    Execute(
        "INSERT INTO appointment (partition_id, appointment_id, unit_uid, post_id, kind, member_id, term_id, basis, "
        "document, from_day, until_day, state, end_reason, version, revision, create_us, update_us) VALUES (?, ?, ?, "
        "1, "
        "?, ?, 0, 1, '', 20000, ?, 2, ?, 1, 1, 0, 0)",
        {kCounty.value, ++appointments_, kCommittee.value, int64_t{kind}, member.value, until_day,
         int64_t{end_reason}});
  }

  static constexpr absl::CivilDay kRegistered{2026, 11, 2};
  static constexpr absl::CivilDay kMoved{2026, 11, 10};
  absl::TimeZone zone_;
  std::optional<SqlRoster> roster_;
  int64_t appointments_ = 0;
};
INSTANTIATE_ENGINES(RosterTest);

TEST_P(RosterTest, AMoveCountsFromTheDayOnWhichItWasRecorded) {
  const StoredMember member = Insert({New(1)}).front();
  GoTo(kMoved);
  ASSERT_TRUE(Replace(member, {kSecond, member.member}).ok());
  EXPECT_THAT(On(kMoved - 1, kFirst), ElementsAre(member.id));
  EXPECT_THAT(On(kMoved - 1, kSecond), IsEmpty());
  EXPECT_THAT(On(kMoved, kFirst), IsEmpty());
  EXPECT_THAT(On(kMoved, kSecond), ElementsAre(member.id));
  // Before it was registered, but after joining: where the record begins.
  EXPECT_THAT(On(kRegistered - 30, kFirst), ElementsAre(member.id));
  EXPECT_THAT(On(kRegistered - 30, kSecond), IsEmpty());
  EXPECT_THAT(On(absl::CivilDay(2010, 6, 30), kFirst), IsEmpty()) << "joined on 2010-07-01";
}

TEST_P(RosterTest, AChangeOfSomethingElseMovesNobody) {
  const StoredMember member = Insert({New(1)}).front();
  GoTo(kMoved);
  ASSERT_TRUE(
      Replace(member, With({kFirst, member.member}, [](Member::Fields& fields) { fields.phone = "13900000000"; }))
          .ok());
  for (const absl::CivilDay day : {kRegistered - 30, kRegistered, kMoved - 1, kMoved, kMoved + 1}) {
    EXPECT_THAT(On(day, kFirst), ElementsAre(member.id)) << absl::FormatCivilTime(day);
  }
}

TEST_P(RosterTest, TheCommitteeIsThatOfTheDayWhereverItIsAtHome) {
  const StoredMember member = Insert({New(1)}).front();
  const StoredMember other = Insert({New(2)}).front();
  const StoredMember third = Insert({New(3)}).front();
  Appoint(member.id, 1, common::DayNumber(kMoved), 0);
  Appoint(other.id, 5, common::DayNumber(kMoved), 0);
  Appoint(third.id, 3, common::DayNumber(kMoved), 4);
  const UnitsOfPartition part{kCounty, {kCommittee}};
  const auto found = roster_->RosterOf({&part, 1}, kMoved, absl::InfiniteFuture());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().member, member.id);
  EXPECT_TRUE(found->front().on_committee);
  EXPECT_FALSE(found->front().at_home);
  EXPECT_THAT(On(kMoved + 1, kCommittee), IsEmpty());
}

TEST_P(RosterTest, MembershipsSayWhereTheyWereSpent) {
  const StoredMember member = Insert({New(1)}).front();
  const StoredMember elsewhere = Insert({New(2, kElsewhere)}, kOtherCounty).front();
  GoTo(kMoved);
  ASSERT_TRUE(Replace(member, {kSecond, member.member}).ok());
  const MemberId ids[] = {member.id, elsewhere.id, MemberId(77)};
  const auto spans = roster_->MembershipsOf(ids, absl::InfiniteFuture());
  ASSERT_TRUE(spans.ok()) << spans.status();
  ASSERT_EQ(spans->size(), 2u);
  for (const MembershipSpan& span : *spans) {
    EXPECT_EQ(span.join, absl::CivilDay(2010, 7, 1));
    EXPECT_FALSE(span.end.has_value());
    if (span.member == elsewhere.id) {
      ASSERT_EQ(span.stays.size(), 1u);
      EXPECT_EQ(span.stays[0].unit, kElsewhere);
      continue;
    }
    ASSERT_EQ(span.stays.size(), 2u);
    EXPECT_EQ(span.stays[0].unit, kFirst);
    EXPECT_EQ(span.stays[0].from, span.join);
    EXPECT_EQ(span.stays[1].unit, kSecond);
    EXPECT_EQ(span.stays[1].from, kMoved);
  }
}

}  // namespace
}  // namespace ronghe::organization
