#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "services/common/sql/database.h"
#include "tests/support/postgres.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// A suite that runs on every engine: derive from it, write TEST_P, and `INSTANTIATE_ENGINES(Suite);`.
//
//   class UnitStoreTest : public tests::EngineTest {};
//   INSTANTIATE_ENGINES(UnitStoreTest);
//   TEST_P(UnitStoreTest, KeepsWhatItGot) { auto database = OpenNew(); … }
class EngineTest : public ::testing::TestWithParam<common::sql::Engine> {
 protected:
  // Of a new, empty database: a file in the test's own folder, or a database of the shared server.
  std::string NewUrl();
  // The same, opened. Aborts the program if that fails.
  std::unique_ptr<common::sql::Database> OpenNew(const common::sql::Options& options = {});
  common::sql::Engine engine() const { return GetParam(); }
  bool sqlite() const { return GetParam() == common::sql::Engine::kSqlite; }
  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  int databases_ = 0;
};

std::string EngineName(const ::testing::TestParamInfo<common::sql::Engine>& info);

}  // namespace ronghe::tests

#define INSTANTIATE_ENGINES(Suite)                                                                           \
  INSTANTIATE_TEST_SUITE_P(                                                                                  \
      Engines, Suite,                                                                                        \
      ::testing::Values(::ronghe::common::sql::Engine::kSqlite, ::ronghe::common::sql::Engine::kPostgresql), \
      ::ronghe::tests::EngineName)
