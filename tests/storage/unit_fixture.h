#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/values/status.h"
#include "services/organization/app/unit_app.h"
#include "services/organization/app/unit_query.h"
#include "services/organization/storage/directory_loader.h"
#include "services/organization/storage/directory_tree.h"
#include "services/organization/storage/migrations/migrations.h"
#include "services/organization/storage/sql_unit_store.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/rules.h"
#include "tests/support/seeded_random.h"

namespace ronghe::organization {

namespace sql = common::sql;
using common::UnitUid;

// Members that a test puts into units.
class FakeOccupants final : public UnitOccupants {
 public:
  absl::Status Count(sql::Session&, std::span<const common::PartitionId>,
                     absl::FunctionRef<void(UnitUid, const MemberCounts&)> each) override {
    for (const auto& [unit, count] : members) each(unit, {count, 0, 0});
    return absl::OkStatus();
  }
  absl::StatusOr<int64_t> LockAndCount(sql::Session&, common::PartitionId, UnitUid unit) override {
    auto found = members.find(unit);
    return found == members.end() ? 0 : found->second;
  }

  std::map<UnitUid, int64_t> members;
};

// Publishes and applies in the caller's thread.
class FixtureConsistency final : public Consistency {
 public:
  explicit FixtureConsistency(std::function<void()> refresh) : refresh_(std::move(refresh)) {}
  absl::StatusOr<std::string> Incarnation() override { return "test"; }
  absl::StatusOr<int64_t> Revision(common::PartitionId, absl::Time) override { return 0; }
  bool WaitForStructure(int64_t, absl::Time) override {
    if (enabled) refresh_();
    return true;
  }
  bool enabled = true;

 private:
  std::function<void()> refresh_;
};

// The use cases of structure on an empty database of each engine. Today is 2026-11-16.
class UnitTestBase : public tests::EngineTest {
 protected:
  static constexpr absl::CivilDay kToday{2026, 11, 16};
  static const Rules& RulesToday() { return tests::DefaultRules().On(kToday); }

  void SetUp() override {
    database_ = OpenNew({.readers = 8});
    Must(sql::Migrate(*database_, "changelog", common::ChangeLogMigrations()));
    Must(common::MigrateRollup(*database_, metrics_));
    Must(sql::Migrate(*database_, "organization", organization::Migrations()));
    ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone_));
    log_.emplace(*database_, clock_, random_);
    feed_.emplace(*database_);
    publisher_.emplace(*database_, clock_, random_);
    publisher_->SetStep(folder_);
    loader_.emplace(*database_, *log_, *feed_, clock_);
    tree_.emplace(directory_);
    store_.emplace(*database_, *log_, std::vector<UnitOccupants*>{&occupants_});
    gate_.emplace(consistency_, signer_);
    app_.emplace(*store_, *gate_, calendar(), tests::DefaultRules());
    query_.emplace(*store_, *tree_, signer_, calendar());
    call_.actor.key = "issuer|officer";
    call_.scope.everything = true;
    Refresh();
  }

  common::Calendar calendar() const { return common::Calendar(clock_, zone_); }
  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }

  // Everything published is in the directory.
  void Refresh() {
    Must(publisher_->PublishOnce().status());
    while (true) {
      if (!directory_.loaded()) {
        const std::vector<common::DirectoryDelta> pieces = loader_->LoadAll(absl::InfiniteFuture()).value();
        for (const common::DirectoryDelta& piece : pieces) directory_.Apply(piece, clock_.Now());
      }
      int64_t position = directory_.position();
      common::DirectoryDelta delta =
          loader_->After(position, directory_.structure_revision(), absl::InfiniteFuture()).value();
      if (delta.position == position) return;
      directory_.Apply(delta, clock_.Now());
    }
  }

  static UnitFields Fields(std::string code, Level level, UnitKind kind) {
    UnitFields fields;
    fields.title = "title of " + code;
    fields.code = std::move(code);
    fields.level = level;
    fields.kind = kind;
    return fields;
  }
  static UnitFields Committee(std::string code, Level level) {
    return Fields(std::move(code), level, UnitKind::kCommittee);
  }
  static WriteOptions On(std::optional<absl::CivilDay> day) {
    WriteOptions options;
    options.effective = day;
    return options;
  }

  absl::StatusOr<Unit> TryCreate(UnitFields fields, const std::string& parent,
                                 std::optional<absl::CivilDay> day = std::nullopt) {
    return app_->Create(call_, std::move(fields), parent.empty() ? "" : "units/" + parent, On(day));
  }
  Unit Create(UnitFields fields, const std::string& parent, std::optional<absl::CivilDay> day = std::nullopt) {
    absl::StatusOr<Unit> unit = TryCreate(std::move(fields), parent, day);
    if (!unit.ok()) ADD_FAILURE() << unit.status();
    return *std::move(unit);
  }
  absl::StatusOr<Unit> Move(const std::string& code, const std::string& parent,
                            std::optional<absl::CivilDay> day = std::nullopt) {
    return app_->Move(call_, "units/" + code, "units/" + parent, On(day));
  }
  absl::StatusOr<Unit> Rename(const std::string& code, const std::string& title,
                              std::optional<absl::CivilDay> day = std::nullopt) {
    UnitChanges changes;
    changes.fields.title = title;
    return app_->Update(call_, "units/" + code, changes, On(day));
  }
  absl::StatusOr<Unit> Dissolve(const std::string& code, std::optional<absl::CivilDay> day = std::nullopt) {
    return app_->Dissolve(call_, "units/" + code, On(day));
  }
  absl::StatusOr<Unit> Get(const std::string& code, std::optional<absl::CivilDay> as_of = std::nullopt,
                           std::optional<absl::Time> known = std::nullopt) {
    return query_->Get(call_, "units/" + code, as_of, known);
  }

  static std::string ReasonOf(const absl::Status& status) {
    const auto violations = common::ViolationsOf(status);
    return violations.empty() ? common::ReasonOf(status) : violations[0].reason;
  }
  static std::vector<std::string> BlockersOf(const absl::Status& status) {
    std::vector<std::string> all;
    for (const common::Blocker& blocker : common::BlockersOf(status)) {
      all.push_back(blocker.reason + " " + blocker.subject);
    }
    return all;
  }
  static std::vector<std::string> Codes(const std::vector<Unit>& units) {
    std::vector<std::string> codes;
    for (const Unit& unit : units) codes.push_back(unit.code());
    return codes;
  }
  // All pages of a list.
  std::vector<std::string> List(ListUnitsQuery query) {
    std::vector<std::string> codes;
    do {
      absl::StatusOr<UnitPage> page = query_->List(call_, query);
      if (!page.ok()) {
        ADD_FAILURE() << page.status();
        return codes;
      }
      for (const Unit& unit : page->units) codes.push_back(unit.code());
      query.page_token = page->next_page_token;
    } while (!query.page_token.empty());
    return codes;
  }

  int64_t Count(const std::string& text) {
    int64_t count = -1;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session
          .SelectOne({"test", text}, {},
                     [&](const sql::Row& row) {
                       count = row.Int(0);
                       return absl::OkStatus();
                     })
          .status();
    }));
    return count;
  }

  // A province with a prefecture, two counties, a township each, and branches B1 and B2 in the first.
  void MakeTree(absl::CivilDay day = kToday) {
    Create(Committee("37", Level::kProvince), "", day);
    Create(Committee("3707", Level::kPrefecture), "37", day);
    Create(Committee("370783", Level::kCounty), "3707", day);
    Create(Committee("370784", Level::kCounty), "3707", day);
    Create(Committee("370783104", Level::kTownship), "370783", day);
    Create(Committee("370784101", Level::kTownship), "370784", day);
    Create(Fields("B1", Level::kBranch, UnitKind::kBranch), "370783104", day);
    Create(Fields("B2", Level::kBranch, UnitKind::kBranch), "370783104", day);
  }

  std::unique_ptr<sql::Database> database_;
  tests::FakeClock clock_;
  tests::SeededRandom random_;
  absl::TimeZone zone_;
  common::TokenSigner signer_{"a secret of the tests"};
  common::Directory directory_;
  FakeOccupants occupants_;
  FixtureConsistency consistency_{[this] { Refresh(); }};
  std::optional<common::ChangeLog> log_;
  std::optional<common::Feed> feed_;
  common::MetricSet metrics_{v1::OrganizationMetrics::descriptor()};
  common::Folder folder_{metrics_, absl::UTCTimeZone()};
  std::optional<common::Publisher> publisher_;
  std::optional<DirectoryLoader> loader_;
  std::optional<DirectoryTree> tree_;
  std::optional<SqlUnitStore> store_;
  std::optional<RevisionGate> gate_;
  std::optional<UnitApp> app_;
  std::optional<UnitQuery> query_;
  common::Call call_;
};

}  // namespace ronghe::organization
