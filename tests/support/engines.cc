#include "tests/support/engines.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace ronghe::tests {

std::string EngineTest::NewUrl() {
  if (sqlite()) return fmt::format("sqlite:{}/{}.db", dir_.path(), ++databases_);
  auto url = SharedPostgres().CreateDatabase();
  if (!url.ok()) {
    fmt::print(stderr, "{}\n", url.status().ToString());
    std::abort();
  }
  return *url;
}

std::unique_ptr<common::sql::Database> EngineTest::OpenNew(const common::sql::Options& options) {
  auto database = common::sql::OpenDatabase(NewUrl(), options);
  if (!database.ok()) {
    fmt::print(stderr, "{}\n", database.status().ToString());
    std::abort();
  }
  return *std::move(database);
}

std::string EngineName(const ::testing::TestParamInfo<common::sql::Engine>& info) {
  return info.param == common::sql::Engine::kSqlite ? "Sqlite" : "Postgresql";
}

}  // namespace ronghe::tests
