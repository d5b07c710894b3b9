#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "services/common/rollup/auditor.h"
#include "services/common/timer/timer.h"
#include "services/organization/app/reorganization_app.h"
#include "services/organization/storage/sql_facts.h"
#include "services/organization/storage/sql_member_occupants.h"
#include "services/organization/storage/sql_member_store.h"
#include "services/organization/storage/sql_unit_txn.h"
#include "tests/storage/unit_fixture.h"
#include "tests/support/people.h"
#include "tests/support/rules.h"

namespace ronghe::organization {

// Keeps steps and outcomes as they are, under numbers.
class KeepingCodec final : public ReorganizationCodec {
 public:
  std::string Encode(const std::vector<Step>& steps) const override {
    steps_.push_back(steps);
    return std::to_string(steps_.size() - 1);
  }
  absl::StatusOr<std::vector<Step>> Decode(std::string_view steps) const override {
    return steps_.at(std::stoul(std::string(steps)));
  }
  std::string Encode(const ReorganizationOutcome& outcome) const override {
    outcomes_.push_back(outcome);
    return std::to_string(outcomes_.size() - 1);
  }
  const ReorganizationOutcome& OutcomeOf(const Reorganization& r) const {
    static const ReorganizationOutcome none;
    return r.outcome.empty() ? none : outcomes_.at(std::stoul(r.outcome));
  }

 private:
  mutable std::vector<std::vector<Step>> steps_;
  mutable std::vector<ReorganizationOutcome> outcomes_;
};

// Reorganizations with real members, totals and timers.
class ReorganizationTestBase : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    Must(sql::Migrate(*database_, "timer", common::TimerMigrations()));
    keys_.emplace(KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "keys").value());
    vault_.emplace(*keys_, random_);
    member_occupants_.emplace(&*vault_);
    members_.emplace(*database_, *log_, *vault_);
    app_.reset();
    query_.reset();
    store_.emplace(*database_, *log_, std::vector<UnitOccupants*>{&*member_occupants_}, calendar());
    reorganizations_.emplace(
        ReorganizationApp::Parts{*store_, *tree_, *gate_, codec_, signer_, calendar(), tests::DefaultRules()});
    app_.emplace(*store_, *gate_, calendar(), tests::DefaultRules(), &*reorganizations_);
    query_.emplace(*store_, *tree_, signer_, calendar());
    timers_.emplace(*database_, *log_, clock_, common::TimerLoop::Options{.server_clock = false});
    timers_->Handle(std::string(kReorganizationTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      const common::Calendar days = calendar();
      SqlUnitTxn units(txn, occupants_list_, &days);
      return reorganizations_->TakeEffect(units, timer.record);
    });
    occupants_list_ = {&*member_occupants_};
    facts_.emplace(metrics_, occupants_list_);
    auditor_.emplace(*database_, metrics_, *facts_, clock_);
  }

  // `count` new members of a unit.
  std::vector<std::string> AddMembers(const std::string& code, int count) {
    const Unit unit = *Get(code);
    std::vector<std::string> names;
    Must(members_->Write(unit.partition(), call_, [&](MemberTxn& txn) -> absl::Status {
      std::vector<NewMember> rows;
      for (int i = 0; i < count; ++i) {
        rows.push_back({unit.uid(), *Member::Create(tests::Person(next_person_++), kToday)});
      }
      RONGHE_ASSIGN_OR_RETURN(auto made, txn.Insert(rows));
      for (auto& member : made) names.push_back(MemberName(member->id));
      return absl::OkStatus();
    }));
    return names;
  }
  int64_t MembersOf(const std::string& code) {
    return Count(fmt::format("SELECT COUNT(*) FROM member WHERE unit_uid = {}", Get(code)->uid().value));
  }

  absl::StatusOr<Reorganization> Do(std::vector<Step> steps, WriteOptions options = {},
                                    const std::string& parent = "units/-") {
    return reorganizations_->Run(call_, {.parent = parent, .title = "", .steps = std::move(steps)}, options);
  }
  absl::StatusOr<Reorganization> Try(std::vector<Step> steps, std::optional<absl::CivilDay> day = {}) {
    WriteOptions options = On(day);
    options.validate_only = true;
    return Do(std::move(steps), options);
  }
  static Step Merging(std::vector<std::string> sources, const std::string& successor) {
    for (std::string& source : sources) source = "units/" + source;
    return MergeStep{std::move(sources), "units/" + successor};
  }
  static EstablishStep NewBranch(const std::string& code, const std::string& parent) {
    return {Fields(code, Level::kBranch, UnitKind::kBranch), parent.empty() ? "" : "units/" + parent};
  }
  // `reason subject` of every blocker.
  std::vector<std::string> Blockers(const Reorganization& r) {
    std::vector<std::string> all;
    for (const StepBlocker& b : codec_.OutcomeOf(r).blockers) all.push_back(b.blocker.reason + " " + b.blocker.subject);
    return all;
  }
  std::vector<std::string> Successors(const std::string& code) {
    std::vector<std::string> codes;
    const Unit unit = *Get(code);
    for (const UnitRef& successor : unit.successors()) codes.push_back(successor.code);
    return codes;
  }
  // What the directory resolves a code to.
  std::vector<std::string> Responsible(const std::string& code) {
    Refresh();
    std::vector<std::string> codes;
    for (const common::DirectoryUnit& unit : directory_.SuccessorsOf(directory_.FindByCode(code)->uid)) {
      codes.push_back(unit.code);
    }
    return codes;
  }

  // Totals of a unit by name, as published; and that they are what the records say.
  std::map<std::string, int64_t> Totals(const std::string& code) {
    Refresh();
    const Unit unit = *Get(code);
    std::map<std::string, int64_t> totals;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) -> absl::Status {
      const common::SummaryUnit wanted{unit.uid(), unit.partition()};
      const common::MonthNumber month = common::MonthAt(calendar(), clock_.Now());
      const common::Period period{month, month};
      RONGHE_ASSIGN_OR_RETURN(std::vector<common::SummaryValues> values,
                              common::ReadSummaries(session, metrics_, {&wanted, 1}, {&period, 1}));
      for (const char* name : {"units", "branches", "members", "full_members", "female_members", "workplaces",
                               "covered_workplaces", "duties_active", "duty_results_due", "duty_results_recorded"}) {
        totals[name] = values[0].sum[*metrics_.IndexOf(name)];
      }
      return absl::OkStatus();
    }));
    return totals;
  }
  void ExpectAuditClean() {
    Refresh();
    const auto report = auditor_->Run(10, absl::InfiniteFuture());
    Must(report.status());
    EXPECT_EQ(report->difference_count, 0);
    EXPECT_GT(report->totals, 0);
  }
  int64_t Fire() {
    const absl::StatusOr<int64_t> fired = timers_->FireDue();
    Must(fired.status());
    Refresh();
    return fired.value_or(-1);
  }
  void GoTo(absl::CivilDay day) { clock_.Advance(calendar().StartOf(day) - clock_.Now()); }

  KeepingCodec codec_;
  std::optional<KeyRing> keys_;
  std::optional<PersonVault> vault_;
  std::optional<SqlMemberOccupants> member_occupants_;
  std::vector<UnitOccupants*> occupants_list_;
  std::optional<SqlMemberStore> members_;
  std::optional<ReorganizationApp> reorganizations_;
  std::optional<common::TimerLoop> timers_;
  std::optional<SqlFacts> facts_;
  std::optional<common::Auditor> auditor_;
  int64_t next_person_ = 1;
};

}  // namespace ronghe::organization
