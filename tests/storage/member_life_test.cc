#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "services/organization/storage/member_affiliations.h"
#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MembershipStoreTest : public MemberStoreTest {
 protected:
  absl::StatusOr<StoredMember> Change(const StoredMember& before, const NewMember& after, std::string_view action,
                                      std::vector<PartitionId> also = {}) {
    std::optional<StoredMember> stored;
    const absl::Status status =
        store_->Write(common::PartitionOf(before.id.value), also, call_, [&](MemberTxn& txn) -> absl::Status {
          RONGHE_ASSIGN_OR_RETURN(stored, txn.Replace(before, after, action));
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return *stored;
  }
  // unit → full, probationary, female, floating out, floating in
  std::map<int64_t, std::vector<int64_t>> Counts() {
    SqlMemberOccupants occupants;
    std::map<int64_t, std::vector<int64_t>> counts;
    const std::vector<PartitionId> partitions = {kCounty, kOtherCounty};
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return occupants.Count(session, partitions, [&](UnitUid unit, const MemberCounts& c) {
        std::vector<int64_t>& sum = counts[unit.value];
        sum.resize(5);
        const int64_t told[] = {c.full, c.probationary, c.female, c.floating_out, c.floating_in};
        for (int i = 0; i < 5; ++i) sum[i] += told[i];
      });
    }));
    return counts;
  }
  int64_t Occupants(PartitionId partition, UnitUid unit) {
    SqlMemberOccupants occupants;
    int64_t count = -1;
    Must(log_->Write(common::kStructurePartition, call_,
                     [&](common::WriteTxn& txn) -> absl::Status {
                       RONGHE_ASSIGN_OR_RETURN(count, occupants.LockAndCount(txn.session(), partition, unit));
                       return absl::OkStatus();
                     })
             .status());
    return count;
  }
  std::vector<MemberId> List(PartitionId partition, UnitUid unit, const MemberFilter& filter) {
    const std::vector<UnitsOfPartition> units = {{partition, {unit}}};
    const auto listed = store_->List(units, filter, {}, 100, absl::InfiniteFuture());
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<MemberId> ids;
    for (const ListedMember& member : *listed) {
      EXPECT_EQ(member.under, unit);
      ids.push_back(member.member.id);
    }
    return ids;
  }
};
INSTANTIATE_ENGINES(MembershipStoreTest);

TEST_P(MembershipStoreTest, KeepsTheMembershipAndItsHistory) {
  const StoredMember made = Insert({New(10)}).at(0);
  EXPECT_EQ(made.membership, Membership{});
  Membership membership;
  membership.probation_until = absl::CivilDay(2027, 3, 1);
  membership.floating = Floating::kToUnit;
  membership.floating_unit = kElsewhere;
  membership.floating_since = absl::CivilDay(2026, 3, 1);
  clock_.Advance(absl::Hours(1));
  const auto second = Change(made, {kFirst, made.member, membership}, "float", {kOtherCounty});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Find(made.id)->membership, membership);
  Membership ended;
  ended.leave_reason = LeaveReason::kResigned;
  ended.leave_day = absl::CivilDay(2026, 4, 1);
  const NewMember left{kSecond, WithStatus(made.member, MemberStatus::kLeft, std::nullopt), ended};
  ASSERT_TRUE(Change(*second, left, "leave").ok());
  EXPECT_EQ(Find(made.id)->membership, ended);

  const auto versions = store_->History(made.id, 0, 10, absl::InfiniteFuture());
  ASSERT_TRUE(versions.ok()) << versions.status();
  ASSERT_THAT(*versions, SizeIs(3));
  EXPECT_EQ(versions->at(0).action, "create");
  EXPECT_EQ(versions->at(1).action, "float");
  EXPECT_EQ(versions->at(1).membership, membership);
  EXPECT_THAT(versions->at(1).fields, ElementsAre("probation_end_date", "floating", "floating_unit", "floating_date"));
  EXPECT_EQ(versions->at(1).start, clock_.Now());
  EXPECT_EQ(versions->at(1).end, versions->at(2).start);
  EXPECT_EQ(versions->at(2).action, "leave");
  EXPECT_EQ(versions->at(2).unit, kSecond);
  EXPECT_EQ(versions->at(2).status, MemberStatus::kLeft);
  EXPECT_EQ(versions->at(2).end, std::nullopt);
  // In pages.
  for (int64_t after = 0; after < 3; ++after) {
    const auto page = store_->History(made.id, after, 1, absl::InfiniteFuture());
    ASSERT_THAT(*page, SizeIs(1));
    EXPECT_EQ(page->at(0).version, after + 1);
    EXPECT_EQ(page->at(0).action, versions->at(after).action);
    EXPECT_EQ(page->at(0).fields, versions->at(after).fields);
  }
  EXPECT_THAT(*store_->History(made.id, 3, 1, absl::InfiniteFuture()), IsEmpty());
  EXPECT_THAT(*store_->History(MemberId(42), 0, 1, absl::InfiniteFuture()), IsEmpty());
}

TEST_P(MembershipStoreTest, CountsTellWhoFloatsWhereAndLeaveOutWhoLeft) {
  const std::vector<StoredMember> made = Insert({New(1), New(2), New(3), New(4), New(10)});
  Membership there;
  there.floating = Floating::kToUnit;
  there.floating_unit = kElsewhere;
  ASSERT_TRUE(Change(made[0], {kFirst, made[0].member, there}, "float", {kOtherCounty}).ok());
  Membership outside;
  outside.floating = Floating::kOutside;
  const auto away = Change(made[1], {kFirst, made[1].member, outside}, "float");
  ASSERT_TRUE(away.ok());
  ASSERT_TRUE(
      Change(made[3], {kFirst, WithStatus(made[3].member, MemberStatus::kDeceased, std::nullopt), {}}, "leave").ok());
  using Counted = std::map<int64_t, std::vector<int64_t>>;
  EXPECT_EQ(Counts(), (Counted{{101, {3, 1, 0, 2, 0}}, {201, {0, 0, 0, 0, 1}}}));
  EXPECT_EQ(Occupants(kCounty, kFirst), 4);
  EXPECT_EQ(Occupants(kOtherCounty, kElsewhere), 1);

  MemberFilter in;
  in.floating_in = true;
  EXPECT_THAT(List(kOtherCounty, kElsewhere, in), ElementsAre(made[0].id));
  EXPECT_THAT(List(kOtherCounty, kElsewhere, {}), IsEmpty());
  EXPECT_THAT(List(kCounty, kFirst, {}), SizeIs(4));
  MemberFilter dead;
  dead.statuses = 1u << static_cast<int>(MemberStatus::kDeceased);
  EXPECT_THAT(List(kCounty, kFirst, dead), ElementsAre(made[3].id));
  MemberFilter out;
  out.floatings = ~1u;
  EXPECT_THAT(List(kCounty, kFirst, out), ElementsAre(made[0].id, made[1].id));

  ASSERT_TRUE(Change(*away, {kFirst, made[1].member, {}}, "return").ok());
  ASSERT_TRUE(Change(*Find(made[0].id), {kFirst, made[0].member, {}}, "return").ok());
  EXPECT_EQ(Counts(), (Counted{{101, {3, 1, 0, 0, 0}}}));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member_affiliation"), 0);
}

// Both directions at once, each between two partitions: the lock rows are always taken in the same order.
TEST_P(MembershipStoreTest, ManyFloatBetweenTwoCountiesAtOnce) {
  constexpr int kPeople = 32;
  std::vector<NewMember> here;
  std::vector<NewMember> there;
  for (int i = 0; i < kPeople; ++i) {
    here.push_back(New(i + 1));
    there.push_back(New(1000 + i, kElsewhere));
  }
  const std::vector<StoredMember> near = Insert(here);
  const std::vector<StoredMember> far = Insert(there, kOtherCounty);
  std::vector<std::thread> threads;
  for (int i = 0; i < kPeople; ++i) {
    threads.emplace_back([&, i] {
      Membership to;
      to.floating = Floating::kToUnit;
      to.floating_unit = i % 2 == 0 ? kElsewhere : kFirst;
      const StoredMember& member = i % 2 == 0 ? near[i] : far[i];
      const auto changed =
          Change(member, {member.unit, member.member, to}, "float", {i % 2 == 0 ? kOtherCounty : kCounty});
      EXPECT_TRUE(changed.ok()) << changed.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto counts = Counts();
  EXPECT_EQ(counts.at(101)[3], kPeople / 2);
  EXPECT_EQ(counts.at(101)[4], kPeople / 2);
  EXPECT_EQ(counts.at(201)[3], kPeople / 2);
  EXPECT_EQ(counts.at(201)[4], kPeople / 2);
  // The other partition's log has no gap.
  for (int partition : {2, 3}) {
    EXPECT_EQ(Count(fmt::format("SELECT rev FROM shard_rev WHERE partition_id = {}", partition)),
              Count(fmt::format("SELECT COUNT(*) FROM change_log WHERE partition_id = {}", partition)));
  }
}

}  // namespace
}  // namespace ronghe::organization
