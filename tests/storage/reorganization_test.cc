#include "services/organization/app/member_app.h"
#include "tests/storage/reorganization_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

class ReorganizationTest : public ReorganizationTestBase {
 protected:
  static constexpr absl::CivilDay kFirst{2026, 11, 1};

  static std::string Text(const StepEffect& effect) {
    return fmt::format("{} {} {} {} {}", effect.step, static_cast<int>(effect.kind), effect.unit.code,
                       effect.other.code, effect.count);
  }
  std::vector<std::string> Effects(const Reorganization& r) {
    std::vector<std::string> all;
    for (const StepEffect& effect : codec_.OutcomeOf(r).effects) all.push_back(Text(effect));
    return all;
  }
  static SplitStep Splitting(const std::string& code, std::vector<SplitPart> parts, bool continues) {
    return {.unit = "units/" + code, .parts = std::move(parts), .continues = continues};
  }
};
INSTANTIATE_ENGINES(ReorganizationTest);

TEST_P(ReorganizationTest, AMergerTakesUnitsAndMembersAlong) {
  MakeTree();
  Create(Fields("G1", Level::kGroup, UnitKind::kGroup), "B1");
  AddMembers("B1", 5);
  AddMembers("G1", 2);
  AddMembers("B2", 3);
  const auto before = Totals("370783104");
  const auto county = Totals("370783");
  const absl::StatusOr<Reorganization> done = Do({Merging({"B1"}, "B2")});
  Must(done.status());
  EXPECT_EQ(done->state, ReorganizationState::kEffective);
  EXPECT_THAT(Effects(*done), ElementsAre("0 7 B1 B2 5", "0 3 G1 B2 0", "0 4 B1 B2 0"));
  EXPECT_EQ(MembersOf("B1"), 0);
  EXPECT_EQ(MembersOf("B2"), 8);
  EXPECT_EQ(Get("G1")->parent().code, "B2");
  EXPECT_FALSE(Get("B1")->lives());
  EXPECT_THAT(Successors("B1"), ElementsAre("B2"));
  EXPECT_THAT(Responsible("B1"), ElementsAre("B2"));
  EXPECT_THAT(Responsible("B2"), ElementsAre("B2"));
  // Nothing is lost and nothing counted twice; there is a branch less.
  auto after = Totals("370783104");
  EXPECT_EQ(after["branches"], before.at("branches") - 1);
  EXPECT_EQ(after["units"], before.at("units") - 1);
  for (const char* name : {"members", "full_members", "female_members"}) EXPECT_EQ(after[name], before.at(name));
  EXPECT_EQ(Totals("370783")["members"], county.at("members"));
  EXPECT_EQ(Totals("B2")["members"], 10);
  EXPECT_EQ(Totals("B1")["members"], 0);
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, WhoNamesAMergedUnitIsToldItsSuccessors) {
  MakeTree();
  Create(Fields("B3", Level::kBranch, UnitKind::kBranch), "370783104");
  Must(Do({Merging({"B1"}, "B2")}).status());
  // The line is followed to its end.
  Must(Do({Merging({"B2"}, "B3")}).status());
  EXPECT_THAT(Successors("B1"), ElementsAre("B2"));
  EXPECT_THAT(Responsible("B1"), ElementsAre("B3"));
  for (const absl::Status& refused :
       {Rename("B1", "x").status(), Move("B1", "370784101").status(), Dissolve("B1").status(),
        TryCreate(Fields("G9", Level::kGroup, UnitKind::kGroup), "B1").status(),
        Do({Merging({"B1"}, "B3")}).status()}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(refused));
    EXPECT_EQ(common::ReasonOf(refused), "UNIT_SUCCEEDED");
    EXPECT_THAT(BlockersOf(refused), ElementsAre("UNIT_SUCCEEDED units/B3"));
  }
  // So are members' writes.
  const Unit gone = *Get("B1");
  Must(members_->Write(gone.partition(), call_, [&](MemberTxn& txn) -> absl::Status {
    const absl::Status refused = CheckHome(**txn.FindUnit(gone.uid()), "units/B1");
    EXPECT_EQ(common::ReasonOf(refused), "UNIT_SUCCEEDED");
    EXPECT_THAT(BlockersOf(refused), ElementsAre("UNIT_SUCCEEDED units/B2"));
    return absl::OkStatus();
  }));
  // The code stays taken.
  EXPECT_EQ(ReasonOf(TryCreate(Fields("B1", Level::kBranch, UnitKind::kBranch), "370783104").status()),
            "DUPLICATE_CODE");
}

TEST_P(ReorganizationTest, AMergerIsRefusedWithEveryReason) {
  MakeTree();
  Create(Fields("GB", Level::kBranch, UnitKind::kGeneralBranch), "370783104");
  Must(Move("B1", "GB").status());
  Must(Dissolve("370784101").status());
  AddMembers("B2", 2);
  const absl::Status refused = Do({Merging({"370783104", "370784101", "B2", "GB"}, "B1")}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(BlockersOf(refused), IsSupersetOf({"LEVEL_DIFFERS units/370783104", "UNIT_DISSOLVED units/370784101",
                                                 "WOULD_CYCLE units/B1"}));
  // Nothing happened, not even to B2, which alone could have been merged.
  EXPECT_TRUE(Get("B2")->lives());
  EXPECT_EQ(MembersOf("B2"), 2);
  EXPECT_EQ(Get("B1")->parent().code, "GB");
  EXPECT_EQ(Count("SELECT COUNT(*) FROM reorganization"), 0);
  EXPECT_THAT(BlockersOf(Do({Merging({"B2"}, "GB")}).status()), ElementsAre("UNIT_HOLDS_NO_MEMBERS units/GB"));
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, MembersFollowToAnotherCountyAndOn) {
  MakeTree();
  Create(Fields("C1", Level::kBranch, UnitKind::kBranch), "370784101");
  AddMembers("C1", 3);
  AddMembers("B1", 2);
  const auto before = Totals("3707");
  Must(Do({Merging({"C1"}, "B1")}).status());
  EXPECT_EQ(Totals("370783")["members"], 5);
  EXPECT_EQ(Totals("370784")["members"], 0);
  EXPECT_EQ(Totals("3707")["members"], before.at("members"));
  ExpectAuditClean();
  // Their rows lie where they were made; they are counted where they are, and go on from there.
  Must(Do({Merging({"B1"}, "B2")}).status());
  EXPECT_EQ(Totals("B2")["members"], 5);
  Create(Fields("C2", Level::kBranch, UnitKind::kBranch), "370784101");
  Must(Do({Merging({"B2"}, "C2")}).status());
  EXPECT_EQ(Totals("370784")["members"], 5);
  EXPECT_EQ(Totals("370783")["members"], 0);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member_affiliation"), 2);
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, TownshipsOfTwoCountiesMergeWithEverythingBelow) {
  MakeTree();
  AddMembers("B1", 4);
  AddMembers("B2", 3);
  const auto before = Totals("3707");
  Must(Do({Merging({"370783104"}, "370784101")}).status());
  EXPECT_EQ(Totals("370783")["members"], 0);
  EXPECT_EQ(Totals("370784")["members"], 7);
  EXPECT_EQ(Totals("3707")["members"], before.at("members"));
  EXPECT_EQ(Totals("3707")["branches"], before.at("branches"));
  EXPECT_EQ(Get("B1")->partition().value, 4);
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, SeveralStepsAreOneChange) {
  MakeTree();
  AddMembers("B1", 2);
  AddMembers("B2", 2);
  UpdateStep rename{.unit = "units/NEW", .changes = {}};
  rename.changes.fields.title = "新村党支部";
  const Reorganization done = *Do(
      {NewBranch("NEW", "370783104"), Merging({"B1", "B2"}, "NEW"), rename, MoveStep{"units/NEW", "units/370784101"}});
  EXPECT_EQ(Get("NEW")->fields().title, "新村党支部");
  EXPECT_EQ(Get("NEW")->parent().code, "370784101");
  EXPECT_EQ(MembersOf("NEW"), 4);
  EXPECT_THAT(Responsible("B2"), ElementsAre("NEW"));
  Refresh();
  // One change id for all, also for the members' changes in their own partition.
  std::set<std::string> ids;
  int members = 0;
  const std::vector<common::PublishedChange> changes = feed_->After(0, 500, absl::InfiniteFuture()).value();
  for (const common::PublishedChange& change : changes) {
    if (change.entry.kind == common::ChangeKind::kCreated && change.entry.resource != "units/NEW") continue;
    ids.insert(change.change_id);
    members += change.entry.resource.starts_with("members/") ? 1 : 0;
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(members, 4);
  EXPECT_EQ(done.name(), "reorganizations/" + std::to_string(done.id));
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, OneStepThatCannotBeDoneIsNone) {
  MakeTree();
  AddMembers("B1", 2);
  const absl::Status refused =
      Do({Merging({"B1"}, "B2"), MoveStep{"units/3707", "units/370783"}, DissolveStep{"units/370784"}}).status();
  EXPECT_THAT(BlockersOf(refused),
              UnorderedElementsAre("WOULD_CYCLE units/3707", "LEVEL_ORDER units/370783", "HAS_UNITS units/370784101"));
  EXPECT_TRUE(Get("B1")->lives());
  EXPECT_EQ(MembersOf("B1"), 2);
  const Reorganization tried = *Try({Merging({"B1"}, "B2"), DissolveStep{"units/370784"}});
  EXPECT_EQ(tried.state, ReorganizationState::kFailed);
  EXPECT_EQ(tried.id, 0);
  EXPECT_THAT(Blockers(tried), ElementsAre("HAS_UNITS units/370784101"));
  // What can be done is listed, and is not done.
  EXPECT_THAT(Effects(tried), ElementsAre("0 7 B1 B2 2", "0 4 B1 B2 0"));
  EXPECT_TRUE(Get("B1")->lives());
  EXPECT_EQ(MembersOf("B1"), 2);
}

TEST_P(ReorganizationTest, ASplitGivesEveryPartItsOwn) {
  MakeTree();
  Create(Fields("G1", Level::kGroup, UnitKind::kGroup), "B1");
  Create(Fields("G2", Level::kGroup, UnitKind::kGroup), "B1");
  const std::vector<std::string> names = AddMembers("B1", 4);
  const auto before = Totals("370783104");
  SplitPart a{.unit = "", .establish = NewBranch("P1", ""), .members = {names[0], names[1]}, .units = {"units/G1"}};
  SplitPart b{.unit = "units/B2", .establish = {}, .members = {names[2]}, .units = {}};
  EXPECT_THAT(BlockersOf(Do({Splitting("B1", {a, b}, false)}).status()),
              ElementsAre("NOT_ALLOTTED units/G2", "NOT_ALLOTTED units/B1"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit WHERE code = 'P1'"), 0);
  b.members.push_back(names[3]);
  b.units.push_back("units/G2");
  Must(Do({Splitting("B1", {a, b}, false)}).status());
  EXPECT_EQ(MembersOf("P1"), 2);
  EXPECT_EQ(MembersOf("B2"), 2);
  EXPECT_EQ(Get("P1")->parent().code, "370783104");
  EXPECT_EQ(Get("G1")->parent().code, "P1");
  EXPECT_THAT(Successors("B1"), ElementsAre("P1", "B2"));
  EXPECT_THAT(Responsible("B1"), ElementsAre("P1", "B2"));
  auto after = Totals("370783104");
  EXPECT_EQ(after["members"], before.at("members"));
  EXPECT_EQ(after["branches"], before.at("branches"));
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, AUnitThatContinuesKeepsTheRest) {
  MakeTree();
  const std::vector<std::string> names = AddMembers("B1", 3);
  const SplitPart part{.unit = "", .establish = NewBranch("P1", ""), .members = {names[0]}, .units = {}};
  Must(Do({Splitting("B1", {part}, true)}).status());
  EXPECT_TRUE(Get("B1")->lives());
  EXPECT_EQ(MembersOf("B1"), 2);
  EXPECT_EQ(MembersOf("P1"), 1);
  EXPECT_THAT(Responsible("B1"), ElementsAre("B1"));
  const SplitPart stranger{.unit = "units/B2", .establish = {}, .members = {names[0]}, .units = {"units/P1"}};
  EXPECT_THAT(BlockersOf(Do({Splitting("B1", {stranger}, true)}).status()), Contains("NOT_IN_UNIT " + names[0]));
}

TEST_P(ReorganizationTest, RestoredUnitsAnswerForThemselves) {
  MakeTree();
  AddMembers("B1", 2);
  Must(Do({Merging({"B1"}, "B2")}).status());
  Must(Do({RestoreStep{"units/B1", ""}}).status());
  EXPECT_TRUE(Get("B1")->active());
  EXPECT_THAT(Successors("B1"), IsEmpty());
  EXPECT_THAT(Responsible("B1"), ElementsAre("B1"));
  EXPECT_EQ(MembersOf("B2"), 2);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_successor"), 1);
  Must(Rename("B1", "again").status());
  // It comes back where it stood, which may be no more.
  EXPECT_EQ(ReasonOf(Do({RestoreStep{"units/B1", ""}}).status()), "UNIT_ACTIVE");
  Must(Dissolve("B1").status());
  Must(Do({Merging({"370783104"}, "370784101")}).status());
  EXPECT_THAT(BlockersOf(Do({RestoreStep{"units/B1", ""}}).status()), ElementsAre("UNIT_SUCCEEDED units/370784101"));
  Must(Do({RestoreStep{"units/B1", "units/370784101"}}).status());
  EXPECT_EQ(Get("B1")->parent().code, "370784101");
  ExpectAuditClean();
}

TEST_P(ReorganizationTest, DatedBackItReachesNoFurtherThanWhatFollowed) {
  MakeTree(kFirst);
  Create(Fields("G1", Level::kGroup, UnitKind::kGroup), "B1", kFirst);
  Must(Move("G1", "B2", kFirst + 9).status());
  // Until the 10th the group stood under B1, which a merger on the 5th would have ended.
  WriteOptions fifth = On(kFirst + 4);
  EXPECT_THAT(BlockersOf(Do({Merging({"B1"}, "B2")}, fifth).status()), ElementsAre("BEFORE_LATEST_CHANGE units/G1"));
  Must(Do({Merging({"B1"}, "B2")}, On(kFirst + 9)).status());
  EXPECT_TRUE(Get("B1", kFirst + 8)->lives());
  EXPECT_FALSE(Get("B1", kFirst + 9)->lives());
  EXPECT_EQ(ReasonOf(Do({Merging({"B2"}, "B1")}, On(absl::CivilDay(2026, 10, 1))).status()), "MONTH_CLOSED");
}

TEST_P(ReorganizationTest, ARequestIdIsOneReorganization) {
  MakeTree();
  WriteOptions options;
  options.key = {"issuer|officer", "5d1e3f6e-0000-4000-8000-000000000001", "digest"};
  const Reorganization first = *Do({Merging({"B1"}, "B2")}, options);
  const Reorganization again = *Do({Merging({"B1"}, "B2")}, options);
  EXPECT_EQ(first.id, again.id);
  EXPECT_EQ(again.state, ReorganizationState::kEffective);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM reorganization"), 1);
  options.key.digest = "another";
  EXPECT_EQ(ReasonOf(Do({Merging({"B2"}, "B1")}, options).status()), "REQUEST_ID_REUSED");
}

TEST_P(ReorganizationTest, WhatLiesOutsideDoesNotExist) {
  MakeTree();
  call_.scope = {.everything = false, .units = {Get("370783")->uid()}};
  for (Step step : std::vector<Step>{Merging({"370784101"}, "370783104"), Merging({"370783104"}, "370784101"),
                                     MoveStep{"units/B1", "units/370784101"}, DissolveStep{"units/370784101"},
                                     NewBranch("N1", "370784101")}) {
    EXPECT_TRUE(absl::IsNotFound(Do({step}).status())) << Do({step}).status();
    EXPECT_TRUE(absl::IsNotFound(Try({step}).status()));
  }
  EXPECT_EQ(ReasonOf(Do({NewBranch("N1", "")}).status()), "NEEDS_ALL_UNITS");
  Must(Do({NewBranch("N1", "370783104"), Merging({"B1"}, "N1")}).status());
  // Others do not see it.
  const Reorganization mine = *Do({Merging({"B2"}, "N1")});
  call_.scope.units = {Get("370784")->uid()};
  EXPECT_TRUE(absl::IsNotFound(reorganizations_->Get(call_, mine.id).status()));
  EXPECT_THAT(reorganizations_->List(call_, {"units/-", 0, "", ""})->items, IsEmpty());
  call_.scope.units = {Get("370783")->uid()};
  EXPECT_EQ(reorganizations_->List(call_, {"units/-", 1, "", ""})->items.size(), 1u);
  EXPECT_THAT(reorganizations_->List(call_, {"units/-", 0, "", "state = SCHEDULED"})->items, IsEmpty());
}

TEST_P(ReorganizationTest, EveryWrongFieldAtOnce) {
  MakeTree();
  WriteOptions options = On(kToday + 3000);
  const absl::Status refused =
      Do({Step(MergeStep{{}, "units/B2"}), Step(EstablishStep{Fields("b", Level::kBranch, UnitKind::kBranch), "x"}),
          Step(MoveStep{"", "units/B1"})},
         options)
          .status();
  std::vector<std::string> fields;
  for (const common::Violation& v : common::ViolationsOf(refused)) fields.push_back(v.field + " " + v.reason);
  EXPECT_THAT(fields, UnorderedElementsAre("effective_date EFFECTIVE_IN_FUTURE", "steps[0].merge.sources REQUIRED",
                                           "steps[1].establish.unit.code BAD_CODE",
                                           "steps[1].establish.unit.parent BAD_NAME", "steps[2].move.name REQUIRED"));
}

}  // namespace
}  // namespace ronghe::organization
