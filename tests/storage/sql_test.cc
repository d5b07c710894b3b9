#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <absl/time/clock.h>

#include "services/common/values/status.h"
#include "tests/support/engines.h"

// What both engines do alike: values, errors, transactions, bulk.
namespace ronghe::common::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Query kCreate{"test.create",
                        "CREATE TABLE item (id BIGINT NOT NULL, name TEXT NOT NULL, note TEXT, data BYTEA, PRIMARY KEY "
                        "(id), UNIQUE (name))"};
constexpr Query kCreateSqlite{"test.create",
                              "CREATE TABLE item (id INTEGER NOT NULL, name TEXT NOT NULL, note TEXT, data BLOB, "
                              "PRIMARY KEY (id), UNIQUE (name)) STRICT"};
constexpr Query kInsert{"test.insert", "INSERT INTO item (id, name, note, data) VALUES (?, ?, ?, ?)"};
constexpr Query kInsertNew{"test.insert_new", "INSERT INTO item (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING"};
constexpr Query kSelect{"test.select", "SELECT id, name, note, data FROM item WHERE id = ?"};
constexpr Query kCount{"test.count", "SELECT COUNT(*) FROM item"};
constexpr Query kRename{"test.rename", "UPDATE item SET name = ? WHERE id = ?"};
constexpr Query kLong{"test.long",
                      "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < "
                      "10000000000) SELECT COUNT(*) FROM n"};

absl::Time Soon() {
  return absl::Now() + absl::Seconds(30);
}

class SqlTest : public tests::EngineTest {
 protected:
  void SetUp() override {
    database_ = OpenNew();
    ASSERT_TRUE(Run(sqlite() ? kCreateSqlite : kCreate, {}).ok());
  }

  absl::StatusOr<int64_t> Run(const Query& query, std::initializer_list<Value> args) {
    int64_t changed = 0;
    absl::Status status = database_->Write(Soon(), [&](Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(changed, session.Execute(query, args));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return changed;
  }

  int64_t CountItems() {
    int64_t count = -1;
    EXPECT_TRUE(database_
                    ->Read(Soon(),
                           [&](Session& session) {
                             return session
                                 .SelectOne(kCount, {},
                                            [&](const Row& row) {
                                              count = row.Int(0);
                                              return absl::OkStatus();
                                            })
                                 .status();
                           })
                    .ok());
    return count;
  }

  // What is stored comes back as it was.
  void ExpectRoundTrip(int64_t id, const std::string& name, const Value& note, const Value& data) {
    ASSERT_TRUE(Run(kInsert, {id, name, note, data}).ok());
    absl::Status status = database_->Read(Soon(), [&](Session& session) {
      return session
          .SelectOne(kSelect, {id},
                     [&](const Row& row) {
                       EXPECT_EQ(row.Int(0), id);
                       EXPECT_EQ(row.Text(1), name);
                       EXPECT_EQ(row.IsNull(2), std::holds_alternative<Null>(note));
                       EXPECT_EQ(row.IsNull(3), std::holds_alternative<Null>(data));
                       if (auto* text = std::get_if<std::string>(&note)) {
                         EXPECT_EQ(row.Text(2), *text);
                       }
                       if (auto* blob = std::get_if<Blob>(&data)) {
                         EXPECT_EQ(row.Bytes(3), blob->bytes);
                       }
                       if (row.IsNull(2)) {
                         EXPECT_EQ(row.Text(2), "");
                       }
                       if (row.IsNull(3)) {
                         EXPECT_EQ(row.Bytes(3), "");
                       }
                       return absl::OkStatus();
                     })
          .status();
    });
    EXPECT_TRUE(status.ok()) << status;
  }

  std::unique_ptr<Database> database_;
};
INSTANTIATE_ENGINES(SqlTest);

TEST_P(SqlTest, ValuesComeBackAsTheyWere) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  ExpectRoundTrip(kMin, "最小", std::string("O'Brien \\ \t\n\r \"?\" $1"), Blob{all_bytes});
  ExpectRoundTrip(kMax, "最大", std::string(), Blob{});
  ExpectRoundTrip(0, "", Null{}, Null{});
  ExpectRoundTrip(-1, "𠮷野家😀", Null{}, Blob{std::string(1, '\0')});
  ExpectRoundTrip(1, std::string(100'000, 'x'), std::string("\\N"), Blob{"\\x00"});
}

TEST_P(SqlTest, BulkInsertKeepsValuesToo) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  std::vector<std::vector<Value>> rows = {
      {std::numeric_limits<int64_t>::min(), std::string("a\tb\nc\\d\re"), std::string("\\N"), Blob{all_bytes}},
      {std::numeric_limits<int64_t>::max(), std::string(), Null{}, Null{}},
      {int64_t{0}, std::string("𠮷\\."), std::string("\\."), Blob{}}};
  constexpr std::string_view kColumns[] = {"id", "name", "note", "data"};
  ASSERT_TRUE(
      database_
          ->Write(Soon(), [&](Session& session) { return session.BulkInsert("test.bulk", "item", kColumns, rows); })
          .ok());
  size_t seen = 0;
  ASSERT_TRUE(database_
                  ->Read(Soon(),
                         [&](Session& session) {
                           return session.Select({"test.all", "SELECT id, name, note, data FROM item ORDER BY id"}, {},
                                                 [&](const Row& row) {
                                                   const auto& expected = rows[seen == 0 ? 0 : seen == 1 ? 2 : 1];
                                                   EXPECT_EQ(row.Int(0), std::get<int64_t>(expected[0]));
                                                   EXPECT_EQ(row.Text(1), std::get<std::string>(expected[1]));
                                                   EXPECT_EQ(row.IsNull(2), std::holds_alternative<Null>(expected[2]));
                                                   if (!row.IsNull(2)) {
                                                     EXPECT_EQ(row.Text(2), std::get<std::string>(expected[2]));
                                                   }
                                                   EXPECT_EQ(row.IsNull(3), std::holds_alternative<Null>(expected[3]));
                                                   if (!row.IsNull(3)) {
                                                     EXPECT_EQ(row.Bytes(3), std::get<Blob>(expected[3]).bytes);
                                                   }
                                                   ++seen;
                                                   return absl::OkStatus();
                                                 });
                         })
                  .ok());
  EXPECT_EQ(seen, rows.size());
}

TEST_P(SqlTest, TextThatIsNotCleanUtf8IsRefused) {
  for (const std::string& bad : {std::string("a\0b", 3), std::string("\xff"), std::string("\xed\xa0\x80")}) {
    auto status = Run(kInsert, {1, bad, Null{}, Null{}}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  }
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(SqlTest, AnErrorRollsBack) {
  absl::Status status = database_->Write(Soon(), [](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsertNew, {1, "a"}).status());
    return NotFound("items/2");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(SqlTest, ACommitIsThereForEverybody) {
  ASSERT_TRUE(Run(kInsertNew, {1, "a"}).ok());
  EXPECT_EQ(CountItems(), 1);
}

TEST_P(SqlTest, RowsChangedAreCounted) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(*Run(kInsertNew, {i, std::to_string(i)}), 1);
  EXPECT_EQ(*Run(kInsertNew, {1, "another"}), 0);
  EXPECT_EQ(*Run(kInsertNew, {9, "1"}), 0);
  EXPECT_EQ(*Run({"test.note", "UPDATE item SET note = ? WHERE id >= ?"}, {"n", 1}), 2);
  EXPECT_EQ(*Run({"test.note", "UPDATE item SET note = ? WHERE id >= ?"}, {"n", 5}), 0);
  EXPECT_EQ(*Run({"test.returning", "UPDATE item SET note = ? WHERE id < ? RETURNING id"}, {"m", 2}), 2);
  EXPECT_EQ(*Run({"test.view", "CREATE VIEW notes AS SELECT note FROM item"}, {}), 0);
  EXPECT_EQ(*Run({"test.select", "SELECT id FROM item"}, {}), 0);
  EXPECT_EQ(*Run({"test.delete", "DELETE FROM item"}, {}), 3);
}

TEST_P(SqlTest, AUniqueViolationHasItsReasonAndNoValues) {
  ASSERT_TRUE(Run(kInsertNew, {1, "secret-name"}).ok());
  for (const auto& status : {Run(kInsert, {2, "secret-name", Null{}, Null{}}).status(),
                             Run(kInsert, {1, "secret-other", Null{}, Null{}}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(ReasonOf(status), "UNIQUE");
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
    EXPECT_THAT(LogOf(status), HasSubstr("test.insert"));
  }
  EXPECT_EQ(CountItems(), 1);
}

TEST_P(SqlTest, OtherErrorsAreInternalWithoutValues) {
  std::vector<absl::Status> statuses = {
      Run({"test.null", "INSERT INTO item (id, note) VALUES (?, ?)"}, {1, "secret"}).status(),
      Run({"test.type", "UPDATE item SET id = ? WHERE id = 1"}, {"secret"}).status(),
      Run({"test.syntax", "UPDATE item SETT id = ?"}, {"secret"}).status(),
      Run({"test.table", "DELETE FROM nothing WHERE id = ?"}, {"secret"}).status(),
      Run({"test.two", "DELETE FROM item; DELETE FROM item"}, {}).status(),
      Run(kRename, {"secret"}).status(),
  };
  // Without a row SQLite does not look at the type.
  if (sqlite()) statuses.erase(statuses.begin() + 1);
  for (const absl::Status& status : statuses) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
    EXPECT_THAT(SerializedDetails(status), Not(HasSubstr("item")));
  }
}

TEST_P(SqlTest, BulkErrorsFailTheTransactionWithoutValues) {
  constexpr std::string_view kColumns[] = {"id", "name"};
  auto bulk = [&](std::vector<std::vector<Value>> rows) {
    return database_->Write(Soon(), [&](Session& session) -> absl::Status {
      session.BulkInsert("test.bulk", "item", kColumns, rows).IgnoreError();
      return absl::OkStatus();
    });
  };
  EXPECT_EQ(ReasonOf(bulk({{1, "secret"}, {2, "secret"}})), "UNIQUE");
  absl::Status null = bulk({{1, "secret"}, {2, Null{}}});
  EXPECT_EQ(null.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(null.ToString(), Not(HasSubstr("secret")));
  EXPECT_EQ(bulk({{1, "a"}, {2}}).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(CountItems(), 0);
  EXPECT_TRUE(bulk({}).ok());
}

TEST_P(SqlTest, AFailedStatementLosesTheTransaction) {
  absl::Status later;
  absl::Status status = database_->Write(Soon(), [&](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsertNew, {1, "a"}).status());
    session.Execute(kInsert, {1, "b", Null{}, Null{}}).status().IgnoreError();
    later = session.Execute(kInsertNew, {2, "c"}).status();
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(status), "UNIQUE");
  EXPECT_EQ(ReasonOf(later), "UNIQUE");
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(SqlTest, QueuedStatementsKeepTheirOrderAndAreCommitted) {
  const absl::Status written = database_->Write(Soon(), [](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Queue(kInsert, {int64_t{1}, "one", Null{}, Null{}}));
    RONGHE_RETURN_IF_ERROR(session.Queue(kInsert, {int64_t{2}, "two", Null{}, Null{}}));
    RONGHE_RETURN_IF_ERROR(session.Queue(kRename, {"zwei", int64_t{2}}));
    // What is asked next sees them, and gets its own result.
    bool found = false;
    RONGHE_ASSIGN_OR_RETURN(found, session.SelectOne(kSelect, {int64_t{2}}, [](const Row& row) {
      EXPECT_EQ(row.Text(1), "zwei");
      return absl::OkStatus();
    }));
    EXPECT_TRUE(found);
    RONGHE_RETURN_IF_ERROR(session.Queue(kRename, {"two", int64_t{2}}));
    RONGHE_ASSIGN_OR_RETURN(const int64_t changed, session.Execute(kRename, {"eins", int64_t{1}}));
    EXPECT_EQ(changed, 1);
    return session.Queue(kInsert, {int64_t{3}, "three", Null{}, Null{}});
  });
  ASSERT_TRUE(written.ok()) << LogOf(written);
  EXPECT_EQ(CountItems(), 3);
}

TEST_P(SqlTest, AQueuedStatementThatFailsFailsTheCommit) {
  ASSERT_TRUE(Run(kInsert, {int64_t{1}, "one", Null{}, Null{}}).ok());
  const absl::Status written = database_->Write(Soon(), [](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {int64_t{2}, "two", Null{}, Null{}}).status());
    // Whether it shows here or at the commit is the engine's.
    session.Queue(kInsert, {int64_t{3}, "one", Null{}, Null{}}).IgnoreError();
    session.Queue(kInsert, {int64_t{4}, "four", Null{}, Null{}}).IgnoreError();
    return absl::OkStatus();
  });
  EXPECT_EQ(written.code(), absl::StatusCode::kAlreadyExists) << LogOf(written);
  EXPECT_EQ(ReasonOf(written), "UNIQUE");
  EXPECT_THAT(LogOf(written), HasSubstr("test.insert"));
  EXPECT_EQ(CountItems(), 1);
  // The connection is good for another transaction, which is one.
  const absl::Status refused = database_->Write(Soon(), [](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {int64_t{5}, "five", Null{}, Null{}}).status());
    return absl::CancelledError("no");
  });
  EXPECT_EQ(refused.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(CountItems(), 1);
  EXPECT_TRUE(Run(kInsert, {int64_t{6}, "six", Null{}, Null{}}).ok());
  EXPECT_EQ(CountItems(), 2);
}

TEST_P(SqlTest, AQueuedStatementThatFailsFailsTheNextOne) {
  ASSERT_TRUE(Run(kInsert, {int64_t{1}, "one", Null{}, Null{}}).ok());
  const absl::Status written = database_->Write(Soon(), [](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {int64_t{2}, "two", Null{}, Null{}}).status());
    session.Queue(kInsert, {int64_t{1}, "again", Null{}, Null{}}).IgnoreError();
    EXPECT_FALSE(session.Execute(kInsert, {int64_t{3}, "three", Null{}, Null{}}).ok());
    return absl::OkStatus();
  });
  EXPECT_EQ(written.code(), absl::StatusCode::kAlreadyExists) << LogOf(written);
  EXPECT_EQ(CountItems(), 1);
}

TEST_P(SqlTest, BulkInsertTakesManyRows) {
  constexpr int kRows = 10'000;
  std::vector<std::vector<Value>> rows;
  for (int64_t i = 0; i < kRows; ++i) rows.push_back({i, "第" + std::to_string(i), Null{}, Blob{"x"}});
  constexpr std::string_view kColumns[] = {"id", "name", "note", "data"};
  ASSERT_TRUE(database_
                  ->Write(Soon(),
                          [&](Session& session) -> absl::Status {
                            RONGHE_RETURN_IF_ERROR(session.Execute(kInsertNew, {-1, "before"}).status());
                            RONGHE_RETURN_IF_ERROR(session.BulkInsert("test.bulk", "item", kColumns, rows));
                            return session.Execute(kInsertNew, {-2, "after"}).status();
                          })
                  .ok());
  EXPECT_EQ(CountItems(), kRows + 2);
}

TEST_P(SqlTest, StatementsMayBeNested) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Run(kInsertNew, {i, std::to_string(i)}).ok());
  int pairs = 0;
  const Query all{"test.all", "SELECT id FROM item ORDER BY id"};
  ASSERT_TRUE(database_
                  ->Read(Soon(),
                         [&](Session& session) {
                           return session.Select(all, {}, [&](const Row& outer) {
                             int64_t id = outer.Int(0);
                             return session.Select(all, {}, [&, id](const Row& inner) {
                               pairs += inner.Int(0) <= id ? 1 : 0;
                               return absl::OkStatus();
                             });
                           });
                         })
                  .ok());
  EXPECT_EQ(pairs, 15);
}

TEST_P(SqlTest, AnErrorOfTheReaderEndsTheQuery) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Run(kInsertNew, {i, std::to_string(i)}).ok());
  int seen = 0;
  absl::Status status = database_->Read(Soon(), [&](Session& session) {
    return session.Select({"test.all", "SELECT id FROM item"}, {},
                          [&](const Row&) { return ++seen == 2 ? Cancelled() : absl::OkStatus(); });
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(seen, 2);
}

TEST_P(SqlTest, SelectOneWantsAtMostOneRow) {
  ASSERT_TRUE(Run(kInsertNew, {1, "a"}).ok());
  ASSERT_TRUE(Run(kInsertNew, {2, "b"}).ok());
  auto read = [](const Row&) { return absl::OkStatus(); };
  database_
      ->Read(Soon(),
             [&](Session& session) {
               EXPECT_EQ(*session.SelectOne(kSelect, {1}, read), true);
               EXPECT_EQ(*session.SelectOne(kSelect, {3}, read), false);
               EXPECT_EQ(session.SelectOne({"test.all", "SELECT id FROM item"}, {}, read).status().code(),
                         absl::StatusCode::kInternal);
               return absl::OkStatus();
             })
      .IgnoreError();
}

TEST_P(SqlTest, ADeadlineCutsALongQueryOff) {
  for (int i = 0; i < 2; ++i) {
    absl::Time begin = absl::Now();
    auto body = [](Session& session) { return session.Select(kLong, {}, [](const Row&) { return absl::OkStatus(); }); };
    absl::Time deadline = begin + absl::Milliseconds(150);
    absl::Status status = i == 0 ? database_->Read(deadline, body) : database_->Write(deadline, body);
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  }
  EXPECT_TRUE(database_->Ping(Soon()).ok());
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(SqlTest, APassedDeadlineDoesNothing) {
  bool ran = false;
  absl::Status status = database_->Write(absl::Now() - absl::Seconds(1), [&](Session&) {
    ran = true;
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(ran);
  EXPECT_EQ(database_->Ping(absl::Now() - absl::Seconds(1)).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(SqlTest, ADeadlineBetweenStatementsRollsBack) {
  absl::Time deadline = absl::Now() + absl::Milliseconds(200);
  absl::Status status = database_->Write(deadline, [&](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsertNew, {1, "a"}).status());
    while (absl::Now() < deadline) {
    }
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(SqlTest, NoDeadlineIsFine) {
  EXPECT_TRUE(database_->Ping(absl::InfiniteFuture()).ok());
  EXPECT_TRUE(database_
                  ->Write(absl::InfiniteFuture(),
                          [](Session& session) {
                            return session.Execute(kInsertNew, {1, "a"}).status();
                          })
                  .ok());
}

TEST_P(SqlTest, AReadCannotWrite) {
  absl::Status status = database_->Read(Soon(), [](Session& session) {
    return session.Execute(kInsertNew, {1, "a"}).status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(SqlTest, StatementsArePreparedOncePerText) {
  // Also where arguments come with other types than the first time, and more statements than are kept.
  for (int round = 0; round < 2; ++round) {
    for (int64_t i = 0; i < 700; ++i) {
      std::string text = "SELECT id FROM item WHERE id = ? AND id < " + std::to_string(i);
      ASSERT_TRUE(database_
                      ->Read(Soon(),
                             [&](Session& session) {
                               return session
                                   .SelectOne({"test.many", text}, {i}, [](const Row&) { return absl::OkStatus(); })
                                   .status();
                             })
                      .ok());
    }
  }
  EXPECT_EQ(*Run(kInsert, {1, "a", Null{}, Null{}}), 1);
  EXPECT_EQ(*Run(kInsert, {2, "b", "text", Blob{"bytes"}}), 1);
  EXPECT_EQ(*Run(kInsert, {3, "c", Null{}, Null{}}), 1);
}

TEST(SqlHelpersTest, PlaceholdersAndTheirNumber) {
  EXPECT_EQ(Placeholders(0), "");
  EXPECT_EQ(Placeholders(1), "?");
  EXPECT_EQ(Placeholders(3), "?, ?, ?");
  EXPECT_EQ(PaddedCount(0), 1);
  EXPECT_EQ(PaddedCount(1), 1);
  EXPECT_EQ(PaddedCount(3), 4);
  EXPECT_EQ(PaddedCount(257), 512);
  EXPECT_EQ(PaddedCount(512), 512);
}

TEST(SqlHelpersTest, UnknownUrlsAreRefused) {
  for (const char* url : {"", "sqlite:", "mysql://x", "/tmp/x", "postgresql://%zz"}) {
    EXPECT_EQ(OpenDatabase(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
  EXPECT_EQ(OpenDatabase("sqlite:/nowhere/at/all").status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace ronghe::common::sql
