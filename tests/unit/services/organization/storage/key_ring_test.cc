#include "services/organization/storage/key_ring.h"

#include <fstream>
#include <set>

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "services/organization/storage/person_vault.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temp_dir.h"

namespace ronghe::organization {
namespace {

std::string Line(int version, char c) {
  return fmt::format("{}:{}\n", version, absl::Base64Escape(std::string(32, c)));
}

KeyRing Ring(const std::string& text) {
  auto ring = KeyRing::Parse(text, "keys");
  EXPECT_TRUE(ring.ok()) << ring.status();
  return *std::move(ring);
}

TEST(KeyRingTest, RefusesBadFilesWithoutShowingThem) {
  const std::string key = absl::Base64Escape(std::string(32, 'k'));
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("# nothing\n"), key + "\n", ":" + key, "0:" + key, "-1:" + key,
        "x1:" + key, "1x:" + key, "1 :" + key, "99999999999999999999:" + key, std::string("1:"), std::string("1:%%%%"),
        "1:" + absl::Base64Escape(std::string(31, 'k')), "1:" + absl::Base64Escape(std::string(33, 'k')),
        Line(1, 'a') + Line(1, 'b')}) {
    const auto ring = KeyRing::Parse(text, "keys");
    EXPECT_TRUE(absl::IsFailedPrecondition(ring.status())) << text;
    EXPECT_EQ(common::ReasonOf(ring.status()), "MASTER_KEY");
    EXPECT_EQ(ring.status().ToString().find(key), std::string::npos);
  }
  const auto missing = KeyRing::Load("/nowhere/master.key");
  EXPECT_EQ(common::ReasonOf(missing.status()), "MASTER_KEY");
  EXPECT_NE(common::TextOf(missing.status()).en.find("/nowhere/master.key"), std::string::npos);
}

TEST(KeyRingTest, LoadsCommentsAndLineEndsOfAnyKind) {
  tests::TempDir dir;
  const std::string file = dir.File("keys");
  std::ofstream(file) << "# made by deploy\r\n"
                      << "2:" << absl::Base64Escape(std::string(32, 'b')) << "\r\n"
                      << "\n"
                      << Line(1, 'a');
  const auto ring = KeyRing::Load(file);
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->current_version(), 2);
}

TEST(KeyRingTest, NewKeysTakeTheHighestVersionAndOldOnesStayReadable) {
  tests::SeededRandom random;
  const KeyRing old_ring = Ring(Line(1, 'a'));
  const KeyRing::NewKey old_key = old_ring.MakeKey("row", random);
  const std::string sealed = old_key.key.Seal("row", "secret", random);

  const KeyRing ring = Ring(Line(1, 'a') + Line(7, 'b'));
  EXPECT_EQ(ring.MakeKey("row", random).wrapped.version, 7);
  const auto key = ring.Unwrap("row", old_key.wrapped);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->Open("row", sealed).value(), "secret");
  EXPECT_TRUE(absl::IsDataLoss(key->Open("other row", sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(ring.Unwrap("other row", old_key.wrapped).status()));
  EXPECT_TRUE(absl::IsDataLoss(Ring(Line(1, 'x')).Unwrap("row", old_key.wrapped).status()));
  EXPECT_EQ(common::ReasonOf(Ring(Line(7, 'b')).Unwrap("row", old_key.wrapped).status()), "KEY_MISSING");
}

TEST(KeyRingTest, BlindIndexesStayWhenAKeyIsAdded) {
  const KeyRing before = Ring(Line(1, 'a'));
  const KeyRing after = Ring(Line(1, 'a') + Line(2, 'b'));
  EXPECT_EQ(before.BlindIndex("phone", "1"), after.BlindIndex("phone", "1"));
  EXPECT_NE(before.BlindIndex("phone", "1"), before.BlindIndex("identity_number", "1"));
  EXPECT_NE(before.BlindIndex("phone", "1"), Ring(Line(1, 'x')).BlindIndex("phone", "1"));
  EXPECT_NE(before.BlindIndex("a", "bc"), before.BlindIndex("ab", "c"));
}

class PersonVaultTest : public ::testing::Test {
 protected:
  const PersonalData person_{"王小明", absl::CivilDay(1944, 2, 29), "370783194402290018", "138 0013 8000"};
  const MemberId id_{common::MakeId(77, common::PartitionId(5))};
  tests::SeededRandom random_;
  KeyRing ring_ = Ring(Line(1, 'a'));
  PersonVault vault_{ring_, random_};
};

TEST_F(PersonVaultTest, GivesBackWhatItGot) {
  const SealedPerson sealed = vault_.Seal(id_, person_);
  const auto opened = vault_.Open(id_, sealed);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, person_);
  EXPECT_EQ(sealed.content.find("370783"), std::string::npos);

  PersonalData other = person_;
  other.phone = "";
  const auto resealed = vault_.Reseal(id_, sealed.key, other);
  ASSERT_TRUE(resealed.ok());
  EXPECT_EQ(vault_.Open(id_, *resealed).value(), other);
  EXPECT_EQ(vault_.Open(id_, sealed).value(), person_);
}

TEST_F(PersonVaultTest, OpensInNoOtherRowAndSaysWhichWithoutSayingWhat) {
  const SealedPerson sealed = vault_.Seal(id_, person_);
  const MemberId other(common::MakeId(77, common::PartitionId(6)));
  const auto opened = vault_.Open(other, sealed);
  EXPECT_TRUE(absl::IsInternal(opened.status()));
  EXPECT_EQ(opened.status().ToString().find("370783"), std::string::npos);
  SealedPerson mixed = vault_.Seal(id_, person_);
  mixed.content = sealed.content;
  EXPECT_FALSE(vault_.Open(id_, mixed).ok());
}

TEST_F(PersonVaultTest, EveryPersonHasAnotherKeyAndEverySealAnotherNonce) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const SealedPerson sealed = vault_.Seal(id_, person_);
    EXPECT_TRUE(seen.insert(sealed.content).second);
    EXPECT_TRUE(seen.insert(sealed.key.bytes).second);
    EXPECT_TRUE(seen.insert(vault_.Reseal(id_, sealed.key, person_)->content).second);
  }
}

TEST_F(PersonVaultTest, OnePhoneHasOneIndexHoweverItIsWritten) {
  EXPECT_EQ(vault_.PhoneIndex("138-0013 8000"), vault_.PhoneIndex("13800138000"));
  EXPECT_EQ(vault_.PhoneIndex(""), "");
  EXPECT_EQ(vault_.IdentityIndex("370783194402290018").size(), 32u);
}

TEST(PersonalDataTest, RefusesEveryOtherForm) {
  const PersonalData person{"王", absl::CivilDay(1980, 5, 17), "370783198005170018", ""};
  const std::string bytes = person.Serialize();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(PersonalData::Parse(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(PersonalData::Parse(bytes + "x").ok());
  EXPECT_FALSE(PersonalData::Parse("\x02" + bytes.substr(1)).ok());
  EXPECT_EQ(PersonalData::Parse(bytes).value(), person);
}

}  // namespace
}  // namespace ronghe::organization
