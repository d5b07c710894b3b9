// Duties as they are kept, on every engine: what the clock makes due, what months say, what it adds up to, and what
// happens to duties when members and units change.
#include <thread>

#include "services/organization/app/duty_app.h"
#include "services/organization/app/duty_query.h"
#include "services/organization/storage/sql_duty_occupants.h"
#include "services/organization/storage/sql_duty_store.h"
#include "tests/storage/reorganization_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Day = absl::CivilDay;

class DutyStoreTest : public ReorganizationTestBase {
 protected:
  void SetUp() override {
    ReorganizationTestBase::SetUp();
    clock_.Set(absl::FromCivil(kToday, zone_));
    duty_occupants_.emplace(zone_);
    occupants_list_ = {&*duty_occupants_, &*member_occupants_};
    store_.emplace(*database_, *log_, occupants_list_, calendar());
    facts_.emplace(metrics_, occupants_list_);
    auditor_.emplace(*database_, metrics_, *facts_, clock_);
    duties_.emplace(*database_, *log_, zone_);
    work_.emplace(*duties_, *tree_, calendar(), tests::DefaultRules());
    list_.emplace(*duties_, *tree_, signer_);
    timers_->Handle(std::string(kDutyMonthTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlDutyTxn in_txn(txn, zone_);
      return work_->MonthDue(in_txn, DutyId(timer.record), timer.due);
    });
    MakeTree();
    Refresh();
  }

  static DutyApp::Party Party(DutyRole role, const std::string& member) {
    return {{static_cast<int>(role), member, "", 0, ""}, std::nullopt};
  }
  StoredDuty Plan(const std::string& unit, const std::vector<DutyApp::Party>& parties,
                  DutyKind kind = DutyKind::kResponsibilityArea) {
    const DutyFields fields{static_cast<int>(kind), "东街", "", kToday, std::nullopt, ""};
    const auto duty = work_->Create(call_, "units/" + unit, fields, parties, {});
    EXPECT_TRUE(duty.ok()) << duty.status();
    return duty.value_or(StoredDuty());
  }
  StoredDuty Begin(const std::string& unit, const std::vector<DutyApp::Party>& parties,
                   std::optional<Day> day = std::nullopt) {
    const StoredDuty duty = Plan(unit, parties);
    const auto begun = work_->Start(call_, NameOf(duty.id), On(day));
    EXPECT_TRUE(begun.ok()) << begun.status();
    return begun.value_or(StoredDuty());
  }
  StoredDuty Now(const StoredDuty& duty) { return duties_->Find(duty.id, absl::InfiniteFuture()).value().value(); }
  // `month state` of the results in a unit, in order.
  std::vector<std::string> Results(const std::string& unit, const std::string& filter = "",
                                   const std::string& month = "") {
    ListRecordsQuery query;
    query.parent = "units/" + unit;
    query.subtree = true;
    query.filter = filter;
    const auto page = list_->ListResults(call_, query, month, "");
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> all;
    if (!page.ok()) return all;
    results_ = page->records;
    for (const StoredDutyResult& result : page->records) {
      all.push_back(fmt::format("{} {}", common::MonthText(result.month), StateText(result.state).en));
    }
    return all;
  }
  // `active due recorded`, of the current month, as published; checked against the records.
  std::string Counted(const std::string& unit) {
    const auto totals = Totals(unit);
    ExpectAuditClean();
    return fmt::format("{} {} {}", totals.at("duties_active"), totals.at("duty_results_due"),
                       totals.at("duty_results_recorded"));
  }

  std::optional<SqlDutyOccupants> duty_occupants_;
  std::optional<SqlDutyStore> duties_;
  std::optional<DutyApp> work_;
  std::optional<DutyQuery> list_;
  std::vector<StoredDutyResult> results_;
};
INSTANTIATE_ENGINES(DutyStoreTest);

TEST_P(DutyStoreTest, AResultIsDueForEveryMonthInWhichItIsActive) {
  const std::string wang = AddMembers("B1", 1)[0];
  const StoredDuty duty = Plan("B1", {Party(DutyRole::kLeader, wang)});
  EXPECT_EQ(Counted("37"), "0 0 0");
  EXPECT_THAT(Results("37"), IsEmpty());
  Must(work_->Start(call_, NameOf(duty.id), {}).status());
  EXPECT_EQ(Counted("37"), "1 1 0");
  EXPECT_THAT(Results("B1", "state = DUE", "2026-11"), ElementsAre("2026-11 due"));
  // Two months pass while nobody looks: each becomes due, once.
  GoTo(Day(2027, 1, 2));
  int64_t fired = 0;
  for (int64_t some = Fire(); some > 0; some = Fire()) fired += some;
  EXPECT_EQ(fired, 2);
  EXPECT_THAT(Results("37"), ElementsAre("2026-11 due", "2026-12 due", "2027-01 due"));
  EXPECT_EQ(Counted("37"), "1 1 0");
  // November is closed, December not until the 5th is over.
  const auto record = [&](const StoredDutyResult& result) {
    return work_->Record(call_, NameOf(result.id), {1, "做到了"}, {}).status();
  };
  EXPECT_EQ(common::ReasonOf(record(results_[0])), "MONTH_CLOSED");
  Must(record(results_[1]));
  EXPECT_EQ(common::ReasonOf(record(results_[1])), "DUTY_RESULT_STATE");
  Must(record(results_[2]));
  EXPECT_EQ(Counted("B1"), "1 1 1");
  const auto amend = [&] { return work_->Amend(call_, NameOf(results_[1].id), {2, "部分"}, "统计有误", {}).status(); };
  Must(amend());
  const auto amendments = duties_->AmendmentsOf(results_[1].id, absl::InfiniteFuture()).value();
  ASSERT_EQ(amendments.size(), 1u);
  EXPECT_EQ(amendments[0].summary, "做到了");
  EXPECT_EQ(amendments[0].reason, "统计有误");
  GoTo(Day(2027, 1, 6));
  EXPECT_EQ(common::ReasonOf(amend()), "MONTH_CLOSED");
  EXPECT_EQ(Counted("37"), "1 1 1");
  Must(work_->Complete(call_, NameOf(duty.id), {}).status());
  GoTo(Day(2027, 2, 2));
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(Counted("37"), "0 0 0");
  EXPECT_EQ(Now(duty).parts[0].end_reason, PartEndReason::kDutyEnded);
}

TEST_P(DutyStoreTest, WhatEndsEarlierOwesNothingAfterwards) {
  const std::string wang = AddMembers("B1", 1)[0];
  clock_.Set(absl::FromCivil(Day(2026, 11, 3), zone_));
  // October is open until the 5th.
  const StoredDuty duty = Begin("B1", {Party(DutyRole::kLeader, wang)}, Day(2026, 10, 20));
  EXPECT_THAT(Results("B1"), ElementsAre("2026-10 due", "2026-11 due"));
  Must(work_->End(call_, NameOf(duty.id), "任务调整", On(Day(2026, 11, 1))).status());
  EXPECT_THAT(Results("B1", "state = DUE"), ElementsAre("2026-10 due"));
  EXPECT_THAT(Results("B1", "state = WAIVED"), ElementsAre("2026-11 waived"));
  EXPECT_EQ(Counted("37"), "0 0 0");
  // What was active is still owed, also afterwards.
  Results("B1", "state = DUE");
  Must(work_->Record(call_, NameOf(results_[0].id), {3, ""}, {}).status());
  clock_.Set(absl::FromCivil(Day(2026, 11, 6), zone_));
  const StoredDuty other = Plan("B1", {Party(DutyRole::kLeader, wang)});
  EXPECT_EQ(ReasonOf(work_->Start(call_, NameOf(other.id), On(Day(2026, 10, 20))).status()), "MONTH_CLOSED");
}

TEST_P(DutyStoreTest, WhoMovesOutsideTheUnitLeavesThePart) {
  const std::vector<std::string> names = AddMembers("B1", 2);
  const StoredDuty branch = Begin("B1", {Party(DutyRole::kLeader, names[0]), Party(DutyRole::kParticipant, names[1])});
  const StoredDuty township = Begin("370783104", {Party(DutyRole::kLeader, names[0])});
  const StoredDuty pairing =
      Plan("B1", {Party(DutyRole::kLeader, names[1]), Party(DutyRole::kPartner, names[0])}, DutyKind::kPairing);
  const auto move = [&](const std::string& name, UnitUid to) {
    const StoredMember member = members_->Find(*MemberIdOf(name), absl::InfiniteFuture()).value().value();
    Must(members_->Write(Get("B1")->partition(), call_,
                         [&](MemberTxn& txn) { return txn.EndPosts(member, to, kToday); }));
  };
  move(names[0], Get("B2")->uid());
  EXPECT_EQ(Now(branch).parts[0].end_reason, PartEndReason::kMemberLeft);
  EXPECT_TRUE(Now(branch).parts[1].running());
  EXPECT_TRUE(Now(township).parts[0].running());
  EXPECT_TRUE(Now(pairing).parts[1].running());
  move(names[0], {});
  EXPECT_EQ(Now(township).parts[0].end_reason, PartEndReason::kMemberLeft);
  EXPECT_EQ(Now(pairing).parts[1].end_reason, PartEndReason::kMemberLeft);
  EXPECT_EQ(Now(branch).state, DutyState::kActive);
  // Nobody of another unit joins.
  const std::string other = AddMembers("B2", 1)[0];
  EXPECT_EQ(common::ReasonOf(
                work_->AddParties(call_, NameOf(branch.id), {Party(DutyRole::kParticipant, other)}, {}).status()),
            "NOT_OF_UNIT");
  EXPECT_EQ(common::ReasonOf(
                work_->AddParties(call_, NameOf(branch.id), {Party(DutyRole::kParticipant, names[1])}, {}).status()),
            "TAKES_PART");
}

TEST_P(DutyStoreTest, ADutyKeepsItsUnitAndFollowsToASuccessor) {
  const std::string wang = AddMembers("B2", 1)[0];
  const StoredDuty duty = Begin("B2", {Party(DutyRole::kLeader, wang)});
  EXPECT_THAT(BlockersOf(Dissolve("B2").status()), Contains("HAS_DUTIES units/B2"));
  const Step merging = Merging({"B2"}, "B1");
  const Reorganization tried = Try({merging}).value();
  EXPECT_THAT(Blockers(tried), IsEmpty());
  bool told = false;
  for (const StepEffect& effect : codec_.OutcomeOf(tried).effects) {
    told |= effect.kind == EffectKind::kDutiesMoved && effect.count == 1;
  }
  EXPECT_TRUE(told);
  Must(Do({merging}).status());
  EXPECT_EQ(Now(duty).info.unit, Get("B1")->uid());
  EXPECT_TRUE(Now(duty).parts[0].running());
  EXPECT_EQ(Counted("B1"), "1 0 0");
  // The month that was due already stays where it was due; the next one is the successor's.
  EXPECT_EQ(Counted("370783"), "1 1 0");
  GoTo(Day(2026, 12, 1));
  Fire();
  EXPECT_EQ(Counted("B1"), "1 1 0");
  EXPECT_EQ(Counted("370783"), "1 1 0");
}

TEST_P(DutyStoreTest, NoDutyIsLeftInADissolvedUnit) {
  for (int round = 0; round < 4; ++round) {
    const std::string code = fmt::format("R{}", round);
    Create(Fields(code, Level::kBranch, UnitKind::kBranch), "370783104");
    Refresh();
    absl::Status planned;
    std::thread other([&] {
      const DutyFields fields{1, "东街", "", kToday, std::nullopt, ""};
      planned = work_->Create(call_, "units/" + code, fields, {}, {}).status();
    });
    const absl::Status dissolved = Dissolve(code).status();
    other.join();
    EXPECT_NE(planned.ok(), dissolved.ok()) << planned << dissolved;
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM duty d JOIN unit u ON u.uid = d.unit_uid AND u.partition_id = 0 WHERE "
                  "u.state = 2"),
            0);
}

TEST_P(DutyStoreTest, AResultIsRecordedOnceUnderARace) {
  const std::string wang = AddMembers("B1", 1)[0];
  Begin("B1", {Party(DutyRole::kLeader, wang)});
  Results("B1");
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      if (work_->Record(call_, NameOf(results_[0].id), {1, ""}, {}).ok()) ++done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(Counted("37"), "1 1 1");
}

}  // namespace
}  // namespace ronghe::organization
