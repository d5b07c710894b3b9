#include "services/organization/storage/directory_loader.h"

#include "services/organization/app/summary_app.h"
#include "services/organization/storage/sql_access_store.h"
#include "services/organization/storage/sql_summary_source.h"
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
                                                     kToday, kToday));
                     }
                     return txn.Insert(std::move(units)).status();
                   })
           .status());
  const int64_t position = publisher_->PublishOnce().value();
  const std::vector<common::DirectoryDelta> pieces = loader_->LoadAll(kNoDeadline).value();
  ASSERT_THAT(pieces, SizeIs(3));
  size_t units = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].reset, i == 0);
    EXPECT_EQ(pieces[i].complete, i == 2);
    EXPECT_EQ(pieces[i].position, position);
    EXPECT_EQ(pieces[i].structure_revision, position);  // all of it is structure
    EXPECT_LE(pieces[i].units.size(), 1000u);
    units += pieces[i].units.size();
  }
  EXPECT_EQ(units, 2108u);
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

class SummaryTest : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    source_.emplace(*database_, *feed_, std::vector<UnitOccupants*>{&occupants_});
    app_summaries_.emplace(*source_, consistency_, *tree_);
    MakeTree();
  }
  std::optional<SqlSummarySource> source_;
  std::optional<SummaryApp> app_summaries_;
};
INSTANTIATE_ENGINES(SummaryTest);

TEST_P(SummaryTest, TotalsAreTheChildrensPlusOnesOwn) {
  Create(Fields("PB", Level::kBranch, UnitKind::kBranch), "37");
  occupants_.members[Get("B1")->uid()] = 10;
  occupants_.members[Get("B2")->uid()] = 20;
  occupants_.members[Get("PB")->uid()] = 5;
  const Summaries summaries = *app_summaries_->BatchGet(call_, {"units/37", "units/3707", "units/370783"}, true);
  std::map<std::string, UnitTotals> by_code;
  std::vector<std::string> order;
  for (const UnitTotals& totals : summaries.units) {
    by_code[totals.code] = totals;
    order.push_back(totals.code);
  }
  EXPECT_THAT(order, ElementsAre("37", "3707", "PB", "3707", "370783", "370784", "370783", "370783104"));
  EXPECT_EQ(by_code["37"].total.units, 9);
  EXPECT_EQ(by_code["37"].own.units, 1);
  EXPECT_EQ(by_code["37"].total.members.full, 35);
  EXPECT_EQ(by_code["3707"].total.members.full, 30);
  EXPECT_EQ(by_code["370783104"].total.of(UnitKind::kBranch), 2);
  EXPECT_EQ(by_code["370784"].total.units, 2);
  EXPECT_EQ(by_code["37"].total.units,
            by_code["37"].own.units + by_code["3707"].total.units + by_code["PB"].total.units);
  EXPECT_EQ(by_code["3707"].total.units,
            by_code["3707"].own.units + by_code["370783"].total.units + by_code["370784"].total.units);
  EXPECT_EQ(summaries.position, directory_.position());
}

TEST_P(SummaryTest, StatisticalGroupsAndDissolvedUnitsAreNotCounted) {
  Create(Fields("3790", Level::kPrefecture, UnitKind::kStatisticalGroup), "37");
  Create(Committee("379001", Level::kCounty), "3790");
  Must(Dissolve("B1").status());
  const Summaries summaries = *app_summaries_->BatchGet(call_, {"units/37", "units/370783104"}, true);
  ASSERT_THAT(summaries.units, SizeIs(5));
  EXPECT_EQ(summaries.units[0].total.units, 8);
  EXPECT_EQ(summaries.units[2].code, "3790");
  EXPECT_EQ(summaries.units[2].own.units, 0);
  EXPECT_EQ(summaries.units[2].total.units, 1);
  // The dissolved branch is not among the children.
  EXPECT_EQ(summaries.units[4].code, "B2");
}

TEST_P(SummaryTest, AsksForOneToAHundredUnits) {
  EXPECT_EQ(ReasonOf(app_summaries_->BatchGet(call_, {}, false).status()), "REQUIRED");
  EXPECT_EQ(ReasonOf(app_summaries_->BatchGet(call_, std::vector<std::string>(101, "units/37"), false).status()),
            "TOO_MANY");
  EXPECT_TRUE(absl::IsNotFound(app_summaries_->BatchGet(call_, {"units/NONE"}, false).status()));
}

}  // namespace
}  // namespace ronghe::organization
