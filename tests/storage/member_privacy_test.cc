#include <gmock/gmock.h>

#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

using MemberPrivacyTest = MemberStoreTest;
INSTANTIATE_ENGINES(MemberPrivacyTest);

KeyRing RingOf(const std::string& text) {
  return KeyRing::Parse(text, "keys").value();
}

TEST_P(MemberPrivacyTest, AWrongMasterKeyStopsTheStartAndOpensNothing) {
  Must(keys_->Check(*database_, "member_key", absl::InfiniteFuture()));
  const StoredMember member = Insert({New(1)}).at(0);
  Must(keys_->Check(*database_, "member_key", absl::InfiniteFuture()));

  const KeyRing wrong = RingOf(KeyText('w'));
  EXPECT_EQ(common::ReasonOf(wrong.Check(*database_, "member_key", absl::InfiniteFuture())), "KEY_MISMATCH");
  const PersonVault vault(wrong, random_);
  SqlMemberStore store(*database_, *log_, vault);
  const auto found = store.Find(member.id, absl::InfiniteFuture());
  EXPECT_TRUE(absl::IsInternal(found.status())) << found.status();
  EXPECT_EQ(found.status().ToString().find(member.member.identity_number()), std::string::npos);
  // What needs no personal data still works.
  EXPECT_EQ(store.UnitOf(member.id, absl::InfiniteFuture()).value(), kFirst);
}

TEST_P(MemberPrivacyTest, KeysMayBeAddedAndNeverTakenAwayOrPutBefore) {
  const std::string third = "3:" + absl::Base64Escape(std::string(32, 'c')) + "\n";
  const std::string fourth = "4:" + absl::Base64Escape(std::string(32, 'd')) + "\n";
  Must(RingOf(third).Check(*database_, "member_key", absl::InfiniteFuture()));
  const KeyRing both = RingOf(third + fourth);
  Must(both.Check(*database_, "member_key", absl::InfiniteFuture()));
  EXPECT_EQ(common::ReasonOf(RingOf(fourth).Check(*database_, "member_key", absl::InfiniteFuture())), "KEY_MISMATCH");
  EXPECT_EQ(common::ReasonOf(RingOf(third).Check(*database_, "member_key", absl::InfiniteFuture())), "KEY_MISMATCH");
  EXPECT_EQ(
      common::ReasonOf(RingOf(KeyText('a') + third + fourth).Check(*database_, "member_key", absl::InfiniteFuture())),
      "KEY_MISMATCH");
  Must(both.Check(*database_, "member_key", absl::InfiniteFuture()));
}

TEST_P(MemberPrivacyTest, CiphertextOfAnotherRowIsRefused) {
  const std::vector<StoredMember> made = Insert({New(1), New(2)});
  // Key and content together, so that nothing but the binding to the row can notice.
  for (const char* column : {"wrapped_key", "personal"}) {
    Execute(
        fmt::format("UPDATE member SET {0} = (SELECT m.{0} FROM member m WHERE m.member_id = ?) WHERE member_id = ?",
                    column),
        {made[1].id.value, made[0].id.value});
  }
  const auto found = store_->Find(made[0].id, absl::InfiniteFuture());
  EXPECT_TRUE(absl::IsInternal(found.status())) << found.status();
  EXPECT_TRUE(Find(made[1].id).has_value());
  const std::vector<UnitsOfPartition> units = {{kCounty, {kFirst}}};
  EXPECT_TRUE(absl::IsInternal(store_->List(units, {}, {}, 10, absl::InfiniteFuture()).status()));
}

TEST_P(MemberPrivacyTest, ARowMovedToAnotherPartitionIsRefused) {
  const StoredMember member = Insert({New(1)}).at(0);
  const int64_t moved = member.id.value + 1;  // the same tick in the next partition
  Execute("UPDATE member SET partition_id = 3, member_id = ? WHERE member_id = ?", {moved, member.id.value});
  EXPECT_TRUE(absl::IsInternal(store_->Find(MemberId(moved), absl::InfiniteFuture()).status()));
}

}  // namespace
}  // namespace ronghe::organization
