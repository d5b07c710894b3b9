#include "services/common/directory/replica_store.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/rollup/fold_rows.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

DirectoryUnit MakeUnit(int64_t uid, int64_t parent, std::string code = "") {
  DirectoryUnit unit;
  unit.uid = UnitUid(uid);
  unit.parent = UnitUid(parent);
  unit.partition = PartitionId(2);
  unit.code = code.empty() ? fmt::format("U{}", uid) : std::move(code);
  unit.title = fmt::format("第{}支部", uid);
  unit.short_title = "支";
  unit.level = 5;
  unit.kind = 4;
  unit.state = 1;
  return unit;
}

DirectoryDelta Change(int64_t position, std::vector<DirectoryUnit> units = {}) {
  DirectoryDelta delta;
  delta.complete = true;
  delta.incarnation = "one";
  delta.position = position;
  delta.structure_revision = position * 10;
  delta.units = std::move(units);
  return delta;
}

DirectoryDelta Reset(int64_t position, std::vector<DirectoryUnit> units) {
  DirectoryDelta delta = Change(position, std::move(units));
  delta.reset = true;
  return delta;
}

// What a directory shows, as text.
std::string Show(const Directory& directory) {
  std::map<int64_t, std::string> units;
  directory.VisitSubtree(UnitUid(), [&](const DirectoryUnit& unit) {
    units[unit.uid.value] =
        fmt::format("{}<{} {} {} {} {}{}{} p{}; ", unit.uid.value, unit.parent.value, unit.code, unit.title,
                    unit.short_title, unit.level, unit.kind, unit.state, unit.partition.value);
  });
  std::string text =
      fmt::format("{}@{}/{}: ", directory.incarnation(), directory.position(), directory.structure_revision());
  for (const auto& [uid, line] : units) text += line;
  return text;
}

class ReplicaStoreTest : public tests::EngineTest {
 protected:
  // A process with this database.
  struct Process {
    Process(sql::Database& database, const Clock& clock, Random& random)
        : log(database, clock, random), store(database, log, directory, clock) {
      EXPECT_TRUE(store.Load(absl::InfiniteFuture()).ok());
    }
    Directory directory;
    ChangeLog log;
    ReplicaStore store;
  };

  void SetUp() override {
    database_ = OpenNew();
    ASSERT_TRUE(sql::Migrate(*database_, "changelog", ChangeLogMigrations()).ok());
    ASSERT_TRUE(sql::Migrate(*database_, "replica", ReplicaMigrations()).ok());
    Restart();
  }
  void Restart() { process_ = std::make_unique<Process>(*database_, clock_, random_); }
  ReplicaStore& store() { return process_->store; }
  Directory& directory() { return process_->directory; }
  void Apply(const DirectoryDelta& delta) {
    absl::Status status = store().Apply(delta, clock_.Now());
    ASSERT_TRUE(status.ok()) << status;
  }
  // The resources of the changes logged since the last look.
  std::vector<std::string> Logged() {
    Publisher publisher(*database_, clock_, random_);
    EXPECT_TRUE(publisher.PublishOnce().ok());
    Feed feed(*database_);
    auto changes = feed.After(seen_, 100'000, absl::InfiniteFuture());
    EXPECT_TRUE(changes.ok()) << changes.status();
    std::vector<std::string> resources;
    for (const PublishedChange& change : *changes) {
      EXPECT_EQ(change.position, ++seen_);
      EXPECT_EQ(change.partition, kStructurePartition);
      EXPECT_EQ(change.entry.kind, ChangeKind::kStructureChanged);
      resources.push_back(change.entry.resource);
    }
    return resources;
  }
  int64_t CountRows(const char* table) {
    int64_t count = -1;
    std::string text = fmt::format("SELECT CAST(COUNT(*) AS BIGINT) FROM {} WHERE partition_id = ?", table);
    EXPECT_TRUE(database_
                    ->Read(absl::InfiniteFuture(),
                           [&](sql::Session& session) {
                             return session.Select({"test_count", text}, {int64_t{0}}, [&](const sql::Row& row) {
                               count = row.Int(0);
                               return absl::OkStatus();
                             });
                           })
                    .ok());
    return count;
  }

  // Deadlines made from it are kept by the database, whose clock is the real one. Whole seconds: rows hold
  // microseconds.
  tests::FakeClock clock_{absl::FromUnixSeconds(absl::ToUnixSeconds(SystemClock().Now()))};
  tests::SeededRandom random_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<Process> process_;
  int64_t seen_ = 0;
};
INSTANTIATE_ENGINES(ReplicaStoreTest);

TEST_P(ReplicaStoreTest, IsEmptyAtFirst) {
  EXPECT_FALSE(directory().loaded());
  EXPECT_THAT(Logged(), IsEmpty());
}

TEST_P(ReplicaStoreTest, KeepsTheDirectoryOverARestart) {
  DirectoryDelta delta = Reset(5, {MakeUnit(1, 0), MakeUnit(2, 1), MakeUnit(3, 1)});
  delta.principals = {{7, "https://a", "li", 70}};
  DirectoryGrant open;
  open.id = 1;
  open.principal_id = 7;
  open.role = 2;
  open.unit = UnitUid(2);
  DirectoryGrant limited = open;
  limited.id = 2;
  limited.unit = UnitUid();
  limited.start = clock_.Now();
  limited.end = clock_.Now() + absl::Hours(1);
  delta.grants = {open, limited};
  delta.revoked_tokens = {{"stolen", clock_.Now() + absl::Hours(1)}};
  Apply(delta);
  EXPECT_THAT(Logged(), ElementsAre("units/U1", "units/U2", "units/U3"));
  std::string before = Show(directory());
  EXPECT_EQ(directory().last_heard(), clock_.Now());

  Restart();
  EXPECT_TRUE(directory().loaded());
  EXPECT_EQ(directory().last_heard(), absl::InfinitePast()) << "stored is not heard";
  EXPECT_EQ(Show(directory()), before);
  EXPECT_EQ(directory().position(), 5);
  EXPECT_EQ(directory().structure_revision(), 50);
  EXPECT_EQ(directory().FindPrincipal("https://a", "li")->member_id, 70);
  auto grants = directory().GrantsOf(7, clock_.Now());
  ASSERT_EQ(grants.size(), 2u);
  EXPECT_EQ(grants[0].start, absl::InfinitePast());
  EXPECT_EQ(grants[0].end, absl::InfiniteFuture());
  EXPECT_EQ(grants[1].end, limited.end);
  EXPECT_TRUE(directory().IsRevoked("stolen"));
  EXPECT_THAT(Logged(), IsEmpty());
}

TEST_P(ReplicaStoreTest, LogsChangesInFeedOrder) {
  Apply(Reset(1, {MakeUnit(1, 0), MakeUnit(2, 1), MakeUnit(3, 1)}));
  Logged();
  DirectoryUnit gone = MakeUnit(3, 1);
  gone.deleted = true;
  Apply(Change(2, {MakeUnit(4, 2), MakeUnit(2, 0, "NEW"), gone, MakeUnit(1, 0)}));
  Apply(Change(3, {MakeUnit(1, 0, "FIRST")}));
  EXPECT_THAT(Logged(), ElementsAre("units/U4", "units/NEW", "units/U3", "units/FIRST"));
  std::string shown = Show(directory());
  Restart();
  EXPECT_EQ(Show(directory()), shown);
  EXPECT_EQ(CountRows("replica_unit"), 3);
}

// Where units stand once everything logged is folded: `unit<parent from month`.
class PlacesTest : public ReplicaStoreTest {
 protected:
  void SetUp() override {
    ReplicaStoreTest::SetUp();
    ASSERT_TRUE(MigrateRollup(*database_, metrics_).ok());
  }
  static DirectoryPlace At(int64_t unit, int64_t parent, int from = 0) {
    return {UnitUid(unit), UnitUid(parent), PartitionId(2), from, false};
  }
  std::vector<std::string> Places() {
    Folder folder(metrics_, absl::UTCTimeZone());
    Publisher publisher(*database_, clock_, random_);
    publisher.SetStep(folder);
    EXPECT_TRUE(publisher.PublishOnce().ok());
    std::vector<std::string> places;
    const sql::Query query{"test_places",
                           "SELECT uid, parent_uid, from_month FROM rollup_place WHERE partition_id = 0 ORDER BY uid, "
                           "from_month"};
    EXPECT_TRUE(database_
                    ->Read(absl::InfiniteFuture(),
                           [&](sql::Session& session) -> absl::Status {
                             RONGHE_ASSIGN_OR_RETURN(const FoldState state, ReadFoldState(session));
                             structure_revision_ = state.structure_revision;
                             return session.Select(query, {}, [&](const sql::Row& row) {
                               places.push_back(fmt::format("{}<{} {}", row.Int(0), row.Int(1), row.Int(2)));
                               return absl::OkStatus();
                             });
                           })
                    .ok());
    return places;
  }

  MetricSet metrics_{education::v1::EducationMetrics::descriptor()};
  int64_t structure_revision_ = 0;
};
INSTANTIATE_ENGINES(PlacesTest);

TEST_P(PlacesTest, FollowOrganizationMonthByMonth) {
  DirectoryDelta all = Reset(1, {MakeUnit(1, 0), MakeUnit(2, 0), MakeUnit(3, 1)});
  all.places = {At(1, 0), At(2, 0), At(3, 1)};
  all.place_revision = 7;
  Apply(all);
  EXPECT_THAT(Places(), ElementsAre("1<0 0", "2<0 0", "3<1 0"));
  EXPECT_EQ(structure_revision_, 7);
  // Two moves reach this process at once: the month between them is not lost.
  DirectoryDelta moved = Change(2, {MakeUnit(3, 1)});
  moved.places = {At(3, 2, 202601), At(3, 1, 202602)};
  moved.place_revision = 9;
  Apply(moved);
  EXPECT_THAT(Places(), ElementsAre("1<0 0", "2<0 0", "3<1 0", "3<2 202601", "3<1 202602"));
  EXPECT_EQ(structure_revision_, 9);
}

TEST_P(PlacesTest, ACompleteTransferSaysNothingTwice) {
  DirectoryDelta all = Reset(1, {MakeUnit(1, 0), MakeUnit(2, 0), MakeUnit(3, 2)});
  all.places = {At(1, 0), At(2, 0), At(3, 1), At(3, 2, 202601)};
  all.place_revision = 7;
  Apply(all);
  const std::vector<std::string> before = Places();
  EXPECT_THAT(before, ElementsAre("1<0 0", "2<0 0", "3<1 0", "3<2 202601"));
  // What happened meanwhile comes with it.
  all.position = 5;
  all.units = {MakeUnit(1, 0), MakeUnit(2, 0), MakeUnit(3, 1), MakeUnit(4, 3)};
  all.places = {At(1, 0), At(2, 0), At(3, 1), At(4, 3), At(3, 2, 202601), At(3, 1, 202603)};
  all.place_revision = 8;
  Apply(all);
  EXPECT_THAT(Places(), ElementsAre("1<0 0", "2<0 0", "3<1 0", "3<2 202601", "3<1 202603", "4<3 0"));
  Apply(all);
  EXPECT_THAT(Places(), ElementsAre("1<0 0", "2<0 0", "3<1 0", "3<2 202601", "3<1 202603", "4<3 0"));
}

TEST_P(PlacesTest, WhatIsGoneStandsNowhere) {
  DirectoryDelta all = Reset(1, {MakeUnit(1, 0), MakeUnit(2, 1), MakeUnit(3, 1)});
  all.places = {At(1, 0), At(2, 1), At(3, 1)};
  Apply(all);
  DirectoryUnit gone = MakeUnit(2, 1);
  gone.deleted = true;
  DirectoryDelta change = Change(2, {gone});
  change.places = {At(2, 0)};
  change.places.back().forgotten = true;
  Apply(change);
  EXPECT_THAT(Places(), ElementsAre("1<0 0", "2<0 0", "3<1 0"));
  // And one that was missed while away.
  DirectoryDelta later = Reset(3, {MakeUnit(1, 0)});
  later.places = {At(1, 0)};
  Apply(later);
  EXPECT_THAT(Places(), ElementsAre("1<0 0", "2<0 0", "3<0 0"));
}

TEST_P(ReplicaStoreTest, AResetLogsRealChangesOnly) {
  Apply(Reset(1, {MakeUnit(1, 0), MakeUnit(2, 1), MakeUnit(3, 1), MakeUnit(4, 1)}));
  Logged();
  Apply(Reset(9, {MakeUnit(1, 0), MakeUnit(2, 1), MakeUnit(3, 2), MakeUnit(5, 1)}));
  EXPECT_THAT(Logged(), UnorderedElementsAre("units/U3", "units/U5", "units/U4"));
  EXPECT_FALSE(directory().Find(UnitUid(4)).has_value());
  Apply(Reset(9, {MakeUnit(5, 1), MakeUnit(3, 2), MakeUnit(2, 1), MakeUnit(1, 0)}));
  EXPECT_THAT(Logged(), IsEmpty());
}

TEST_P(ReplicaStoreTest, ATransferIsStoredWhole) {
  Apply(Reset(1, {MakeUnit(1, 0)}));
  Logged();
  DirectoryDelta first = Reset(4, {MakeUnit(8, 0)});
  first.complete = false;
  Apply(first);
  EXPECT_TRUE(directory().Find(UnitUid(1)).has_value());
  EXPECT_THAT(Logged(), IsEmpty());
  Apply(Change(4, {MakeUnit(9, 8)}));
  EXPECT_FALSE(directory().Find(UnitUid(1)).has_value());
  EXPECT_THAT(Logged(), UnorderedElementsAre("units/U8", "units/U9", "units/U1"));
  // The beginning of one that never ends.
  DirectoryDelta lost = Reset(6, {MakeUnit(20, 0)});
  lost.complete = false;
  Apply(lost);
  store().DropUnfinished();
  Apply(Change(5, {MakeUnit(10, 8)}));
  EXPECT_THAT(Logged(), ElementsAre("units/U10"));
  Restart();
  EXPECT_EQ(directory().unit_count(), 3);
}

TEST_P(ReplicaStoreTest, AccessAloneLogsNothing) {
  Apply(Reset(1, {MakeUnit(1, 0)}));
  Logged();
  DirectoryDelta delta = Change(2);
  delta.principals = {{7, "https://a", "li", 0}};
  DirectoryGrant grant;
  grant.id = 1;
  grant.principal_id = 7;
  grant.role = 1;
  delta.grants = {grant};
  Apply(delta);
  EXPECT_EQ(CountRows("replica_grant"), 1);
  delta = Change(3);
  grant.revoked = true;
  delta.grants = {grant};
  delta.revoked_tokens = {{"old", clock_.Now() - absl::Hours(2)}, {"new", clock_.Now() + absl::Hours(2)}};
  Apply(delta);
  EXPECT_EQ(CountRows("replica_grant"), 0);
  EXPECT_EQ(CountRows("replica_revoked"), 1);
  EXPECT_THAT(Logged(), IsEmpty());
  Restart();
  EXPECT_THAT(directory().GrantsOf(7, clock_.Now()), IsEmpty());
  EXPECT_TRUE(directory().IsRevoked("new"));
  EXPECT_EQ(directory().position(), 3);
}

TEST_P(ReplicaStoreTest, AResetForgetsGrants) {
  DirectoryDelta delta = Reset(1, {MakeUnit(1, 0)});
  DirectoryGrant grant;
  grant.id = 1;
  grant.principal_id = 7;
  grant.role = 1;
  delta.principals = {{7, "https://a", "li", 0}};
  delta.grants = {grant};
  Apply(delta);
  Apply(Reset(2, {MakeUnit(1, 0)}));
  Restart();
  EXPECT_FALSE(directory().FindPrincipal("https://a", "li").has_value());
  EXPECT_THAT(directory().GrantsOf(7, clock_.Now()), IsEmpty());
}

TEST_P(ReplicaStoreTest, BarePositionsAreWrittenNowAndThen) {
  Apply(Reset(1, {MakeUnit(1, 0)}));
  Apply(Change(2));
  EXPECT_EQ(directory().position(), 2);
  Restart();
  EXPECT_EQ(directory().position(), 1);
  clock_.Advance(absl::Minutes(2));
  Apply(Change(3));
  Restart();
  EXPECT_EQ(directory().position(), 3);
  EXPECT_EQ(directory().unit_count(), 1);
}

TEST_P(ReplicaStoreTest, WhatIsStoredAlreadyIsNotAppliedAgain) {
  Apply(Reset(1, {MakeUnit(1, 0)}));
  Apply(Change(5, {MakeUnit(1, 0, "NEW")}));
  Logged();
  Apply(Change(4, {MakeUnit(1, 0, "OLD")}));
  EXPECT_TRUE(directory().FindByCode("NEW").has_value());
  EXPECT_EQ(directory().position(), 5);
  Apply(Change(5, {MakeUnit(1, 0, "NEW")}));
  EXPECT_THAT(Logged(), IsEmpty());
}

TEST_P(ReplicaStoreTest, AFailedWriteChangesNothing) {
  Apply(Reset(1, {MakeUnit(1, 0)}));
  Logged();
  std::string before = Show(directory());
  absl::Status broken = database_->Write(absl::InfiniteFuture(), [](sql::Session& session) {
    return session.Execute({"test_break", "ALTER TABLE replica_state RENAME TO replica_away"}).status();
  });
  ASSERT_TRUE(broken.ok()) << broken;
  EXPECT_FALSE(store().Apply(Change(2, {MakeUnit(2, 1)}), clock_.Now()).ok());
  EXPECT_EQ(Show(directory()), before);
  absl::Status mended = database_->Write(absl::InfiniteFuture(), [](sql::Session& session) {
    return session.Execute({"test_mend", "ALTER TABLE replica_away RENAME TO replica_state"}).status();
  });
  ASSERT_TRUE(mended.ok()) << mended;
  EXPECT_THAT(Logged(), IsEmpty());
  Apply(Change(2, {MakeUnit(2, 1)}));
  EXPECT_THAT(Logged(), ElementsAre("units/U2"));
}

// Random changes, restarts and transfers against a directory that is fed directly.
TEST_P(ReplicaStoreTest, AgreesWithADirectoryFedDirectly) {
  Directory plain;
  std::map<int64_t, DirectoryUnit> units;
  int64_t position = 1;
  auto feed = [&](const DirectoryDelta& delta) {
    Apply(delta);
    plain.Apply(delta, clock_.Now());
  };
  feed(Reset(position, {MakeUnit(1, 0)}));
  units[1] = MakeUnit(1, 0);
  for (int step = 0; step < 60; ++step) {
    std::vector<DirectoryUnit> changed;
    for (uint64_t n = 1 + random_.Below(4); n > 0; --n) {
      int64_t uid = 2 + static_cast<int64_t>(random_.Below(20));
      DirectoryUnit unit = MakeUnit(uid, 1 + static_cast<int64_t>(random_.Below(static_cast<uint64_t>(uid - 1))),
                                    fmt::format("C{}-{}", uid, random_.Below(3)));
      unit.deleted = units.contains(uid) && random_.Below(5) == 0;
      if (unit.deleted) {
        units.erase(uid);
      } else {
        units[uid] = unit;
      }
      changed.push_back(unit);
    }
    ++position;
    if (random_.Below(8) == 0) {
      std::vector<DirectoryUnit> all;
      for (const auto& [uid, unit] : units) all.push_back(unit);
      feed(Reset(position, all));
    } else {
      feed(Change(position, changed));
    }
    if (random_.Below(6) == 0) Restart();
    ASSERT_EQ(Show(directory()), Show(plain)) << "step " << step;
  }
}

}  // namespace
}  // namespace ronghe::common
