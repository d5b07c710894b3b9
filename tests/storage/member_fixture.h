#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include "services/common/audit/sql/sql_audit_log.h"
#include "services/common/changelog/changelog.h"
#include "services/common/values/status.h"
#include "services/organization/storage/migrations/migrations.h"
#include "services/organization/storage/sql_member_occupants.h"
#include "services/organization/storage/sql_member_store.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/people.h"
#include "tests/support/seeded_random.h"

namespace ronghe::organization {

namespace sql = common::sql;
using common::PartitionId;
using common::UnitUid;

// A members' store on an empty database of each engine, with two counties of three units each.
class MemberStoreTest : public tests::EngineTest {
 protected:
  static constexpr PartitionId kCounty{2};
  static constexpr PartitionId kOtherCounty{3};
  static constexpr UnitUid kFirst{101};
  static constexpr UnitUid kSecond{102};
  static constexpr UnitUid kCommittee{103};
  static constexpr UnitUid kElsewhere{201};

  static std::string KeyText(char c) { return "1:" + absl::Base64Escape(std::string(32, c)) + "\n"; }

  void SetUp() override {
    database_ = OpenNew({.readers = 8});
    Must(sql::Migrate(*database_, "changelog", common::ChangeLogMigrations()));
    Must(sql::Migrate(*database_, "organization", organization::Migrations()));
    keys_.emplace(KeyRing::Parse(KeyText('k'), "keys").value());
    vault_.emplace(*keys_, random_);
    log_.emplace(*database_, clock_, random_);
    store_.emplace(*database_, *log_, *vault_);
    AddUnit(kFirst, kCounty, UnitKind::kBranch);
    AddUnit(kSecond, kCounty, UnitKind::kGroup);
    AddUnit(kCommittee, kCounty, UnitKind::kCommittee);
    AddUnit(kElsewhere, kOtherCounty, UnitKind::kBranch);
    call_.actor.key = "issuer|officer";
  }

  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }

  int64_t Execute(std::string text, std::vector<sql::Value> args = {}) {
    int64_t changed = 0;
    Must(database_->Write(absl::InfiniteFuture(), [&](sql::Session& session) -> absl::Status {
      const auto count = session.Execute({"test", text}, std::span<const sql::Value>(args));
      if (count.ok()) changed = *count;
      return count.status();
    }));
    return changed;
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

  void AddUnit(UnitUid uid, PartitionId partition, UnitKind kind) {
    Execute(
        "INSERT INTO unit (partition_id, uid, code, unit_partition, first_day, from_day, recorded_us, revision, "
        "parent_uid, level, kind, state, title, short_title, division_code, sector) "
        "VALUES (0, ?, ?, ?, 0, 0, 0, 1, 0, 5, ?, 1, 'unit', '', '', '')",
        {uid.value, std::to_string(uid.value), partition.value, static_cast<int64_t>(kind)});
  }

  NewMember New(int64_t number, UnitUid unit = kFirst) {
    auto member = Member::Create(tests::Person(number), absl::CivilDay(2026, 11, 16));
    EXPECT_TRUE(member.ok()) << member.status();
    return {unit, *std::move(member)};
  }
  NewMember With(NewMember base, const std::function<void(Member::Fields&)>& change) {
    Member::Fields fields = base.member.ToFields();
    change(fields);
    auto member = Member::Create(fields, absl::CivilDay(2026, 11, 16));
    EXPECT_TRUE(member.ok()) << member.status();
    return {base.unit, *std::move(member)};
  }

  using Results = std::vector<absl::StatusOr<StoredMember>>;
  absl::StatusOr<Results> TryInsert(std::vector<NewMember> rows, PartitionId partition = kCounty) {
    Results results;
    const absl::Status status = store_->Write(partition, call_, [&](MemberTxn& txn) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(results, txn.Insert(rows));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return results;
  }
  std::vector<StoredMember> Insert(std::vector<NewMember> rows, PartitionId partition = kCounty) {
    std::vector<StoredMember> members;
    const auto results = TryInsert(std::move(rows), partition);
    EXPECT_TRUE(results.ok()) << results.status();
    if (!results.ok()) return members;
    for (const auto& result : *results) {
      EXPECT_TRUE(result.ok()) << result.status();
      if (result.ok()) members.push_back(*result);
    }
    return members;
  }
  absl::StatusOr<StoredMember> Replace(const StoredMember& before, const NewMember& after) {
    std::optional<StoredMember> stored;
    const absl::Status status =
        store_->Write(common::PartitionOf(before.id.value), call_, [&](MemberTxn& txn) -> absl::Status {
          RONGHE_ASSIGN_OR_RETURN(stored, txn.Replace(before, after, "update"));
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return *stored;
  }
  std::optional<StoredMember> Find(MemberId id) {
    const auto found = store_->Find(id, absl::InfiniteFuture());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : std::nullopt;
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_;
  std::unique_ptr<sql::Database> database_;
  std::optional<KeyRing> keys_;
  std::optional<PersonVault> vault_;
  std::optional<common::ChangeLog> log_;
  std::optional<SqlMemberStore> store_;
  common::Call call_;
};

}  // namespace ronghe::organization
