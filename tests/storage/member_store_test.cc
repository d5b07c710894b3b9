#include <atomic>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kThreads = 32;

INSTANTIATE_ENGINES(MemberStoreTest);

TEST_P(MemberStoreTest, KeepsWhatItGot) {
  const NewMember row = With(New(11), [](auto& f) { f.external_id = "HR-1"; });
  const std::vector<StoredMember> made = Insert({row});
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(common::PartitionOf(made[0].id.value), kCounty);
  const auto found = Find(made[0].id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->member, row.member);
  EXPECT_EQ(found->unit, kFirst);
  EXPECT_EQ(found->version, 1);
  EXPECT_EQ(found->revision, 1);
  EXPECT_EQ(found->create_time, clock_.Now());
  EXPECT_EQ(store_->UnitOf(made[0].id, absl::InfiniteFuture()).value(), kFirst);
  EXPECT_FALSE(Find(MemberId(made[0].id.value + 65536)).has_value());
  EXPECT_EQ(store_->UnitOf(MemberId(42), absl::InfiniteFuture()).value(), std::nullopt);
}

TEST_P(MemberStoreTest, LogsEveryMemberWithItsRevisionAndNothingPersonal) {
  const std::vector<StoredMember> made = Insert({New(1), New(2), New(3), New(4), New(5)});
  ASSERT_THAT(made, SizeIs(5));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(made[i].revision, i + 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM change_log WHERE partition_id = 2 AND kind = 1 AND unit_uid = 101"), 5);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM change_log c, member m WHERE c.partition_id = m.partition_id AND "
                  "c.rev = m.revision AND c.resource = 'members/' || m.member_id"),
            5);
}

TEST_P(MemberStoreTest, RefusesOneOfABatchAndKeepsTheOthers) {
  Insert({New(1), With(New(2), [](auto& f) { f.external_id = "A"; })});
  const auto results = TryInsert({New(3), New(1), New(4), New(4), With(New(5), [](auto& f) { f.external_id = "A"; }),
                                  With(New(6), [](auto& f) { f.external_id = "B"; }),
                                  With(New(7), [](auto& f) { f.external_id = "B"; })});
  ASSERT_TRUE(results.ok()) << results.status();
  std::vector<std::string> reasons;
  for (const auto& result : *results) reasons.push_back(common::ReasonOf(result.status()));
  EXPECT_THAT(reasons, ElementsAre("", "DUPLICATE_PERSON", "", "DUPLICATE_PERSON", "DUPLICATE_EXTERNAL_ID", "",
                                   "DUPLICATE_EXTERNAL_ID"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 5);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_person"), 5);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_external"), 2);
  EXPECT_EQ(Count("SELECT rev FROM shard_rev WHERE partition_id = 2"), 5);
  // Whoever was refused for the external id only is not registered.
  EXPECT_TRUE(TryInsert({New(5), New(7)})->at(1).ok());
}

TEST_P(MemberStoreTest, APersonIsRegisteredOnceInTheWholeDeployment) {
  Insert({New(1)});
  const auto results = TryInsert({New(1, kElsewhere)}, kOtherCounty);
  ASSERT_TRUE(results.ok());
  EXPECT_TRUE(absl::IsAlreadyExists(results->at(0).status()));
  EXPECT_EQ(common::ReasonOf(results->at(0).status()), "DUPLICATE_PERSON");
  // Not a word about where.
  EXPECT_EQ(results->at(0).status().ToString().find("101"), std::string::npos);
}

TEST_P(MemberStoreTest, ExternalIdsAreUniqueWithinThePlatformThatGaveThem) {
  const auto with_id = [](auto& f) { f.external_id = "17"; };
  Insert({With(New(1), with_id)});
  call_.actor.key = "issuer|other platform";
  Insert({With(New(2), with_id)});
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_external"), 2);
}

TEST_P(MemberStoreTest, OfRacingRegistrationsOfOnePersonOneWins) {
  std::atomic<int> made{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const bool here = t % 2 == 0;
      const auto results = TryInsert({New(1000 + t, here ? kFirst : kElsewhere), New(7, here ? kFirst : kElsewhere)},
                                     here ? kCounty : kOtherCounty);
      ASSERT_TRUE(results.ok()) << results.status();
      EXPECT_TRUE(results->at(0).ok());
      if (results->at(1).ok()) ++made;
      if (common::ReasonOf(results->at(1).status()) == "DUPLICATE_PERSON") ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, kThreads - 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), kThreads + 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_person"), kThreads + 1);
}

TEST_P(MemberStoreTest, RacingBatchesOfTheSamePeopleInAnyOrderDoNotBlockEachOther) {
  constexpr int kPeople = 40;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const bool here = t % 2 == 0;
      std::vector<NewMember> rows;
      for (int i = 0; i < kPeople; ++i) {
        const int number = t % 4 < 2 ? i : kPeople - 1 - i;
        rows.push_back(
            With(New(number, here ? kFirst : kElsewhere), [&](auto& f) { f.external_id = std::to_string(number); }));
      }
      const auto results = TryInsert(rows, here ? kCounty : kOtherCounty);
      ASSERT_TRUE(results.ok()) << results.status();
      for (const auto& result : *results) made += result.ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, kPeople);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), kPeople);
}

TEST_P(MemberStoreTest, AChangeMakesAVersionAndKeepsTheOldOne) {
  const StoredMember before = Insert({With(New(11), [](auto& f) { f.external_id = "old"; })}).at(0);
  clock_.Advance(absl::Hours(1));
  call_.actor.key = "issuer|corrector";
  NewMember next = With({kSecond, before.member}, [](auto& f) {
    f.phone = "0536-7654321";
    f.external_id = "new";
    f.identity_number = tests::IdentityNumber(*f.birth_date.ToDay(), Sex::kMale, 499, "110105");
  });
  const auto after = Replace(before, next);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->version, 2);
  EXPECT_EQ(after->member, next.member);
  EXPECT_EQ(after->update_time, clock_.Now());
  EXPECT_EQ(after->create_time, before.create_time);
  const auto found = Find(before.id);
  EXPECT_EQ(found->member, next.member);
  EXPECT_EQ(found->unit, kSecond);
  EXPECT_EQ(
      Count("SELECT COUNT(*) FROM member_history WHERE version = 1 AND unit_uid = 101 AND external_id = 'old' AND "
            "until_us > since_us AND since_actor = 'issuer|officer' AND actor = 'issuer|corrector' AND action = "
            "'update' AND "
            "fields = 'identity_number,phone,external_id,unit'"),
      1);
  EXPECT_EQ(Count("SELECT unit_before_uid FROM change_log WHERE rev = 2"), kFirst.value);
  // What it had is free again, what it has is taken.
  call_.actor.key = "issuer|officer";
  EXPECT_TRUE(TryInsert({With(New(11), [](auto& f) { f.external_id = "old"; })})->at(0).ok());
  EXPECT_EQ(common::ReasonOf(TryInsert({{kFirst, next.member}})->at(0).status()), "DUPLICATE_PERSON");
}

TEST_P(MemberStoreTest, AnotherPersonsNumberIsRefusedAndNothingChanges) {
  const std::vector<StoredMember> made = Insert({New(1), New(2)});
  const auto after = Replace(made[0], {kFirst, made[1].member});
  EXPECT_EQ(common::ReasonOf(after.status()), "DUPLICATE_PERSON");
  EXPECT_EQ(Find(made[0].id)->member, made[0].member);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member_history"), 0);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_person"), 2);
}

TEST_P(MemberStoreTest, ErasedMembersLeaveNothingBehind) {
  std::vector<NewMember> rows;
  for (int i = 0; i < 700; ++i) {
    rows.push_back(With(New(i), [&](auto& f) { f.external_id = i % 3 == 0 ? std::to_string(i) : ""; }));
  }
  std::vector<StoredMember> made = Insert({rows.begin(), rows.begin() + 500});
  for (const StoredMember& member : Insert({rows.begin() + 500, rows.end()})) made.push_back(member);
  const StoredMember kept = made.back();
  made.pop_back();
  Must(store_->Write(kCounty, call_, [&](MemberTxn& txn) { return txn.Erase(made); }));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_person"), 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_external"), kept.member.external_id().empty() ? 0 : 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM change_log WHERE kind = 3"), 699);
  EXPECT_TRUE(Find(kept.id).has_value());
}

TEST_P(MemberStoreTest, ListsByUnitThenRegistrationOverPartitions) {
  Insert({New(1, kSecond), New(2), New(3)});
  Insert({New(4, kElsewhere)}, kOtherCounty);
  Insert({New(5), New(10, kSecond)});
  const std::vector<UnitsOfPartition> units = {{kOtherCounty, {kElsewhere}}, {kCounty, {kSecond, kFirst}}};
  const auto numbers = [&](const MemberFilter& filter, const MemberPosition& after, int limit) {
    const auto members = store_->List(units, filter, after, limit, absl::InfiniteFuture());
    EXPECT_TRUE(members.ok()) << members.status();
    std::vector<std::string> names;
    for (const ListedMember& listed : *members) names.push_back(listed.member.member.full_name().substr(9));
    return names;
  };
  EXPECT_THAT(numbers({}, {}, 100), ElementsAre("2", "3", "5", "1", "10", "4"));
  EXPECT_THAT(numbers({}, {}, 2), ElementsAre("2", "3"));
  const StoredMember third = store_->List(units, {}, {}, 3, absl::InfiniteFuture())->at(2).member;
  EXPECT_THAT(numbers({}, {third.unit, third.id}, 2), ElementsAre("1", "10"));
  EXPECT_THAT(numbers({.statuses = 1u << 2}, {}, 100), ElementsAre("10"));
  EXPECT_THAT(numbers({.sexes = 1u << 2}, {}, 100), ElementsAre("4"));
  EXPECT_THAT(numbers({.statuses = 1u << 1, .sexes = 1u << 1}, {}, 2), ElementsAre("2", "3"));
  EXPECT_THAT(numbers({.statuses = 0}, {}, 100), IsEmpty());
}

TEST_P(MemberStoreTest, FindsDuplicatesWithoutWriting) {
  Insert({With(New(1), [](auto& f) { f.external_id = "A"; }), New(2)});
  std::vector<Member> rows = {New(3).member, New(2).member, With(New(4), [](auto& f) { f.external_id = "A"; }).member,
                              With(New(5), [](auto& f) { f.external_id = "B"; }).member};
  const auto results = store_->CheckDuplicates(call_, rows);
  ASSERT_TRUE(results.ok()) << results.status();
  std::vector<std::string> reasons;
  for (const absl::Status& status : *results) reasons.push_back(common::ReasonOf(status));
  EXPECT_THAT(reasons, ElementsAre("", "DUPLICATE_PERSON", "DUPLICATE_EXTERNAL_ID", ""));
  EXPECT_EQ(store_->PersonKey(rows[0]).size(), 32u);
  EXPECT_NE(store_->PersonKey(rows[0]), store_->PersonKey(rows[1]));
}

TEST_P(MemberStoreTest, CountsByUnitStatusAndSex) {
  std::vector<NewMember> rows;
  for (int i = 0; i < 20; ++i) rows.push_back(New(i));
  for (int i = 20; i < 25; ++i) rows.push_back(New(i, kSecond));
  Insert(rows);
  Insert({New(40, kElsewhere)}, kOtherCounty);
  SqlMemberOccupants occupants;
  const auto count = [&](std::vector<PartitionId> partitions) {
    std::map<int64_t, std::vector<int64_t>> counts;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return occupants.Count(session, partitions, [&](UnitUid unit, const MemberCounts& c) {
        EXPECT_TRUE(counts.emplace(unit.value, std::vector<int64_t>{c.full, c.probationary, c.female}).second);
      });
    }));
    return counts;
  };
  using Counts = std::map<int64_t, std::vector<int64_t>>;
  EXPECT_EQ(count({kCounty}), (Counts{{101, {18, 2, 5}}, {102, {4, 1, 2}}}));
  EXPECT_EQ(count({PartitionId(77), kOtherCounty, kCounty}),
            (Counts{{101, {18, 2, 5}}, {102, {4, 1, 2}}, {201, {0, 1, 1}}}));
  EXPECT_EQ(count({}), Counts{});
}

// However a registration and a dissolution of its unit fall together, no member is left in a dissolved unit.
TEST_P(MemberStoreTest, NoMemberIsRegisteredInAUnitThatIsBeingDissolved) {
  constexpr int kRounds = 20;
  SqlMemberOccupants occupants;
  int dissolved_first = 0;
  for (int round = 0; round < kRounds; ++round) {
    const UnitUid unit(1000 + round);
    const PartitionId partition(round % 2 == 0 ? 2 : 100 + round);  // one that has a lock row, and one that has none
    AddUnit(unit, partition, UnitKind::kBranch);
    bool registered = false;
    bool dissolved = false;
    std::thread member([&] {
      Must(store_->Write(partition, call_, [&](MemberTxn& txn) -> absl::Status {
        registered = false;
        RONGHE_ASSIGN_OR_RETURN(const auto home, txn.FindUnit(unit));
        if (home->state != UnitState::kActive) return absl::OkStatus();
        const NewMember row = New(5000 + round, unit);
        RONGHE_RETURN_IF_ERROR(txn.Insert({&row, 1}).status());
        registered = true;
        return absl::OkStatus();
      }));
    });
    std::thread dissolution([&] {
      const auto dissolve = [&](common::WriteTxn& txn) -> absl::Status {
        dissolved = false;
        RONGHE_ASSIGN_OR_RETURN(const int64_t members, occupants.LockAndCount(txn.session(), partition, unit));
        if (members > 0) return absl::OkStatus();
        dissolved = true;
        return txn.session()
            .Execute({"test", "UPDATE unit SET state = 2 WHERE partition_id = 0 AND uid = ?"}, {unit.value})
            .status();
      };
      Must(log_->Write(common::kStructurePartition, call_, dissolve).status());
    });
    member.join();
    dissolution.join();
    EXPECT_NE(registered, dissolved) << round;
    dissolved_first += dissolved ? 1 : 0;
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member m, unit u WHERE u.partition_id = 0 AND u.uid = m.unit_uid AND "
                  "u.state = 2"),
            0);
  RecordProperty("dissolved_first", dissolved_first);
  // A dissolution counts no revision in the unit's partition: the log has no gap.
  EXPECT_EQ(Count("SELECT rev FROM shard_rev WHERE partition_id = 2"),
            Count("SELECT COUNT(*) FROM change_log WHERE partition_id = 2"));
}

TEST_P(MemberStoreTest, ARequestIsDoneOnce) {
  const common::RequestKey key{"issuer|officer", "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c11", "digest of 370783"};
  const auto create = [&](const common::RequestKey& request) -> absl::StatusOr<MemberId> {
    std::optional<MemberId> id;
    const absl::Status status = store_->Write(kCounty, call_, [&](MemberTxn& txn) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(id, txn.Claim(request));
      if (id) return absl::OkStatus();
      const NewMember row = New(1);
      RONGHE_ASSIGN_OR_RETURN(const auto made, txn.Insert({&row, 1}));
      RONGHE_RETURN_IF_ERROR(made[0].status());
      id = made[0]->id;
      txn.Remember(*id);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return *id;
  };
  const auto first = create(key);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(create(key).value(), *first);
  EXPECT_EQ(common::ReasonOf(create({key.caller, key.request_id, "other"}).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member"), 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM request_log WHERE digest = 'digest of 370783'"), 0);
}

}  // namespace
}  // namespace ronghe::organization
