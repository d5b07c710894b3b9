// What folding, writing and reading cost on PostgreSQL, without services around them.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/rollup/summaries.h"
#include "services/common/values/status.h"
#include "tests/bench/aggregation.h"
#include "tests/bench/must.h"
#include "tests/support/postgres.h"

namespace ronghe::bench {
namespace {

using namespace common;  // NOLINT: a program of its own

constexpr int kWriters = 32;
constexpr int kBranchesPerTownship = 50;
constexpr int kTownshipsPerCounty = 20;
constexpr int kCountiesPerPrefecture = 10;
constexpr int kBranchesPerCounty = kBranchesPerTownship * kTownshipsPerCounty;

absl::Time In(absl::Duration time) {
  return absl::Now() + time;
}

MonthNumber CurrentMonth() {
  return MonthOf(absl::CivilMonth(absl::ToCivilSecond(absl::Now(), absl::UTCTimeZone())));
}

// A county's numbers: 1 province, a prefecture for ten counties, 20 townships, 1,000 branches a county.
struct Shape {
  int counties;
  static constexpr int64_t kProvince = 1;
  static int64_t Prefecture(int county) { return 100 + county / kCountiesPerPrefecture; }
  static int64_t County(int county) { return 10'000 + county; }
  static int64_t Township(int county, int t) { return 1'000'000 + int64_t{county} * kTownshipsPerCounty + t; }
  static int64_t Branch(int county, int b) { return 10'000'000 + int64_t{county} * kBranchesPerCounty + b; }
  // The province has 2, prefectures and counties their own, everything below its county's.
  static PartitionId PartitionOfPrefecture(int county) { return PartitionId(3 + county / kCountiesPerPrefecture); }
  static PartitionId PartitionOfCounty(int county) { return PartitionId(1'000 + county); }
};

class Store {
 public:
  explicit Store(int counties) : shape_{counties} {
    server_ = Must(tests::PostgresServer::Start());
    database_ = Must(sql::OpenDatabase(Must(server_->CreateDatabase()), {.readers = kWriters + 4}));
    Must(sql::Migrate(*database_, "changelog", ChangeLogMigrations()));
    Must(MigrateRollup(*database_, metrics_));
    log_ = std::make_unique<ChangeLog>(*database_, clock_, random_);
    publisher_ = std::make_unique<Publisher>(*database_, clock_, random_);
    publisher_->SetStep(folder_);
    log_->OnCommit([this] { publisher_->Hint(); });
    Place();
  }
  ~Store() { publisher_->Stop(); }

  const Shape& shape() const { return shape_; }
  sql::Database& database() { return *database_; }
  ChangeLog& log() { return *log_; }
  Publisher& publisher() { return *publisher_; }
  const MetricSet& metrics() const { return metrics_; }

  // A problem found in a branch: a flow of the month and a stock.
  static ChangeEntry Found(int county, int branch) {
    RollupChange change;
    change.amounts.push_back(
        {UnitUid(Shape::Branch(county, branch)), CurrentMonth(), {{"problems_found", 1}, {"problems_open", 1}}});
    ChangeEntry entry;
    entry.kind = ChangeKind::kCreated;
    entry.resource = fmt::format("problems/{}", Shape::Branch(county, branch));
    entry.unit = UnitUid(Shape::Branch(county, branch));
    entry.rollup = EncodeRollup(change);
    return entry;
  }

 private:
  void Place() {
    std::vector<RollupChange> changes(1);
    const auto place = [&](int64_t unit, int64_t parent, PartitionId partition) {
      if (changes.back().places.size() == 500) changes.emplace_back();
      changes.back().places.push_back({UnitUid(unit), UnitUid(parent), partition, 0});
    };
    place(Shape::kProvince, 0, PartitionId(2));
    for (int c = 0; c < shape_.counties; ++c) {
      if (c % kCountiesPerPrefecture == 0)
        place(Shape::Prefecture(c), Shape::kProvince, Shape::PartitionOfPrefecture(c));
      const PartitionId own = Shape::PartitionOfCounty(c);
      place(Shape::County(c), Shape::Prefecture(c), own);
      for (int t = 0; t < kTownshipsPerCounty; ++t) place(Shape::Township(c, t), Shape::County(c), own);
      for (int b = 0; b < kBranchesPerCounty; ++b)
        place(Shape::Branch(c, b), Shape::Township(c, b / kBranchesPerTownship), own);
    }
    Call call;
    call.deadline = In(absl::Minutes(5));
    Must(log_->Write(kStructurePartition, call,
                     [&](WriteTxn& txn) {
                       for (const RollupChange& change : changes) {
                         ChangeEntry entry;
                         entry.kind = ChangeKind::kStructureChanged;
                         entry.rollup = EncodeRollup(change);
                         txn.Log(std::move(entry));
                       }
                       return absl::OkStatus();
                     })
             .status());
    Must(publisher_->PublishOnce().status());
  }

  Shape shape_;
  SystemClock clock_;
  SystemRandom random_;
  MetricSet metrics_{rectification::v1::RectificationMetrics::descriptor()};
  Folder folder_{metrics_, absl::UTCTimeZone()};
  std::unique_ptr<tests::PostgresServer> server_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<Publisher> publisher_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The other way: the ancestors' rows are updated in the write.
//
// kAlike keeps what the suite keeps: the change log, which Watch needs in any case, and for each unit a row of stocks
// and one of the month, in a table with the columns of the suite's. kBare keeps two numbers for each unit and nothing
// else.
class ChainStore {
 public:
  enum class Form { kAlike, kBare };

  ChainStore(Store& store, Form form) : store_(store), form_(form), month_(CurrentMonth()) {
    std::vector<std::string> names = {"unit_uid", "month"};
    if (form == Form::kAlike) {
      for (const MetricSet::Metric& metric : store.metrics().all()) names.push_back(OwnColumn(metric));
      for (const MetricSet::Metric& metric : store.metrics().all()) names.push_back(SumColumn(metric));
    } else {
      names.insert(names.end(), {"sum_problems_found", "sum_problems_open"});
    }
    std::string columns;
    for (const std::string& name : names) columns += fmt::format("{} BIGINT NOT NULL, ", name);
    const std::string table = form == Form::kAlike ? "chain_total" : "chain_bare";
    const std::string create = fmt::format("CREATE TABLE {} ({}PRIMARY KEY (unit_uid, month))", table, columns);
    update_ = fmt::format(
        "UPDATE {} SET sum_problems_found = sum_problems_found + CASE month WHEN {} THEN 1 ELSE 0 END, "
        "sum_problems_open = sum_problems_open + 1 WHERE unit_uid = ? AND month = ?",
        table, month_);
    Must(store.database().Write(In(absl::Minutes(5)), [&](sql::Session& session) -> absl::Status {
      RONGHE_RETURN_IF_ERROR(session.Execute({"make", create}).status());
      const std::vector<std::string_view> views(names.begin(), names.end());
      return session.BulkInsert("fill", table, views, Rows(names.size()));
    }));
  }

  absl::Status Write(int64_t id, int county, int branch) {
    const int64_t chain[] = {Shape::Branch(county, branch), Shape::Township(county, branch / kBranchesPerTownship),
                             Shape::County(county), Shape::Prefecture(county), Shape::kProvince};
    // Row by row from the branch up, so that no two writes wait in a circle.
    const auto update = [&](sql::Session& session) -> absl::Status {
      RONGHE_RETURN_IF_ERROR(InsertFact(session, id, chain[0]));
      for (const int64_t uid : chain) {
        for (const MonthNumber month : {PlaceTree::kNow, month_}) {
          if (form_ == Form::kBare && month != month_) continue;
          RONGHE_RETURN_IF_ERROR(session.Execute({"chain", update_}, {uid, int64_t{month}}).status());
        }
      }
      return absl::OkStatus();
    };
    if (form_ == Form::kBare) return store_.database().Write(In(absl::Seconds(10)), update);
    Call call;
    call.deadline = In(absl::Seconds(10));
    return store_.log()
        .Write(Shape::PartitionOfCounty(county), call,
               [&](WriteTxn& txn) -> absl::Status {
                 RONGHE_RETURN_IF_ERROR(update(txn.session()));
                 ChangeEntry entry = Store::Found(county, branch);
                 entry.rollup.clear();
                 txn.Log(std::move(entry));
                 return absl::OkStatus();
               })
        .status();
  }
  static absl::Status InsertFact(sql::Session& session, int64_t id, int64_t unit) {
    return session.Execute({"fact", "INSERT INTO fact (id, unit_uid) VALUES (?, ?)"}, {id, unit}).status();
  }
  static void MakeFacts(sql::Database& database) {
    Must(database.Write(In(absl::Minutes(1)), [](sql::Session& session) {
      return session.Execute({"make", "CREATE TABLE fact (id BIGINT PRIMARY KEY, unit_uid BIGINT NOT NULL)"}).status();
    }));
  }

 private:
  std::vector<std::vector<sql::Value>> Rows(size_t columns) const {
    std::vector<std::vector<sql::Value>> rows;
    const auto add = [&](int64_t uid) {
      for (const MonthNumber month : {PlaceTree::kNow, month_}) {
        if (form_ == Form::kBare && month != month_) continue;
        std::vector<sql::Value> row = {uid, int64_t{month}};
        row.resize(columns, int64_t{0});
        rows.push_back(std::move(row));
      }
    };
    const Shape& shape = store_.shape();
    add(Shape::kProvince);
    for (int c = 0; c < shape.counties; ++c) {
      if (c % kCountiesPerPrefecture == 0) add(Shape::Prefecture(c));
      add(Shape::County(c));
      for (int t = 0; t < kTownshipsPerCounty; ++t) add(Shape::Township(c, t));
      for (int b = 0; b < kBranchesPerCounty; ++b) add(Shape::Branch(c, b));
    }
    return rows;
  }

  Store& store_;
  const Form form_;
  const MonthNumber month_;
  std::string update_;
};

// Writes by 32 threads for a while; returns commits a second.
template <typename Write>
double WriteRate(absl::Duration time, const Write& write) {
  static std::atomic<int64_t> next{1};
  std::atomic<int64_t> done{0};
  std::vector<std::thread> threads;
  const absl::Time begin = absl::Now();
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      std::minstd_rand random(static_cast<unsigned>(w + 1));
      while (absl::Now() - begin < time) {
        if (write(next++, random).ok()) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(done) / absl::ToDoubleSeconds(absl::Now() - begin);
}

}  // namespace

void FoldFigures(Report& report) {
  Store store(10);
  constexpr int kRows = 300'000;
  constexpr int kPerTransaction = 1'000;
  std::minstd_rand random(1);
  Call call;
  call.deadline = absl::InfiniteFuture();
  std::vector<double> rates;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kRows; i += kPerTransaction) {
      const int county = static_cast<int>(random() % static_cast<unsigned>(store.shape().counties));
      Must(store.log()
               .Write(Shape::PartitionOfCounty(county), call,
                      [&](WriteTxn& txn) {
                        for (int k = 0; k < kPerTransaction; ++k) {
                          txn.Log(Store::Found(county, static_cast<int>(random() % kBranchesPerCounty)));
                        }
                        return absl::OkStatus();
                      })
               .status());
    }
    const absl::Time begin = absl::Now();
    Must(store.publisher().PublishOnce().status());
    rates.push_back(kRows / absl::ToDoubleSeconds(absl::Now() - begin));
  }
  report.AtLeast("aggregation.fold_rows_per_s", Median(rates), "rows/s", 30'000);
}

// In a large province: 130 counties of 1,000 branches.
void WriteFigures(Report& report) {
  Store store(130);
  ChainStore::MakeFacts(store.database());
  ChainStore alike(store, ChainStore::Form::kAlike);
  ChainStore bare(store, ChainStore::Form::kBare);
  store.publisher().Start();
  const auto chain_rate = [&](ChainStore& chain) {
    return WriteRate(absl::Seconds(3), [&](int64_t id, std::minstd_rand& random) {
      const int county = static_cast<int>(random() % static_cast<unsigned>(store.shape().counties));
      return chain.Write(id, county, static_cast<int>(random() % kBranchesPerCounty));
    });
  };
  std::vector<double> ours;
  std::vector<double> alikes;
  std::vector<double> bares;
  std::vector<double> ratios;
  for (int pair = 0; pair < 5; ++pair) {
    ours.push_back(WriteRate(absl::Seconds(3), [&](int64_t id, std::minstd_rand& random) {
      const int county = static_cast<int>(random() % static_cast<unsigned>(store.shape().counties));
      const int branch = static_cast<int>(random() % kBranchesPerCounty);
      Call call;
      call.deadline = In(absl::Seconds(10));
      return store.log()
          .Write(Shape::PartitionOfCounty(county), call,
                 [&](WriteTxn& txn) -> absl::Status {
                   RONGHE_RETURN_IF_ERROR(ChainStore::InsertFact(txn.session(), id, Shape::Branch(county, branch)));
                   txn.Log(Store::Found(county, branch));
                   return absl::OkStatus();
                 })
          .status();
    }));
    alikes.push_back(chain_rate(alike));
    bares.push_back(chain_rate(bare));
    ratios.push_back(ours.back() / alikes.back());
  }
  report.Note("aggregation.writes_per_s", Median(ours), "writes/s");
  report.Note("aggregation.chain_writes_per_s", Median(alikes), "writes/s");
  report.Note("aggregation.chain_bare_writes_per_s", Median(bares), "writes/s, two numbers a unit and no change log");
  report.AtLeast("aggregation.write_ratio", Median(ratios), "x ancestors in the write", 10);
}

namespace {

// Totals of so many branches, written straight into the tables: what is measured is reading.
void FillTotals(Store& store) {
  const MonthNumber month = CurrentMonth();
  std::vector<std::string> names = {"partition_id", "unit_uid", "month"};
  for (const MetricSet::Metric& metric : store.metrics().all()) names.push_back(OwnColumn(metric));
  for (const MetricSet::Metric& metric : store.metrics().all()) names.push_back(SumColumn(metric));
  const std::vector<std::string_view> columns(names.begin(), names.end());
  for (int c = 0; c < store.shape().counties; ++c) {
    std::vector<std::vector<sql::Value>> rows;
    const auto add = [&](int64_t uid) {
      for (const MonthNumber m : {PlaceTree::kNow, month}) {
        std::vector<sql::Value> row = {Shape::PartitionOfCounty(c).value, uid, int64_t{m}};
        row.resize(columns.size(), int64_t{7});
        rows.push_back(std::move(row));
      }
    };
    add(Shape::County(c));
    for (int t = 0; t < kTownshipsPerCounty; ++t) add(Shape::Township(c, t));
    for (int b = 0; b < kBranchesPerCounty; ++b) add(Shape::Branch(c, b));
    Must(store.database().Write(In(absl::Minutes(1)), [&](sql::Session& session) {
      return session.BulkInsert("fill", "rollup_total", columns, rows);
    }));
  }
}

// A county and its townships, one county after another in random order; the median of the reads, in microseconds.
double ReadCost(Store& store, int reads, std::minstd_rand& random) {
  const MonthNumber month = CurrentMonth();
  const Period period{month, month};
  std::vector<double> micros;
  for (int i = 0; i < reads; ++i) {
    const int county = static_cast<int>(random() % static_cast<unsigned>(store.shape().counties));
    std::vector<SummaryUnit> units = {{UnitUid(Shape::County(county)), Shape::PartitionOfCounty(county)}};
    for (int t = 0; t < kTownshipsPerCounty; ++t) {
      units.push_back({UnitUid(Shape::Township(county, t)), Shape::PartitionOfCounty(county)});
    }
    const absl::Time begin = absl::Now();
    Must(store.database().Read(In(absl::Seconds(10)), [&](sql::Session& session) -> absl::Status {
      RONGHE_RETURN_IF_ERROR(ReadMark(session).status());
      return ReadSummaries(session, store.metrics(), units, {&period, 1}).status();
    }));
    micros.push_back(absl::ToDoubleMicroseconds(absl::Now() - begin));
  }
  return Median(micros);
}

}  // namespace

void ScaleFigures(Report& report) {
  Store small(1);
  Store large(1'000);
  FillTotals(small);
  FillTotals(large);
  std::minstd_rand random(1);
  for (Store* store : {&small, &large}) {
    Must(store->database().Write(In(absl::Minutes(5)), [](sql::Session& session) {
      return session.Execute({"analyze", "ANALYZE rollup_total"}).status();
    }));
    ReadCost(*store, 200, random);
  }
  std::vector<double> ratios;
  std::vector<double> small_cost;
  std::vector<double> large_cost;
  for (int pair = 0; pair < 9; ++pair) {
    small_cost.push_back(ReadCost(small, 300, random));
    large_cost.push_back(ReadCost(large, 300, random));
    ratios.push_back(large_cost.back() / small_cost.back());
  }
  report.Note("aggregation.read_1000_us", Median(small_cost), "us");
  report.Note("aggregation.read_1000000_us", Median(large_cost), "us");
  report.AtMost("aggregation.scale_ratio", Median(ratios), "x of 1,000 branches", 1.3);
}

}  // namespace ronghe::bench
