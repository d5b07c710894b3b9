#include "services/common/rollup/schema.h"

#include <absl/container/flat_hash_set.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include "services/common/rollup/migrations/migrations.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr int kRetries = 10;
constexpr absl::Duration kMigrationDeadline = absl::Minutes(10);
// Taken first, so that of several processes one adds the columns and the others see them.
constexpr sql::Query kLock{"rollup_schema_lock",
                           "UPDATE rollup_state SET tree_version = tree_version WHERE partition_id = 0"};
constexpr sql::Query kNames{"rollup_metric_names",
                            "SELECT name FROM rollup_metric WHERE partition_id = 0 ORDER BY name"};
constexpr sql::Query kAddName{"rollup_metric_add", "INSERT INTO rollup_metric (partition_id, name) VALUES (0, ?)"};

absl::Time Deadline() {
  return SystemClock().Now() + kMigrationDeadline;
}

absl::StatusOr<absl::flat_hash_set<std::string>> Names(sql::Session& session) {
  absl::flat_hash_set<std::string> names;
  RONGHE_RETURN_IF_ERROR(session.Select(kNames, {}, [&](const sql::Row& row) {
    names.emplace(row.Text(0));
    return absl::OkStatus();
  }));
  return names;
}

absl::Status AddColumns(sql::Session& session, const MetricSet::Metric& metric) {
  const std::string_view type = session.engine() == sql::Engine::kSqlite ? "INTEGER" : "BIGINT";
  const std::pair<std::string_view, std::string> columns[] = {
      {"rollup_total", OwnColumn(metric)}, {"rollup_total", SumColumn(metric)}, {"rollup_edge", SumColumn(metric)}};
  for (const auto& [table, column] : columns) {
    const std::string text = fmt::format("ALTER TABLE {} ADD COLUMN {} {} NOT NULL DEFAULT 0", table, column, type);
    RONGHE_RETURN_IF_ERROR(session.Execute({"rollup_add_column", text}).status());
  }
  return session.Execute(kAddName, {metric.name}).status();
}

std::string Join(const MetricSet& metrics, std::string (*column)(const MetricSet::Metric&)) {
  std::string text;
  for (const MetricSet::Metric& metric : metrics.all()) text += ", " + column(metric);
  return text;
}

}  // namespace

absl::Status MigrateRollup(sql::Database& database, const MetricSet& metrics) {
  RONGHE_RETURN_IF_ERROR(sql::Migrate(database, "rollup", rollup::Migrations()));
  RONGHE_ASSIGN_OR_RETURN(const int pending, PendingRollupMigrations(database, metrics));
  if (pending == 0) return absl::OkStatus();
  const auto add = [&](sql::Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kLock).status());
    RONGHE_ASSIGN_OR_RETURN(const absl::flat_hash_set<std::string> names, Names(session));
    for (const MetricSet::Metric& metric : metrics.all()) {
      if (!names.contains(metric.name)) RONGHE_RETURN_IF_ERROR(AddColumns(session, metric));
    }
    return absl::OkStatus();
  };
  // Processes of the release before may be folding and reading: their transactions take the same locks in another
  // order, and either side may be the one that is ended for it.
  absl::Status added = database.Write(Deadline(), add);
  for (int retries = 0; absl::IsAborted(added) && retries < kRetries; ++retries)
    added = database.Write(Deadline(), add);
  return added;
}

absl::StatusOr<int> PendingRollupMigrations(sql::Database& database, const MetricSet& metrics) {
  RONGHE_ASSIGN_OR_RETURN(int pending, sql::PendingMigrations(database, "rollup", rollup::Migrations()));
  if (pending > 0) return pending + static_cast<int>(metrics.size());
  RONGHE_RETURN_IF_ERROR(database.Read(Deadline(), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const absl::flat_hash_set<std::string> names, Names(session));
    for (const MetricSet::Metric& metric : metrics.all()) pending += names.contains(metric.name) ? 0 : 1;
    return absl::OkStatus();
  }));
  return pending;
}

std::string OwnColumns(const MetricSet& metrics) {
  return Join(metrics, OwnColumn);
}

std::string SumColumns(const MetricSet& metrics) {
  return Join(metrics, SumColumn);
}

}  // namespace ronghe::common
