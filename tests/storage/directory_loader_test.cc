#include "services/organization/storage/directory_loader.h"

#include "services/organization/storage/sql_access_store.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

class DirectoryLoaderTest : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    access_.emplace(*database_, *log_);
  }
  int64_t AddPrincipal(const std::string& subject) {
    int64_t id = 0;
    Must(access_
             ->Write(call_,
                     [&](AccessTxn& txn) -> absl::Status {
                       Principal principal;
                       principal.issuer = "issuer";
                       principal.subject = subject;
                       RONGHE_ASSIGN_OR_RETURN(principal, txn.InsertPrincipal(principal));
                       id = principal.id;
                       Grant grant;
                       grant.principal_id = id;
                       grant.role = Role::kViewer;
                       grant.start = txn.now();
                       return txn.InsertGrant(grant).status();
                     })
             .status());
    return id;
  }

  std::optional<SqlAccessStore> access_;
};
INSTANTIATE_ENGINES(DirectoryLoaderTest);

TEST_P(DirectoryLoaderTest, LoadsEverythingInPieces) {
  MakeTree();
  AddPrincipal("li");
  Must(store_
           ->Write(call_, false,
                   [&](UnitTxn& txn) -> absl::Status {
                     const Unit town = *txn.FindByCode("370783104").value();
                     std::vector<Unit> units;
                     for (int i = 0; i < 2100; ++i) {
                       units.push_back(*Unit::Create(txn.NewUid(), town.partition(), town.ref(),
                                                     Fields(fmt::format("X{}", i), Level::kBranch, UnitKind::kBranch),
                                                     RulesToday(), kToday, kToday));
                     }
                     return txn.Insert(std::move(units)).status();
                   })
           .status());
  const int64_t position = publisher_->PublishOnce().value();
  const std::vector<common::DirectoryDelta> pieces = loader_->LoadAll(kNoDeadline).value();
  // Two more carry the places for which the last piece of units had no room.
  ASSERT_THAT(pieces, SizeIs(5));
  size_t units = 0;
  size_t places = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].reset, i == 0);
    EXPECT_EQ(pieces[i].complete, i == 4);
    EXPECT_EQ(pieces[i].position, position);
    EXPECT_EQ(pieces[i].structure_revision, position);  // all of it is structure
    EXPECT_LE(pieces[i].units.size(), 1000u);
    EXPECT_LE(pieces[i].places.size(), 1000u);
    units += pieces[i].units.size();
    places += pieces[i].places.size();
  }
  EXPECT_EQ(units, 2108u);
  EXPECT_EQ(places, 2108u);
  EXPECT_EQ(pieces.back().place_revision, position);
  EXPECT_THAT(pieces[0].principals, SizeIs(1));
  EXPECT_THAT(pieces[0].grants, SizeIs(1));
  Refresh();
  EXPECT_EQ(directory_.unit_count(), 2108);
}

TEST_P(DirectoryLoaderTest, FollowsTheFeed) {
  MakeTree();
  const int64_t position = directory_.position();
  EXPECT_EQ(loader_->After(position, 8, kNoDeadline)->position, position);
  Must(Rename("B1", "renamed").status());
  Must(Move("B2", "370784101").status());
  const int64_t id = AddPrincipal("li");
  Must(publisher_->PublishOnce().status());
  const common::DirectoryDelta delta = loader_->After(position, 8, kNoDeadline).value();
  EXPECT_TRUE(delta.complete);
  EXPECT_FALSE(delta.reset);
  EXPECT_EQ(delta.position, position + 4);
  EXPECT_EQ(delta.structure_revision, 12);
  ASSERT_THAT(delta.units, SizeIs(2));
  EXPECT_EQ(delta.units[0].title, "renamed");
  EXPECT_EQ(delta.units[1].parent, Get("370784101")->uid());
  ASSERT_THAT(delta.principals, SizeIs(1));
  EXPECT_EQ(delta.principals[0].id, id);
  EXPECT_THAT(delta.grants, SizeIs(1));
}

TEST_P(DirectoryLoaderTest, WhatWasErasedIsForgotten) {
  MakeTree();
  const int64_t position = directory_.position();
  const Unit unit = *Get("B1");
  Must(store_->Write(call_, false, [&](UnitTxn& txn) { return txn.Erase({&unit, 1}); }).status());
  Must(publisher_->PublishOnce().status());
  const common::DirectoryDelta delta = loader_->After(position, 8, kNoDeadline).value();
  ASSERT_THAT(delta.units, SizeIs(1));
  EXPECT_TRUE(delta.units[0].deleted);
  EXPECT_EQ(delta.units[0].uid, unit.uid());
  Refresh();
  EXPECT_FALSE(directory_.FindByCode("B1").has_value());
}

TEST_P(DirectoryLoaderTest, ChangesOfMembersMoveThePositionOnly) {
  MakeTree();
  const int64_t position = directory_.position();
  Must(log_->Write(common::PartitionId(4), call_,
                   [](common::WriteTxn& txn) {
                     txn.Log({common::ChangeKind::kCreated, "members/1", UnitUid(5), UnitUid(), "e"});
                     return absl::OkStatus();
                   })
           .status());
  Must(publisher_->PublishOnce().status());
  const common::DirectoryDelta delta = loader_->After(position, 8, kNoDeadline).value();
  EXPECT_EQ(delta.position, position + 1);
  EXPECT_EQ(delta.structure_revision, 8);
  EXPECT_THAT(delta.units, IsEmpty());
}

}  // namespace
}  // namespace ronghe::organization
