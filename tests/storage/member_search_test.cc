#include <gmock/gmock.h>

#include "services/organization/storage/member_index_filler.h"
#include "tests/storage/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MemberSearchStoreTest : public MemberStoreTest {
 protected:
  NewMember Named(int64_t number, const std::string& name, UnitUid unit = kFirst) {
    return With(New(number, unit), [&](auto& f) { f.full_name = name; });
  }
  std::vector<MemberId> Found(MemberIndex index, const std::string& value, MemberId after = {}, int limit = 100,
                              PartitionId partition = kCounty) {
    const auto found = store_->FindByIndex(partition, index, value, after, limit, absl::InfiniteFuture());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<MemberId> ids;
    for (const FoundMember& member : *found) ids.push_back(member.id);
    return ids;
  }
};
INSTANTIATE_ENGINES(MemberSearchStoreTest);

TEST_P(MemberSearchStoreTest, FindsByTheBeginningOfTheNameAndAllOfIt) {
  const auto made =
      Insert({Named(1, "王小明"), Named(2, "王小"), Named(3, "王大明"), Named(4, "李小明"), Named(5, "王")});
  EXPECT_THAT(Found(MemberIndex::kNameFirst, "王"), ElementsAre(made[0].id, made[1].id, made[2].id, made[4].id));
  EXPECT_THAT(Found(MemberIndex::kNameTwo, "王小"), ElementsAre(made[0].id, made[1].id));
  // What is longer is cut.
  EXPECT_THAT(Found(MemberIndex::kNameTwo, "王小某"), ElementsAre(made[0].id, made[1].id));
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "王小"), ElementsAre(made[1].id));
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "王"), ElementsAre(made[4].id));
  EXPECT_THAT(Found(MemberIndex::kNameTwo, "明"), IsEmpty());
  EXPECT_THAT(Found(MemberIndex::kNameFirst, "王", made[0].id, 2), ElementsAre(made[1].id, made[2].id));
  EXPECT_THAT(Found(MemberIndex::kNameFirst, "王", {}, 100, kOtherCounty), IsEmpty());
}

TEST_P(MemberSearchStoreTest, WritingsOfANameAreTheSameName) {
  const auto made = Insert({Named(1, "阿依古丽·买买提"), Named(2, "Amy  Li"), Named(3, "欧阳　娜娜")});
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "阿依古丽・买买提"), ElementsAre(made[0].id));
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "AMY LI"), ElementsAre(made[1].id));
  EXPECT_THAT(Found(MemberIndex::kNameFirst, "a"), ElementsAre(made[1].id));
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "欧阳娜娜"), ElementsAre(made[2].id));
}

TEST_P(MemberSearchStoreTest, FindsByPhoneAndIdentityNumber) {
  const auto made = Insert({New(1), New(2)});
  Insert({New(3, kElsewhere)}, kOtherCounty);
  EXPECT_THAT(Found(MemberIndex::kPhone, "138-0000 0002"), ElementsAre(made[1].id));
  EXPECT_THAT(Found(MemberIndex::kPhone, "13800000003"), IsEmpty());
  const auto found = store_->FindByIdentityNumber(tests::Person(3).identity_number, absl::InfiniteFuture());
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->unit, kElsewhere);
  EXPECT_EQ(store_->FindByIdentityNumber(tests::Person(9).identity_number, absl::InfiniteFuture()).value(),
            std::nullopt);
}

TEST_P(MemberSearchStoreTest, AChangedNameAndPhoneAreFoundAnewAndNotAsBefore) {
  const StoredMember before = Insert({Named(1, "王小明")}).at(0);
  ASSERT_TRUE(Replace(before, With({kFirst, before.member},
                                   [](auto& f) {
                                     f.full_name = "李大";
                                     f.phone = "0536-7654321";
                                   }))
                  .ok());
  EXPECT_THAT(Found(MemberIndex::kNameFirst, "王"), IsEmpty());
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "李大"), ElementsAre(before.id));
  EXPECT_THAT(Found(MemberIndex::kPhone, "13800000001"), IsEmpty());
  EXPECT_THAT(Found(MemberIndex::kPhone, "05367654321"), ElementsAre(before.id));
}

TEST_P(MemberSearchStoreTest, RowsFromBeforeAreFilledInTheBackground) {
  std::vector<NewMember> rows;
  for (int i = 1; i <= 450; ++i) rows.push_back(Named(i, i % 2 == 0 ? "王小明" : "李四"));
  const auto made = Insert(rows);
  Insert({Named(900, "王五", kElsewhere)}, kOtherCounty);
  Execute("UPDATE member SET name_1 = NULL, name_2 = NULL, name_all = NULL");
  EXPECT_THAT(Found(MemberIndex::kNameFirst, "王"), IsEmpty());
  std::vector<std::string> errors;
  MemberIndexFiller filler(*database_, *vault_,
                           [&](const absl::Status& status) { errors.push_back(status.ToString()); });
  store_->SetFiller(filler);
  EXPECT_FALSE(store_->NameIndexesComplete());
  // Written meanwhile, with its own.
  ASSERT_TRUE(Replace(made[0], With({kFirst, made[0].member}, [](auto& f) { f.full_name = "赵六"; })).ok());
  // One that nobody can open does not keep the others from being found.
  Execute("UPDATE member SET personal = wrapped_key WHERE member_id = ?", {made[2].id.value});
  Must(filler.FillAll());
  EXPECT_TRUE(store_->NameIndexesComplete());
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member WHERE name_all IS NULL"), 0);
  EXPECT_EQ(Found(MemberIndex::kNameTwo, "王小", {}, 500).size(), 225u);
  EXPECT_EQ(Found(MemberIndex::kNameWhole, "李四", {}, 500).size(), 223u);
  EXPECT_THAT(Found(MemberIndex::kNameWhole, "赵六"), ElementsAre(made[0].id));
  EXPECT_EQ(Found(MemberIndex::kNameFirst, "王", {}, 500, kOtherCounty).size(), 1u);
  // No version of anybody is made by that.
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member_history"), 1);
  Must(filler.FillAll());
  EXPECT_THAT(errors, IsEmpty());
}

TEST_P(MemberSearchStoreTest, TheIndexesMeanNothingWithoutTheKey) {
  const KeyRing other = KeyRing::Parse(KeyText('o'), "keys").value();
  const PersonVault vault(other, random_);
  const NameIndexes mine = vault_->NameIndexesOf("王小明");
  EXPECT_NE(mine.whole, vault.NameIndexesOf("王小明").whole);
  EXPECT_NE(mine.first, mine.two);
  EXPECT_NE(vault_->NameIndexesOf("王").first, vault_->NameIndexesOf("王").whole);
  EXPECT_GT(mine.whole, 0);
}

}  // namespace
}  // namespace ronghe::organization
