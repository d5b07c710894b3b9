#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory_units.h"
#include "services/common/directory/replica_store.h"
#include "services/common/rollup/auditor.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/values/pages.h"
#include "services/common/values/status.h"
#include "services/education/app/activity_app.h"
#include "services/education/rpc/rules_codec.h"
#include "services/education/storage/activity_credits.h"
#include "services/education/storage/activity_rollup.h"
#include "services/education/storage/migrations/migrations.h"
#include "services/education/storage/sql_activity_store.h"
#include "services/education/storage/sql_learning_store.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::education {

namespace sql = common::sql;
using common::UnitUid;
using Day = absl::CivilDay;

// Organization's answers, as a test says.
class FakeRoster final : public Roster {
 public:
  absl::StatusOr<std::vector<RosterMember>> Of(std::span<const UnitUid> units, Day, const common::Call&) override {
    ++asked;
    RONGHE_RETURN_IF_ERROR(failure);
    std::vector<RosterMember> found;
    for (const RosterMember& one : members) {
      if (std::find(units.begin(), units.end(), one.unit) != units.end()) found.push_back(one);
    }
    return found;
  }
  absl::StatusOr<std::vector<Membership>> Memberships(std::span<const int64_t> asked_for, absl::Time) override {
    ++asked;
    RONGHE_RETURN_IF_ERROR(failure);
    std::vector<Membership> found;
    for (const Membership& one : memberships) {
      if (std::find(asked_for.begin(), asked_for.end(), one.member) != asked_for.end()) found.push_back(one);
    }
    return found;
  }
  std::vector<RosterMember> members;
  std::vector<Membership> memberships;
  absl::Status failure;
  int asked = 0;
};

// Activities on an empty database of each engine, under a county with a township and two branches; B1 has the members
// 11 to 14 (11 on its committee, 14 floating) and B2 21 and 22. Now is 2026-11-16 09:00.
class ActivityTestBase : public tests::EngineTest {
 protected:
  static constexpr UnitUid kProvince{1}, kCounty{2}, kT1{3}, kB1{5}, kB2{6}, kOther{8};
  static constexpr common::PartitionId kPartition{3};

  void SetUp() override {
    ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone_));
    database_ = sql::OpenDatabase(NewUrl(), {.readers = 8}).value();
    Must(sql::Migrate(*database_, "changelog", common::ChangeLogMigrations()));
    Must(common::MigrateRollup(*database_, metrics_));
    Must(sql::Migrate(*database_, "replica", common::ReplicaMigrations()));
    Must(sql::Migrate(*database_, "education", education::Migrations()));
    log_ = std::make_unique<common::ChangeLog>(*database_, clock_, random_);
    publisher_ = std::make_unique<common::Publisher>(*database_, clock_, random_);
    folder_.emplace(metrics_, zone_);
    publisher_->SetStep(*folder_);
    replica_.emplace(*database_, *log_, directory_, real_clock_);
    Must(replica_->Load(absl::InfiniteFuture()));
    Apply({Unit(kProvince, UnitUid(), "P", 1), Unit(kCounty, kProvince, "C", 3), Unit(kT1, kCounty, "T1", 4),
           Unit(kB1, kT1, "B1", 5), Unit(kB2, kT1, "B2", 5), Unit(kOther, kProvince, "O", 3)});
    clock_.Set(absl::FromCivil(absl::CivilSecond(2026, 11, 16, 9, 0, 0), zone_));
    texts_.emplace(keys_, random_);
    learning_texts_.emplace(keys_, random_);
    credits_.emplace(*learning_texts_, policy_.learning, zone_);
    store_.emplace(*database_, *log_, *texts_, *credits_, zone_);
    learning_store_.emplace(*database_, *log_, *learning_texts_, policy_.learning);
    app_.emplace(ActivityApp::Parts{*store_, units_, roster_, common::Calendar(clock_, zone_), random_, signer_});
    roster_.members = {{11, kB1, false, true, true}, {12, kB1, false, false, true}, {13, kB1, false, false, true},
                       {14, kB1, true, false, true}, {21, kB2, false, true, true},  {22, kB2, false, false, true}};
  }

  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  template <typename Value>
  static Value Must(absl::StatusOr<Value> value) {
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *std::move(value) : Value();
  }
  static std::string ReasonOf(const absl::Status& status) { return common::ReasonOf(status); }

  static common::Call By(const std::string& who, UnitUid scope = kCounty) {
    common::Call call;
    call.actor.key = who;
    call.scope.units = {scope};
    return call;
  }
  static common::Call ByMember(int64_t member) {
    common::Call call = By(fmt::format("member {}", member));
    call.actor.member_id = member;
    return call;
  }
  static common::WriteOptions Key(const std::string& id) {
    common::WriteOptions options;
    options.key = {"clerk", id, "digest"};
    return options;
  }

  ActivityFields Fields(ActivityKind kind = ActivityKind::kThemeDay) const {
    ActivityFields fields;
    fields.unit = "units/B1";
    fields.start = absl::FromCivil(absl::CivilSecond(2026, 11, 16, 8, 0, 0), zone_);
    fields.activity.kind = kind;
    fields.activity.topic = "主题党日：河道清理";
    fields.activity.minutes = common::Document{std::string(64, 'a'), 1234, "application/pdf", "记录.pdf"};
    fields.activity.credit_deci_hours = 20;
    return fields;
  }
  static std::string NameOf(const ActivityView& view) { return education::NameOf(view.stored.id); }
  ActivityView Create(ActivityFields fields) { return Must(app_->Create(By("clerk"), std::move(fields), {})); }
  ActivityView Held(ActivityFields fields) {
    const ActivityView view = Create(std::move(fields));
    return Must(app_->Hold(By("clerk"), NameOf(view), {}));
  }
  static AttendanceEntry Entry(int64_t member, AttendanceStatus status, const std::string& reason = "") {
    AttendanceEntry entry;
    entry.member = fmt::format("members/{}", member);
    entry.record.status = status;
    entry.record.reason = reason;
    return entry;
  }
  // With 11 there, 12 on leave, 13 absent.
  ActivityView Confirmed(ActivityFields fields) {
    const ActivityView view = Held(std::move(fields));
    Must(app_->Record(By("clerk"), NameOf(view),
                      {Entry(11, AttendanceStatus::kPresent), Entry(12, AttendanceStatus::kLeave, "出差")},
                      AttendanceStatus::kAbsent, {}));
    return Must(app_->Confirm(By("clerk"), NameOf(view), {}));
  }
  std::map<int64_t, AttendanceStatus> StatusesOf(const ActivityView& view) {
    std::map<int64_t, AttendanceStatus> statuses;
    for (const Attendance& row : Must(store_->ListAttendances(view.stored.id, 0, 1000, absl::InfiniteFuture()))) {
      statuses[row.member] = row.status;
    }
    return statuses;
  }

  // What was logged, added up: only what is not 0. Every total of every level agrees with the records.
  std::map<std::string, int64_t> Totals() {
    std::map<std::string, int64_t> sums;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"test", "SELECT rollup FROM change_log"}, {}, [&](const sql::Row& row) {
        const auto change = common::DecodeRollup(row.Text(0));
        if (!change) return absl::OkStatus();
        for (const auto& amount : change->amounts) {
          for (const auto& [name, value] : amount.metrics) sums[fmt::format("{} {}", amount.unit.value, name)] += value;
        }
        return absl::OkStatus();
      });
    }));
    std::erase_if(sums, [](const auto& entry) { return entry.second == 0; });
    EXPECT_TRUE(publisher_->PublishOnce().ok());
    common::Auditor auditor(*database_, metrics_, facts_, clock_);
    const auto report = auditor.Run(10, absl::InfiniteFuture());
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report.ok() ? report->difference_count : -1, 0);
    return sums;
  }

  static common::DirectoryUnit Unit(UnitUid uid, UnitUid parent, const std::string& code, int level) {
    common::DirectoryUnit unit;
    unit.uid = uid;
    unit.parent = parent;
    unit.partition = uid == kProvince ? common::PartitionId(2) : uid == kOther ? common::PartitionId(4) : kPartition;
    unit.code = code;
    unit.title = code;
    unit.level = level;
    unit.kind = level == 5 ? 4 : 1;
    unit.state = 1;
    return unit;
  }
  void Apply(std::vector<common::DirectoryUnit> units) {
    common::DirectoryDelta delta;
    delta.complete = true;
    delta.reset = structure_ == 0;
    delta.incarnation = "one";
    delta.position = ++structure_;
    delta.structure_revision = structure_;
    delta.place_revision = structure_;
    for (const common::DirectoryUnit& unit : units) delta.places.push_back({unit.uid, unit.parent, unit.partition});
    delta.units = std::move(units);
    Must(replica_->Apply(delta, clock_.Now()));
  }

  absl::TimeZone zone_;
  tests::FakeClock clock_;
  common::SystemClock real_clock_;  // by which databases keep deadlines
  tests::SeededRandom random_{42};
  common::MetricSet metrics_{v1::EducationMetrics::descriptor()};
  EducationFacts facts_{metrics_};
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<common::ChangeLog> log_;
  std::optional<common::Folder> folder_;
  std::unique_ptr<common::Publisher> publisher_;
  common::Directory directory_;
  std::optional<common::ReplicaStore> replica_;
  int64_t structure_ = 0;
  common::KeyRing keys_ =
      common::KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "test").value();
  common::DirectoryUnits units_{directory_};
  FakeRoster roster_;
  common::TokenSigner signer_{"a secret of sixteen bytes"};
  std::optional<ActivityTexts> texts_;
  LoadedPolicy policy_ = LoadPolicy("").value();
  std::optional<LearningTexts> learning_texts_;
  std::optional<ActivityCredits> credits_;
  std::optional<SqlActivityStore> store_;
  std::optional<SqlLearningStore> learning_store_;
  std::optional<ActivityApp> app_;
};

}  // namespace ronghe::education
