#include <thread>

#include "services/organization/app/member_app.h"
#include "services/organization/app/owner_registry.h"
#include "tests/storage/reorganization_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReorganizationScheduleTest : public ReorganizationTestBase {};
INSTANTIATE_ENGINES(ReorganizationScheduleTest);

TEST_P(ReorganizationScheduleTest, TakesEffectOnItsDayOnce) {
  MakeTree();
  AddMembers("B1", 3);
  const absl::CivilDay day = kToday + 4;
  const Reorganization scheduled = *Do({Merging({"B1"}, "B2")}, On(day), "units/370783");
  EXPECT_EQ(scheduled.state, ReorganizationState::kScheduled);
  EXPECT_EQ(codec_.OutcomeOf(scheduled).effects.size(), 2u);
  EXPECT_THAT(Blockers(scheduled), IsEmpty());
  GoTo(day);
  clock_.Advance(-absl::Seconds(1));
  EXPECT_EQ(Fire(), 0);
  EXPECT_TRUE(Get("B1")->lives());
  clock_.Advance(absl::Seconds(1));
  // Two processes.
  common::TimerLoop other(*database_, *log_, clock_, {.server_clock = false});
  other.Handle(std::string(kReorganizationTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
    const common::Calendar days = calendar();
    SqlUnitTxn units(txn, occupants_list_, &days);
    return reorganizations_->TakeEffect(units, timer.record);
  });
  int64_t fired = 0;
  std::thread thread([&] { fired = other.FireDue().value_or(-1); });
  const int64_t mine = timers_->FireDue().value_or(-1);
  thread.join();
  EXPECT_EQ(mine + fired, 1);
  Refresh();
  const Reorganization done = *reorganizations_->Get(call_, scheduled.id);
  EXPECT_EQ(done.state, ReorganizationState::kEffective);
  EXPECT_EQ(done.ended, clock_.Now());
  EXPECT_NE(done.etag(), scheduled.etag());
  EXPECT_EQ(MembersOf("B2"), 3);
  EXPECT_TRUE(Get("B1", day - 1)->lives());
  EXPECT_FALSE(Get("B1", day)->lives());
  EXPECT_EQ(Fire(), 0);
  ExpectAuditClean();
}

TEST_P(ReorganizationScheduleTest, FailsWithTheCompleteList) {
  MakeTree();
  const Reorganization scheduled = *Do({Merging({"B1"}, "B2"), DissolveStep{"units/370784101"}}, On(kToday + 2));
  AddMembers("B1", 2);
  Create(Fields("C1", Level::kBranch, UnitKind::kBranch), "370784101");
  Must(Dissolve("B2").status());
  GoTo(kToday + 2);
  EXPECT_EQ(Fire(), 1);
  const Reorganization failed = *reorganizations_->Get(call_, scheduled.id);
  EXPECT_EQ(failed.state, ReorganizationState::kFailed);
  EXPECT_THAT(Blockers(failed), ElementsAre("UNIT_DISSOLVED units/B2", "HAS_UNITS units/C1"));
  EXPECT_TRUE(codec_.OutcomeOf(failed).effects.empty());
  // Nothing of it has happened.
  EXPECT_TRUE(Get("B1")->lives());
  EXPECT_EQ(MembersOf("B1"), 2);
  EXPECT_TRUE(Get("370784101")->lives());
  EXPECT_EQ(Fire(), 0);
  ExpectAuditClean();
}

TEST_P(ReorganizationScheduleTest, PartOfWhatFailsIsTakenBack) {
  MakeTree();
  AddMembers("B1", 2);
  const Reorganization scheduled = *Do({Merging({"B1"}, "B2"), DissolveStep{"units/370784101"}}, On(kToday + 1));
  Create(Fields("C1", Level::kBranch, UnitKind::kBranch), "370784101");
  const int64_t versions = Count("SELECT COUNT(*) FROM unit_version");
  GoTo(kToday + 1);
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(reorganizations_->Get(call_, scheduled.id)->state, ReorganizationState::kFailed);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_version"), versions);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_successor"), 0);
  EXPECT_EQ(MembersOf("B1"), 2);
  ExpectAuditClean();
}

TEST_P(ReorganizationScheduleTest, ACancelledOneNeverHappens) {
  MakeTree();
  const Reorganization scheduled = *Do({Merging({"B1"}, "B2")}, On(kToday + 1));
  WriteOptions stale;
  stale.etag = "0";
  EXPECT_EQ(ReasonOf(reorganizations_->Cancel(call_, scheduled.id, stale).status()), "ETAG_MISMATCH");
  WriteOptions options;
  options.key = {"issuer|officer", "5d1e3f6e-0000-4000-8000-000000000002", "digest"};
  EXPECT_EQ(reorganizations_->Cancel(call_, scheduled.id, options)->state, ReorganizationState::kCancelled);
  EXPECT_EQ(reorganizations_->Cancel(call_, scheduled.id, options)->state, ReorganizationState::kCancelled);
  EXPECT_EQ(ReasonOf(reorganizations_->Cancel(call_, scheduled.id, {}).status()), "NOT_SCHEDULED");
  GoTo(kToday + 1);
  EXPECT_EQ(Fire(), 0);
  EXPECT_TRUE(Get("B1")->lives());
  EXPECT_EQ(Count("SELECT COUNT(*) FROM timer"), 0);
}

TEST_P(ReorganizationScheduleTest, SingleChangesMayBeDatedAhead) {
  MakeTree();
  const Unit moved = *Move("B1", "370784101", kToday + 1);
  EXPECT_EQ(moved.parent().code, "370783104");
  EXPECT_THAT(moved.scheduled_change(), ::testing::StartsWith("reorganizations/"));
  const Unit made = *TryCreate(Fields("NEW", Level::kBranch, UnitKind::kBranch), "370783104", kToday + 2);
  EXPECT_EQ(made.revision(), 0);
  EXPECT_EQ(made.from(), kToday + 2);
  EXPECT_NE(made.scheduled_change(), moved.scheduled_change());
  EXPECT_TRUE(absl::IsNotFound(Get("NEW").status()));
  Must(Rename("B2", "新名", kToday + 2).status());
  Must(Dissolve("370784101", kToday + 3).status());
  GoTo(kToday + 3);
  EXPECT_EQ(Fire(), 4);
  EXPECT_EQ(Get("B1")->parent().code, "370784101");
  EXPECT_EQ(Get("B1")->from(), kToday + 1);
  EXPECT_EQ(Get("NEW")->from(), kToday + 2);
  EXPECT_EQ(Get("B2")->fields().title, "新名");
  // B1 came under it first.
  EXPECT_TRUE(Get("370784101")->lives());
  EXPECT_EQ(reorganizations_->List(call_, {"units/370784101", 0, "", "state = FAILED"})->items.size(), 1u);
  // The same request, sent again after it has happened.
  ExpectAuditClean();
}

TEST_P(ReorganizationScheduleTest, AClosingUnitTakesNothingNewUntilItEnds) {
  MakeTree();
  AddMembers("B1", 1);
  Create(Fields("G1", Level::kGroup, UnitKind::kGroup), "B2");
  const auto before = Totals("370783104");
  const auto close = [&](const std::string& code, absl::CivilDay day) {
    return app_->Dissolve(call_, "units/" + code, On(day), true);
  };
  EXPECT_EQ(ReasonOf(close("B1", kToday).status()), "CLOSING_NEEDS_A_LATER_DAY");
  const Unit closing = *close("B1", kToday + 2);
  EXPECT_EQ(closing.state(), UnitState::kClosing);
  EXPECT_EQ(ReasonOf(close("B1", kToday + 2).status()), "UNIT_CLOSING");
  EXPECT_EQ(ReasonOf(TryCreate(Fields("G2", Level::kGroup, UnitKind::kGroup), "B1").status()), "PARENT_CLOSING");
  EXPECT_EQ(ReasonOf(Move("G1", "B1").status()), "PARENT_CLOSING");
  EXPECT_EQ(ReasonOf(Do({Merging({"B2"}, "B1")}).status()), "UNIT_CLOSING");
  Must(members_->Write(closing.partition(), call_, [&](MemberTxn& txn) -> absl::Status {
    EXPECT_EQ(ReasonOf(CheckHome(**txn.FindUnit(closing.uid()), "units/B1")), "UNIT_CLOSING");
    return absl::OkStatus();
  }));
  // It is still there, and counted.
  EXPECT_EQ(Totals("370783104"), before);
  ExpectAuditClean();
  // A member is left on the day: nothing comes of it.
  GoTo(kToday + 2);
  EXPECT_EQ(Fire(), 1);
  EXPECT_TRUE(Get("B1")->active());
  const int64_t id = IdFromName(closing.scheduled_change(), "reorganizations");
  EXPECT_EQ(reorganizations_->Get(call_, id)->state, ReorganizationState::kFailed);
  EXPECT_THAT(Blockers(*reorganizations_->Get(call_, id)), ElementsAre("HAS_MEMBERS units/B1"));
}

TEST_P(ReorganizationScheduleTest, ADissolutionInTwoStepsEndsOrIsTakenBack) {
  MakeTree();
  const auto close = [&](const std::string& code, absl::CivilDay day) {
    const Unit unit = *app_->Dissolve(call_, "units/" + code, On(day), true);
    return IdFromName(unit.scheduled_change(), "reorganizations");
  };
  const int64_t cancelled = close("B1", kToday + 1);
  Must(reorganizations_->Cancel(call_, cancelled, {}).status());
  EXPECT_TRUE(Get("B1")->active());
  const int64_t first = close("B1", kToday + 1);
  const int64_t early = close("B2", kToday + 1);
  Must(Dissolve("B2").status());
  EXPECT_FALSE(Get("B2")->lives());
  GoTo(kToday + 1);
  EXPECT_EQ(Fire(), 2);
  EXPECT_FALSE(Get("B1")->lives());
  EXPECT_EQ(Get("B1", kToday)->state(), UnitState::kClosing);
  for (int64_t id : {first, early}) {
    EXPECT_EQ(reorganizations_->Get(call_, id)->state, ReorganizationState::kEffective);
  }
  ExpectAuditClean();
}

TEST_P(ReorganizationScheduleTest, AClosedMonthIsNotReopened) {
  MakeTree();
  const Reorganization scheduled = *Do({Merging({"B1"}, "B2")}, On(kToday + 1));
  GoTo(absl::CivilDay(2027, 2, 10));
  EXPECT_EQ(Fire(), 1);
  const Reorganization failed = *reorganizations_->Get(call_, scheduled.id);
  EXPECT_EQ(failed.state, ReorganizationState::kFailed);
  EXPECT_THAT(Blockers(failed), ElementsAre("MONTH_CLOSED " + scheduled.name()));
}

}  // namespace
}  // namespace ronghe::organization
