// Figures of education, on a private PostgreSQL with fsync on, without a service around them:
//   education_bench [--json FILE] [--records N]
// `--records`: how many learning records are imported, 60 of each member; 2,000,000 by default.

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/escaping.h>
#include <absl/time/clock.h>
#include <fmt/format.h>

#include "ronghe/education/v1/learning.pb.h"
#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/directory/directory_units.h"
#include "services/common/import/import_app.h"
#include "services/common/import/sql/key_ring_row_sealer.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/unit_import_places.h"
#include "services/common/rollup/auditor.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/values/pages.h"
#include "services/common/values/status.h"
#include "services/common/values/wire.h"
#include "services/education/app/learning_import_target.h"
#include "services/education/rpc/learning_codec.h"
#include "services/education/rpc/rules_codec.h"
#include "services/education/storage/activity_rollup.h"
#include "services/education/storage/migrations/migrations.h"
#include "services/education/storage/sql_learning_store.h"
#include "tests/bench/must.h"
#include "tests/bench/report.h"
#include "tests/support/postgres.h"

namespace ronghe::bench {
namespace {

using namespace education;  // NOLINT: a program of its own
namespace sql = common::sql;

constexpr int kCounties = 10;
constexpr int kBranches = 100;  // of a county
constexpr int kRecordsOfMember = 60;
constexpr int kRowsPerStage = 2'000;
constexpr int64_t kProvince = 1, kFirstCounty = 10, kFirstBranch = 1000;

// Member n is of branch n of all, for ever.
common::UnitUid BranchOf(int64_t number) {
  return common::UnitUid(kFirstBranch + number % (kCounties * kBranches));
}
int64_t MemberId(int64_t number) {
  return common::MakeId(1'000'000 + number, common::PartitionId(kFirstCounty + number % kCounties));
}

class MadeUpRoster final : public Roster {
 public:
  absl::StatusOr<std::vector<RosterMember>> Of(std::span<const common::UnitUid>, absl::CivilDay,
                                               const common::Call&) override {
    return std::vector<RosterMember>();
  }
  absl::StatusOr<std::vector<Membership>> Memberships(std::span<const int64_t> members, absl::Time) override {
    std::vector<Membership> found;
    const absl::CivilDay join(2000, 7, 1);
    for (const int64_t member : members) {
      const int64_t number = (member >> common::kPartitionBits) - 1'000'000;
      found.push_back({member, join, std::nullopt, {{BranchOf(number), join}}});
    }
    return found;
  }
};

// A province of ten counties of a hundred branches each.
class Province {
 public:
  explicit Province(int64_t records) : records_(records), members_(std::max<int64_t>(1, records / kRecordsOfMember)) {
    common::DirectoryDelta delta;
    delta.complete = delta.reset = true;
    delta.units.push_back(Unit(kProvince, 0, 1, 2));
    for (int county = 0; county < kCounties; ++county) {
      delta.units.push_back(Unit(kFirstCounty + county, kProvince, 3, kFirstCounty + county));
    }
    for (int branch = 0; branch < kCounties * kBranches; ++branch) {
      const int64_t county = kFirstCounty + branch % kCounties;
      delta.units.push_back(Unit(kFirstBranch + branch, county, 5, county));
    }
    directory_.Apply(delta, clock_.Now());
    PlaceUnits(delta.units);
  }

  // As a platform sends it: day by day, everybody's records of the day.
  common::Import Stage() {
    common::Call call;
    call.actor.key = "bench";
    call.scope.everything = true;
    common::Import import =
        Must(imports_.Begin(call, {"learningRecords", fmt::format("units/U{}", kProvince), 0, false, {}})).import;
    std::vector<common::ImportRow> rows;
    education::v1::LearningRecord row;
    for (int64_t i = 0; i < records_; ++i) {
      const int64_t number = i % members_;
      const int64_t turn = i / members_;
      row.set_member(fmt::format("members/{}", MemberId(number)));
      row.set_source(education::v1::LEARNING_SOURCE_ONLINE_PLATFORM);
      row.set_platform("xuexi");
      row.set_external_id(fmt::format("2025{:03}-{:09}", turn, number));
      // Every third has a course that others may report too.
      row.set_course(turn % 3 == 0 ? fmt::format("course-{:04}", turn) : "");
      common::WriteDate(absl::CivilDay(2025, 1, 1) + turn * 6 % 365, *row.mutable_date());
      row.set_credit_deci_hours(static_cast<int>(5 + turn % 10));
      rows.push_back({i + 1, row.SerializeAsString()});
      if (rows.size() < kRowsPerStage) continue;
      Must(imports_.Stage(call, import, std::exchange(rows, {})));
    }
    if (!rows.empty()) Must(imports_.Stage(call, import, std::move(rows)));
    return import;
  }

  // From the staged rows to totals of every level; seconds.
  double Apply(common::Import import) {
    common::Call call;
    call.actor.key = "bench";
    const absl::Time begin = absl::Now();
    import = Must(imports_.Commit(call, import, records_));
    absl::Time checked = begin;
    const auto go_on = [](const common::Import&) { return true; };
    while (import.state != common::ImportState::kApplied) {
      import = Must(engine_.Step(call, import.id, go_on)).import;
      if (import.state == common::ImportState::kFailed) {
        fmt::print(stderr, "the import failed: {}\n", import.failure.text.en);
        std::exit(2);
      }
      if (import.state == common::ImportState::kValidated) checked = absl::Now();
    }
    const absl::Time applied = absl::Now();
    const int64_t changes = Count("SELECT COUNT(*) FROM change_log");
    common::Feed feed(*database_);
    while (Must(feed.Last(absl::InfiniteFuture())) < changes) absl::SleepFor(absl::Milliseconds(5));
    const absl::Time folded = absl::Now();
    fmt::print("checked in {:.1f} s, applied in {:.1f} s, folded in {:.1f} s more, {} changes\n",
               absl::ToDoubleSeconds(checked - begin), absl::ToDoubleSeconds(applied - checked),
               absl::ToDoubleSeconds(folded - applied), changes);
    return absl::ToDoubleSeconds(folded - begin);
  }

  // The same rows into a table with the same indexes, by one COPY; seconds.
  double BareCopy() {
    // Among the server's own files: it may run as another user.
    std::string file;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"bench_folder", "SELECT current_setting('data_directory')"}, {}, [&](const sql::Row& row) {
        file = fmt::format("{}/bare_record.copy", row.Text(0));
        return absl::OkStatus();
      });
    }));
    // In the order in which they were sent.
    Run(fmt::format("COPY (SELECT * FROM learning_record ORDER BY external_id) TO '{}'", file));
    Run("CREATE TABLE bare_record (LIKE learning_record INCLUDING ALL)");
    Run("CHECKPOINT");
    const absl::Time begin = absl::Now();
    Run(fmt::format("COPY bare_record FROM '{}'", file));
    return absl::ToDoubleSeconds(absl::Now() - begin);
  }

  // Of the records, of the change log, and of what a recount finds wrong.
  void Check(int64_t expected) {
    const int64_t found = Count("SELECT COUNT(*) FROM learning_record");
    EducationFacts facts(metrics_);
    common::Auditor auditor(*database_, metrics_, facts, clock_);
    const auto report = Must(auditor.Run(10, absl::InfiniteFuture()));
    if (found == expected && report.difference_count == 0) return;
    fmt::print(stderr, "{} records instead of {}, {} differences\n", found, expected, report.difference_count);
    std::exit(2);
  }
  int64_t Count(const std::string& query) {
    int64_t count = 0;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"bench_count", query}, {}, [&](const sql::Row& row) {
        count = row.Int(0);
        return absl::OkStatus();
      });
    }));
    return count;
  }
  common::Publisher& publisher() { return publisher_; }

 private:
  static common::DirectoryUnit Unit(int64_t uid, int64_t parent, int level, int64_t partition) {
    common::DirectoryUnit unit;
    unit.uid = common::UnitUid(uid);
    unit.parent = common::UnitUid(parent);
    unit.partition = common::PartitionId(partition);
    unit.code = fmt::format("U{}", uid);
    unit.level = level;
    unit.kind = unit.state = 1;
    return unit;
  }
  // The tree by which totals are folded.
  void PlaceUnits(const std::vector<common::DirectoryUnit>& units) {
    common::RollupChange change;
    for (const common::DirectoryUnit& unit : units) {
      change.places.push_back({unit.uid, unit.parent, unit.partition, 0});
    }
    change.structure_revision = 1;
    Must(log_.Write(common::kStructurePartition, {},
                    [&](common::WriteTxn& txn) {
                      txn.Log({common::ChangeKind::kStructureChanged, "units", common::UnitUid(kProvince),
                               common::UnitUid(), "", common::EncodeRollup(change)});
                      return absl::OkStatus();
                    })
             .status());
  }
  void Run(const std::string& statement) {
    Must(database_->Write(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Execute({"bench_run", statement}).status();
    }));
  }
  static absl::TimeZone Zone() {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone("Asia/Shanghai", &zone)) std::abort();
    return zone;
  }
  std::unique_ptr<sql::Database> Open() {
    auto database = Must(sql::OpenDatabase(Must(server_->CreateDatabase()), {.readers = 8}));
    Must(sql::Migrate(*database, "changelog", common::ChangeLogMigrations()));
    Must(common::MigrateRollup(*database, metrics_));
    Must(sql::Migrate(*database, "import", common::ImportMigrations()));
    Must(sql::Migrate(*database, "education", education::Migrations()));
    return database;
  }

  const int64_t records_;
  const int64_t members_;
  const absl::TimeZone zone_ = Zone();
  common::SystemClock clock_;
  common::SystemRandom random_;
  common::MetricSet metrics_{education::v1::EducationMetrics::descriptor()};
  std::unique_ptr<tests::PostgresServer> server_ = Must(tests::PostgresServer::Start());
  std::unique_ptr<sql::Database> database_ = Open();
  common::ChangeLog log_{*database_, clock_, random_};
  common::Publisher publisher_{*database_, clock_, random_};
  common::Directory directory_;
  common::KeyRing keys_ = Must(common::KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "bench"));
  common::KeyRingRowSealer sealer_{keys_, random_};
  LearningTexts texts_{keys_, random_};
  LoadedPolicy policy_ = Must(LoadPolicy(""));
  SqlLearningStore store_{*database_, log_, texts_, policy_.learning};
  common::DirectoryUnits units_{directory_};
  MadeUpRoster roster_;
  ProtoLearningRows rows_;
  LearningImportTarget target_{
      {store_, rows_, roster_, units_, policy_.learning, common::Calendar(clock_, zone_), clock_}};
  common::SqlImportStore import_store_{*database_, log_, clock_};
  common::ImportEngine engine_{import_store_, sealer_, clock_, {&target_}};
  common::ImportHub hub_{clock_};
  common::UnitImportPlaces places_{units_, [](common::PartitionId, int64_t) { return std::string(); }};
  common::TokenSigner signer_{"a secret of sixteen bytes"};
  common::ImportApp imports_{{engine_, hub_, places_, signer_, [] {}, "learningImports"}};

 public:
  common::Folder folder{metrics_, zone_};
};  // namespace

}  // namespace
}  // namespace ronghe::bench

int main(int argc, char** argv) {
  using namespace ronghe::bench;
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const int64_t records = options["--records"].empty() ? 2'000'000 : std::atoll(options["--records"].c_str());
  Province province(records);
  province.publisher().SetStep(province.folder);
  province.publisher().Start();
  Report report;
  report.Note("education.import_records", static_cast<double>(records), "records");
  const auto import = province.Stage();
  const double seconds = province.Apply(import);
  const double per_s = static_cast<double>(records) / seconds;
  report.AtLeast("education.import_per_s", per_s, "records/s", 15'000);
  const double copy_per_s = static_cast<double>(records) / province.BareCopy();
  report.Note("education.copy_per_s", copy_per_s, "records/s");
  report.AtLeast("education.import_copy_ratio", per_s / copy_per_s, "", 0.35);
  const int64_t changes = province.Count("SELECT COUNT(*) FROM change_log");
  const double again = province.Apply(province.Stage());
  report.Note("education.import_again_per_s", static_cast<double>(records) / again, "records/s");
  province.Check(records);
  // The same again changes nothing.
  report.AtMost("education.import_again_changes",
                static_cast<double>(province.Count("SELECT COUNT(*) FROM change_log") - changes), "changes", 0);
  province.publisher().Stop();
  return report.Finish(options["--json"]);
}
