#include <atomic>
#include <thread>

#include "services/organization/app/structure_checks.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class UnitStoreTest : public UnitTestBase {};
INSTANTIATE_ENGINES(UnitStoreTest);

TEST_P(UnitStoreTest, KeepsWhatItGot) {
  UnitFields fields = Committee("37", Level::kProvince);
  fields.short_title = "简称";
  fields.division_code = "37";
  fields.sector = "农村";
  fields.established = absl::CivilDay(1949, 10, 1);
  const Unit made = Create(fields, "");
  const Unit read = *Get("37");
  EXPECT_EQ(read.uid(), made.uid());
  EXPECT_EQ(read.fields().title, fields.title);
  EXPECT_EQ(read.fields().short_title, "简称");
  EXPECT_EQ(read.fields().division_code, "37");
  EXPECT_EQ(read.fields().sector, "农村");
  EXPECT_EQ(read.fields().established, fields.established);
  EXPECT_EQ(read.level(), Level::kProvince);
  EXPECT_EQ(read.kind(), UnitKind::kCommittee);
  EXPECT_TRUE(read.active());
  EXPECT_TRUE(read.is_root());
  EXPECT_EQ(read.from(), kToday);
  EXPECT_EQ(read.first(), kToday);
  EXPECT_EQ(read.recorded(), clock_.Now());
  EXPECT_EQ(read.revision(), 1);
  EXPECT_EQ(read.etag(), made.etag());
  EXPECT_EQ(Get("99").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(UnitStoreTest, PartitionsFollowCountiesAndStay) {
  MakeTree();
  EXPECT_EQ(Get("37")->partition().value, 2);
  EXPECT_EQ(Get("3707")->partition().value, 3);
  EXPECT_EQ(Get("370783")->partition().value, 4);
  EXPECT_EQ(Get("370784")->partition().value, 5);
  EXPECT_EQ(Get("370783104")->partition().value, 4);
  EXPECT_EQ(Get("B1")->partition().value, 4);
  // A move takes nothing along but the place.
  EXPECT_EQ(Move("370783104", "370784")->partition().value, 4);
  EXPECT_EQ(Get("B1")->partition().value, 4);
  // Where there is no county there is partition 1.
  EXPECT_EQ(Create(Fields("LONE", Level::kBranch, UnitKind::kBranch), "").partition().value, 1);
}

TEST_P(UnitStoreTest, LogsEveryChangeWithItsRevision) {
  MakeTree();
  const Unit moved = *Move("370783104", "370784");
  EXPECT_EQ(moved.revision(), 9);
  Refresh();
  const std::vector<common::PublishedChange> changes = feed_->After(0, 100, absl::InfiniteFuture()).value();
  ASSERT_EQ(changes.size(), 9u);
  EXPECT_EQ(changes[0].entry.resource, "units/37");
  EXPECT_EQ(changes[0].entry.kind, common::ChangeKind::kCreated);
  EXPECT_EQ(changes[8].entry.kind, common::ChangeKind::kStructureChanged);
  EXPECT_EQ(changes[8].entry.unit, moved.uid());
  EXPECT_EQ(changes[8].entry.unit_before, Get("370783")->uid());
  EXPECT_EQ(changes[8].entry.etag, moved.etag());
}

TEST_P(UnitStoreTest, CodesAreUnique) {
  MakeTree();
  const absl::Status status = TryCreate(Committee("370783", Level::kCounty), "3707").status();
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_EQ(ReasonOf(status), "DUPLICATE_CODE");
  EXPECT_EQ(common::ResourceOf(status), "units/370783");
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit"), 8);
  EXPECT_EQ(Count("SELECT next_partition FROM partition_counter"), 6);
  // A dissolved unit keeps its code.
  Must(Dissolve("B1").status());
  EXPECT_EQ(ReasonOf(TryCreate(Fields("B1", Level::kBranch, UnitKind::kBranch), "370783104").status()),
            "DUPLICATE_CODE");
}

TEST_P(UnitStoreTest, RacingCreatesOfOneCodeMakeOneUnit) {
  MakeTree();
  consistency_.enabled = false;
  std::atomic<int> made = 0;
  std::atomic<int> duplicates = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      absl::StatusOr<Unit> unit = TryCreate(Fields("RACE", Level::kBranch, UnitKind::kBranch), "370783104");
      if (unit.ok()) ++made;
      if (ReasonOf(unit.status()) == "DUPLICATE_CODE") ++duplicates;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(duplicates, 7);
}

TEST_P(UnitStoreTest, RefusesWithEveryReasonAtOnce) {
  MakeTree();
  EXPECT_THAT(BlockersOf(Move("3707", "370783").status()),
              UnorderedElementsAre("WOULD_CYCLE units/3707", "LEVEL_ORDER units/370783"));
  EXPECT_THAT(BlockersOf(TryCreate(Fields("G1", Level::kGroup, UnitKind::kGroup), "370783104").status()),
              UnorderedElementsAre("LEVEL_ORDER units/370783104", "KIND_UNDER_KIND units/370783104"));
  EXPECT_THAT(BlockersOf(TryCreate(Committee("37", Level::kProvince), "3707").status()),
              UnorderedElementsAre("LEVEL_ORDER units/3707", "DUPLICATE_CODE units/37"));
  Must(Dissolve("370784101").status());
  Must(Dissolve("370784").status());
  const absl::Status status = Move("370783104", "370784").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(BlockersOf(status), ElementsAre("PARENT_DISSOLVED units/370784"));
  EXPECT_EQ(ReasonOf(status), "PARENT_DISSOLVED");
  // Nothing happened.
  EXPECT_EQ(Get("370783104")->parent().code, "370783");
}

TEST_P(UnitStoreTest, AUnitIsNotItsOwnParent) {
  MakeTree();
  EXPECT_THAT(BlockersOf(Move("370783", "370783").status()), Contains("WOULD_CYCLE units/370783"));
}

TEST_P(UnitStoreTest, DepthIsAtMostTen) {
  // Ranks allow seven; the limit shows where a table allows more.
  EXPECT_EQ(kMaxDepth, 10);
  MakeTree();
  Create(Fields("GB", Level::kBranch, UnitKind::kGeneralBranch), "370783104");
  Must(Move("B1", "GB").status());
  Create(Fields("G1", Level::kGroup, UnitKind::kGroup), "B1");
  Must(store_->Read(absl::InfiniteFuture(), [&](UnitReader& reader) -> absl::Status {
    EXPECT_EQ(reader.Height(reader.FindByCode("37").value()->uid()).value(), 7);
    EXPECT_EQ(reader.Height(reader.FindByCode("GB").value()->uid()).value(), 3);
    EXPECT_EQ(reader.Height(reader.FindByCode("G1").value()->uid()).value(), 1);
    return absl::OkStatus();
  }));
}

TEST_P(UnitStoreTest, DissolvingListsEverythingThatLives) {
  MakeTree();
  occupants_.members[Get("370783104")->uid()] = 3;
  const absl::Status status = Dissolve("370783104").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(ReasonOf(status), "HAS_UNITS");
  EXPECT_THAT(BlockersOf(status),
              UnorderedElementsAre("HAS_UNITS units/B1", "HAS_UNITS units/B2", "HAS_MEMBERS units/370783104"));
  EXPECT_THAT(BlockersOf(Dissolve("37").status()), ::testing::SizeIs(7));
  Must(Dissolve("B1").status());
  Must(Dissolve("B2").status());
  EXPECT_THAT(BlockersOf(Dissolve("370783104").status()), ElementsAre("HAS_MEMBERS units/370783104"));
  occupants_.members.clear();
  Must(Dissolve("370783104").status());
  EXPECT_FALSE(Get("370783104")->active());
  EXPECT_EQ(ReasonOf(Dissolve("370783104").status()), "UNIT_DISSOLVED");
  EXPECT_EQ(ReasonOf(Rename("370783104", "x").status()), "UNIT_DISSOLVED");
}

TEST_P(UnitStoreTest, EtagsGuardChanges) {
  MakeTree();
  const std::string old = Get("B1")->etag();
  Must(Rename("B1", "first").status());
  WriteOptions options;
  options.etag = old;
  EXPECT_TRUE(absl::IsAborted(app_->Move(call_, "units/B1", "units/370784101", options).status()));
  EXPECT_EQ(ReasonOf(app_->Dissolve(call_, "units/B1", options).status()), "ETAG_MISMATCH");
  options.etag = Get("B1")->etag();
  Must(app_->Move(call_, "units/B1", "units/370784101", options).status());
}

TEST_P(UnitStoreTest, UpdatesWhatTheMaskSays) {
  MakeTree();
  UnitChanges changes;
  changes.fields.title = "新名";
  changes.fields.sector = "社区";
  changes.mask = {"title", "short_title"};
  Unit unit = *app_->Update(call_, "units/B1", changes, {});
  EXPECT_EQ(unit.fields().title, "新名");
  EXPECT_EQ(unit.fields().sector, "");
  changes.mask = {};
  EXPECT_EQ(app_->Update(call_, "units/B1", changes, {})->fields().sector, "社区");
  changes.mask = {"sector"};
  changes.fields.sector = "";
  EXPECT_EQ(app_->Update(call_, "units/B1", changes, {})->fields().sector, "");
  // Nothing to do makes no version.
  const int64_t revision = Get("B1")->revision();
  EXPECT_EQ(app_->Update(call_, "units/B1", changes, {})->revision(), revision);

  changes.mask = {"code", "parent", "nonsense", "title"};
  changes.fields.title = "";
  std::vector<std::string> reasons;
  for (const auto& violation : common::ViolationsOf(app_->Update(call_, "units/B1", changes, {}).status())) {
    reasons.push_back(violation.reason);
  }
  EXPECT_THAT(reasons, ElementsAre("IMMUTABLE", "USE_MOVE", "NOT_UPDATABLE"));
}

TEST_P(UnitStoreTest, TheWholeUnitMayBeSentBackButNotMoved) {
  MakeTree();
  UnitChanges changes;
  changes.fields = Get("B1")->fields();
  changes.parent = "units/370783104";
  changes.fields.title = "renamed";
  Must(app_->Update(call_, "units/B1", changes, {}).status());
  changes.parent = "units/370784101";
  changes.fields.code = "B9";
  std::vector<std::string> fields;
  for (const auto& violation : common::ViolationsOf(app_->Update(call_, "units/B1", changes, {}).status())) {
    fields.push_back(violation.field + " " + violation.reason);
  }
  EXPECT_THAT(fields, ElementsAre("unit.code IMMUTABLE", "unit.parent USE_MOVE"));
}

TEST_P(UnitStoreTest, AKindMustFitWhatStandsAboveAndBelow) {
  MakeTree();
  Create(Fields("GB", Level::kBranch, UnitKind::kGeneralBranch), "370783104");
  Must(Move("B1", "GB").status());
  UnitChanges changes;
  changes.fields.kind = UnitKind::kBranch;
  EXPECT_THAT(BlockersOf(app_->Update(call_, "units/GB", changes, {}).status()),
              ElementsAre("KIND_UNDER_KIND units/B1"));
  changes.fields.kind = UnitKind::kGeneralBranch;
  EXPECT_THAT(BlockersOf(app_->Update(call_, "units/B1", changes, {}).status()),
              ElementsAre("LEVEL_ORDER units/GB", "KIND_UNDER_KIND units/GB"));
  changes.fields.kind = UnitKind::kJointBranch;
  EXPECT_EQ(app_->Update(call_, "units/B1", changes, {})->kind(), UnitKind::kJointBranch);
}

TEST_P(UnitStoreTest, ARequestIsDoneOnce) {
  MakeTree();
  WriteOptions options;
  options.key = {"issuer|officer", "123e4567-e89b-12d3-a456-426614174000", "digest"};
  const Unit first = *app_->Create(call_, Committee("370785", Level::kCounty), "units/3707", options);
  Must(Rename("370785", "later").status());
  const Unit again = *app_->Create(call_, Committee("370785", Level::kCounty), "units/3707", options);
  // The same answer, also when the unit has moved on.
  EXPECT_EQ(again.revision(), first.revision());
  EXPECT_EQ(again.uid(), first.uid());
  EXPECT_EQ(again.fields().title, first.fields().title);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit"), 9);
  options.key.digest = "other";
  EXPECT_EQ(ReasonOf(app_->Create(call_, Committee("370786", Level::kCounty), "units/3707", options).status()),
            "REQUEST_ID_REUSED");
  // Another caller's ids are another caller's.
  options.key.caller = "issuer|other";
  Must(app_->Create(call_, Committee("370786", Level::kCounty), "units/3707", options).status());
}

TEST_P(UnitStoreTest, ARefusedRequestMayBeTriedAgain) {
  MakeTree();
  WriteOptions options;
  options.key = {"issuer|officer", "123e4567-e89b-12d3-a456-426614174000", "digest"};
  EXPECT_FALSE(app_->Dissolve(call_, "units/370783104", options).ok());
  Must(Dissolve("B1").status());
  Must(Dissolve("B2").status());
  Must(app_->Dissolve(call_, "units/370783104", options).status());
  EXPECT_FALSE(app_->Dissolve(call_, "units/370783104", options)->active());
}

TEST_P(UnitStoreTest, TryingLeavesNothing) {
  MakeTree();
  const int64_t position = directory_.position();
  WriteOptions options;
  options.validate_only = true;
  options.key = {"issuer|officer", "123e4567-e89b-12d3-a456-426614174000", "digest"};
  const Unit tried = *app_->Create(call_, Committee("370785", Level::kCounty), "units/3707", options);
  EXPECT_EQ(tried.code(), "370785");
  EXPECT_EQ(tried.parent().code, "3707");
  EXPECT_EQ(tried.revision(), 0);
  EXPECT_EQ(app_->Move(call_, "units/B1", "units/370784101", options)->parent().code, "370784101");
  EXPECT_FALSE(app_->Dissolve(call_, "units/B1", options)->active());
  // The same checks.
  EXPECT_EQ(ReasonOf(app_->Create(call_, Committee("37", Level::kProvince), "", options).status()), "DUPLICATE_CODE");
  Refresh();
  EXPECT_EQ(directory_.position(), position);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit"), 8);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_version"), 8);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM request_log"), 0);
  EXPECT_EQ(Count("SELECT next_partition FROM partition_counter"), 6);
  EXPECT_EQ(Get("B1")->parent().code, "370783104");
  options.validate_only = false;
  Must(app_->Create(call_, Committee("370785", Level::kCounty), "units/3707", options).status());
}

TEST_P(UnitStoreTest, RootsNeedEverything) {
  MakeTree();
  call_.scope.everything = false;
  call_.scope.units = {Get("37")->uid()};
  const absl::Status status = TryCreate(Committee("11", Level::kProvince), "").status();
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_EQ(ReasonOf(status), "NEEDS_ALL_UNITS");
}

// Two units that each want to stand under the other: 1,000 pairs at once, and never a cycle.
TEST_P(UnitStoreTest, RacingMovesMakeNoCycle) {
  constexpr int kPairs = 1000;
  constexpr int kThreads = 8;
  consistency_.enabled = false;
  Create(Committee("ROOT", Level::kTownship), "");
  Must(store_
           ->Write(call_, false,
                   [&](UnitTxn& txn) -> absl::Status {
                     const Unit root = *txn.FindByCode("ROOT").value();
                     std::vector<Unit> units;
                     for (int i = 0; i < 2 * kPairs; ++i) {
                       // Of equal rank, so that nothing but the check for cycles stands in the way.
                       units.push_back(
                           *Unit::Create(txn.NewUid(), root.partition(), root.ref(),
                                         Fields(fmt::format("U{}", i), Level::kBranch, UnitKind::kGeneralBranch),
                                         RulesToday(), kToday, kToday));
                     }
                     return txn.Insert(std::move(units)).status();
                   })
           .status());
  std::atomic<int> moved = 0;
  std::atomic<int> refused = 0;
  auto move = [&](int from, int to) {
    absl::StatusOr<int64_t> done = store_->Write(call_, false, [&](UnitTxn& txn) -> absl::Status {
      const Unit unit = *txn.FindByCode(fmt::format("U{}", from)).value();
      const Unit parent = *txn.FindByCode(fmt::format("U{}", to)).value();
      RONGHE_ASSIGN_OR_RETURN(
          std::vector<common::Blocker> blockers,
          PlacementBlockers(txn, RulesToday(), unit.ref(), {Level::kBranch, UnitKind::kBranch}, parent, 1, kToday));
      RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
      return txn.Change(unit, *unit.MovedTo(parent.ref(), kToday)).status();
    });
    if (done.ok()) {
      ++moved;
    } else {
      EXPECT_EQ(ReasonOf(done.status()), "WOULD_CYCLE") << done.status();
      ++refused;
    }
  };
  std::atomic<int> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int job = next++; job < 2 * kPairs; job = next++) {
        const int pair = job / 2;
        move(2 * pair + job % 2, 2 * pair + 1 - job % 2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(moved, kPairs);
  EXPECT_EQ(refused, kPairs);
  // Everything still hangs below the root.
  Must(store_->Read(absl::InfiniteFuture(), [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::vector<UnitUid> all, reader.SubtreeUidsAsOf({}, kToday));
    EXPECT_EQ(all.size(), 2u * kPairs + 1);
    return absl::OkStatus();
  }));
}

}  // namespace
}  // namespace ronghe::organization
