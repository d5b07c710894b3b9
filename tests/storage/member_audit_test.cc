#include <thread>

#include <gmock/gmock.h>

#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

class AuditLogTest : public MemberStoreTest {
 protected:
  void SetUp() override {
    MemberStoreTest::SetUp();
    audit_.emplace(*database_, clock_);
  }
  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      clock_.Advance(absl::Seconds(1));
      Must(audit_->Append(kCounty, {"issuer|officer", "members.reveal", fmt::format("members/{}", i), "核对", kFirst},
                          absl::InfiniteFuture()));
    }
  }
  common::AuditFinding Verify(std::vector<common::AuditHead> known = {}) {
    const auto finding = audit_->Verify(kCounty, known, absl::InfiniteFuture(), [] { return false; });
    EXPECT_TRUE(finding.ok()) << finding.status();
    return finding.ok() ? *finding : common::AuditFinding{};
  }
  std::optional<common::SqlAuditLog> audit_;
};
INSTANTIATE_ENGINES(AuditLogTest);

TEST_P(AuditLogTest, AChainIsIntact) {
  EXPECT_TRUE(Verify().intact);
  Append(5);
  const common::AuditFinding finding = Verify();
  EXPECT_TRUE(finding.intact);
  EXPECT_EQ(finding.rows, 5);
}

TEST_P(AuditLogTest, EveryChangedColumnIsNoticed) {
  Append(5);
  for (const char* change : {"actor = 'x'", "action = 'x'", "resource = 'x'", "purpose = 'x'", "time_us = time_us + 1",
                             "prev_hash = hash", "hash = prev_hash", "unit_uid = 0", "unit_uid = 102"}) {
    Execute(fmt::format("UPDATE audit_log SET {} WHERE seq = 3", change));
    const common::AuditFinding finding = Verify();
    EXPECT_FALSE(finding.intact) << change;
    EXPECT_GE(finding.broken_at, 3);
    EXPECT_LE(finding.broken_at, 4);
    Execute("DELETE FROM audit_log");
    Execute("DELETE FROM audit_head");
    Append(5);
    EXPECT_TRUE(Verify().intact);
  }
}

TEST_P(AuditLogTest, MissingRowsAreNoticedAlsoAtTheEnd) {
  Append(5);
  Execute("DELETE FROM audit_log WHERE seq = 5");
  common::AuditFinding finding = Verify();
  EXPECT_FALSE(finding.intact);
  EXPECT_EQ(finding.broken_at, 5);
  Execute("DELETE FROM audit_log WHERE seq = 2");
  finding = Verify();
  EXPECT_FALSE(finding.intact);
  EXPECT_EQ(finding.broken_at, 2);
}

TEST_P(AuditLogTest, WritersAtOnceMakeOneChain) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        Must(audit_->Append(kCounty, {fmt::format("actor {}", t), "members.reveal", "members/1", "核对", kFirst},
                            absl::InfiniteFuture()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const common::AuditFinding finding = Verify();
  EXPECT_TRUE(finding.intact);
  EXPECT_EQ(finding.rows, 80);
}

TEST_P(AuditLogTest, SaysWhatIsWrong) {
  Append(5);
  const common::AuditHead head = Verify().head;
  EXPECT_EQ(head.seq, 5);
  EXPECT_EQ(head.hash.size(), 32u);
  EXPECT_EQ(head.partition, kCounty);
  Execute("DELETE FROM audit_log WHERE seq = 5");
  EXPECT_EQ(Verify().fault, common::AuditFault::kCutOff);
  Execute("UPDATE audit_log SET purpose = 'x' WHERE seq = 4");
  EXPECT_EQ(Verify().fault, common::AuditFault::kChanged);
  Execute("DELETE FROM audit_log WHERE seq = 2");
  EXPECT_EQ(Verify().fault, common::AuditFault::kMissing);
  EXPECT_EQ(Verify().rows, 1);
  Execute("DELETE FROM audit_log");
  EXPECT_EQ(Verify().fault, common::AuditFault::kCutOff);
  EXPECT_EQ(Verify().broken_at, 1);
}

TEST_P(AuditLogTest, AHeadThatIsGoneOrBehindIsNoticed) {
  Append(3);
  Execute("UPDATE audit_head SET seq = 2");
  EXPECT_EQ(Verify().fault, common::AuditFault::kHead);
  EXPECT_EQ(Verify().broken_at, 3);
  Execute("DELETE FROM audit_head");
  EXPECT_EQ(Verify().fault, common::AuditFault::kHead);
  EXPECT_EQ(Verify().broken_at, 1);
}

// Whoever can write to the database can make another whole chain; not one that holds a head which somebody else kept.
TEST_P(AuditLogTest, AKnownHeadIsHeldAgainstTheChain) {
  Append(3);
  const common::AuditHead third = Verify().head;
  Append(2);
  EXPECT_TRUE(Verify({third}).intact);
  const common::AuditHead fifth = Verify().head;
  Execute("DELETE FROM audit_log");
  Execute("DELETE FROM audit_head");
  Append(4);
  EXPECT_TRUE(Verify().intact);
  const common::AuditFinding finding = Verify({third});
  EXPECT_EQ(finding.fault, common::AuditFault::kKnownHead);
  EXPECT_EQ(finding.broken_at, 3);
  EXPECT_EQ(Verify({fifth}).fault, common::AuditFault::kKnownHead);
  EXPECT_EQ(Verify({fifth}).broken_at, 5);
}

TEST_P(AuditLogTest, ReadsAChainInPiecesAndStopsWhenTheCallerHasGone) {
  Append(1203);
  const common::AuditFinding finding = Verify();
  EXPECT_TRUE(finding.intact);
  EXPECT_EQ(finding.rows, 1203);
  int asked = 0;
  const auto gone = audit_->Verify(kCounty, {}, absl::InfiniteFuture(), [&] { return ++asked == 2; });
  EXPECT_TRUE(absl::IsCancelled(gone.status())) << gone.status();
  EXPECT_EQ(asked, 2);
}

TEST_P(AuditLogTest, EntriesWithoutAUnitStayValid) {
  Must(audit_->Append(kCounty, {"a", "members.reveal", "members/1", "核对"}, absl::InfiniteFuture()));
  EXPECT_TRUE(Verify().intact);
  Execute("UPDATE audit_log SET unit_uid = 101");
  EXPECT_FALSE(Verify().intact);
}

TEST_P(AuditLogTest, ListsTheNewestFirstAndFilters) {
  Append(5);
  const auto list = [&](common::AuditFilter filter, int64_t before, int limit) {
    const auto entries = audit_->List(kCounty, filter, before, limit, absl::InfiniteFuture());
    EXPECT_TRUE(entries.ok()) << entries.status();
    std::vector<int64_t> seqs;
    for (const common::AuditEntry& entry : *entries) seqs.push_back(entry.seq);
    return seqs;
  };
  using Seqs = std::vector<int64_t>;
  EXPECT_EQ(list({}, 100, 3), (Seqs{5, 4, 3}));
  EXPECT_EQ(list({}, 3, 3), (Seqs{2, 1}));
  EXPECT_EQ(list({.actor = "issuer|officer", .resource = "members/3"}, 100, 3), (Seqs{4}));
  EXPECT_EQ(list({.actor = "nobody", .resource = ""}, 100, 3), Seqs{});
  common::AuditFilter time;
  time.start = clock_.Now() - absl::Seconds(2);
  time.end = clock_.Now();
  EXPECT_EQ(list(time, 100, 10), (Seqs{4, 3}));
  const auto entries = audit_->List(kCounty, {}, 2, 1, absl::InfiniteFuture());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->at(0).reading.purpose, "核对");
  EXPECT_EQ(entries->at(0).reading.unit, kFirst);
}

}  // namespace
}  // namespace ronghe::organization
