#include "services/organization/app/unit_bulk.h"

#include <algorithm>

#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class UnitBulkTest : public UnitTestBase {
 protected:
  UnitDraft Draft(UnitFields fields, std::string parent) { return {++line_, std::move(fields), std::move(parent)}; }
  // What the check says, as `line field reason`.
  std::vector<std::string> Check(std::vector<UnitDraft> drafts, UnitRef under = {}, size_t portion = 2) {
    UnitBulkCheck check(under, RulesToday(), kToday, kToday);
    std::vector<std::string> faults;
    auto refuse = [&](DraftFault fault) {
      faults.push_back(fmt::format("{} {} {}", fault.line, fault.field, fault.reason));
      EXPECT_FALSE(fault.text.zh.empty());
      return absl::OkStatus();
    };
    Must(store_->Read(absl::InfiniteFuture(), [&](UnitReader& reader) -> absl::Status {
      for (size_t i = 0; i < drafts.size(); i += portion) {
        std::span<const UnitDraft> some(drafts.data() + i, std::min(portion, drafts.size() - i));
        RONGHE_RETURN_IF_ERROR(check.Add(reader, some, refuse));
      }
      return check.Finish(reader, refuse);
    }));
    return faults;
  }
  BulkResult Apply(std::vector<UnitDraft> drafts) {
    std::stable_sort(drafts.begin(), drafts.end(), [](const UnitDraft& a, const UnitDraft& b) {
      return DraftOrder(a.fields) < DraftOrder(b.fields);
    });
    BulkResult result;
    Must(store_
             ->Write(call_, false,
                     [&](UnitTxn& txn) -> absl::Status {
                       RONGHE_ASSIGN_OR_RETURN(result, CreateUnits(txn, drafts, RulesToday(), kToday, kToday));
                       return absl::OkStatus();
                     })
             .status());
    Refresh();
    return result;
  }
  absl::Status Erase(const std::vector<std::string>& codes) {
    std::vector<UnitUid> uids;
    for (const std::string& code : codes) uids.push_back(Get(code)->uid());
    absl::Status status = store_->Write(call_, false, [&](UnitTxn& txn) { return EraseUnits(txn, uids); }).status();
    Refresh();
    return status;
  }

  int64_t line_ = 0;
};
INSTANTIATE_ENGINES(UnitBulkTest);

TEST_P(UnitBulkTest, ParentsMayComeAfterTheirChildren) {
  std::vector<UnitDraft> drafts = {
      Draft(Fields("B1", Level::kBranch, UnitKind::kBranch), "GB"),
      Draft(Fields("GB", Level::kBranch, UnitKind::kGeneralBranch), "370783104"),
      Draft(Committee("370783104", Level::kTownship), "370783"),
      Draft(Committee("370783", Level::kCounty), "37"),
      Draft(Committee("37", Level::kProvince), ""),
  };
  EXPECT_THAT(Check(drafts), IsEmpty());
  const BulkResult result = Apply(drafts);
  EXPECT_THAT(result.refused, IsEmpty());
  ASSERT_THAT(result.created, SizeIs(5));
  EXPECT_EQ(result.created[0].line, 5);
  EXPECT_EQ(Get("B1")->parent().code, "GB");
  EXPECT_EQ(Get("37")->partition().value, 2);
  EXPECT_EQ(Get("370783")->partition().value, 3);
  EXPECT_EQ(Get("B1")->partition().value, 3);
  // Each has a revision of its own, and is in the directory.
  EXPECT_EQ(Get("B1")->revision(), 5);
  EXPECT_TRUE(tree_->FindByCode("B1").has_value());
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_version"), 5);
}

TEST_P(UnitBulkTest, SaysWhatIsWrongWithEveryRow) {
  MakeTree();
  UnitFields bad = Fields("b", Level::kBranch, UnitKind::kBranch);
  bad.title = "";
  EXPECT_THAT(Check({Draft(bad, "370783104"),                                                // 1
                     Draft(Fields("N2", Level::kBranch, UnitKind::kBranch), "370783104"),    // 2 good
                     Draft(Fields("N2", Level::kBranch, UnitKind::kBranch), "370783104"),    // 3
                     Draft(Fields("B1", Level::kBranch, UnitKind::kBranch), "370783104"),    // 4
                     Draft(Fields("N5", Level::kBranch, UnitKind::kBranch), "NONE"),         // 5
                     Draft(Fields("N6", Level::kGroup, UnitKind::kGroup), "370783104"),      // 6
                     Draft(Fields("N7", Level::kGroup, UnitKind::kGroup), "N5"),             // 7
                     Draft(Fields("N8", Level::kGroup, UnitKind::kGroup), ""),               // 8
                     Draft(Fields("N9", Level::kBranch, UnitKind::kGeneralBranch), "N9"),    // 9
                     Draft(Committee("N10", Level::kCounty), "N11"),                         // 10
                     Draft(Committee("N11", Level::kCounty), "N10"),                         // 11
                     Draft(Fields("N12", Level::kBranch, UnitKind::kBranch), "units/B1")}),  // 12
              UnorderedElementsAre("1 code BAD_CODE", "1 title REQUIRED", "3 code DUPLICATE_CODE",
                                   "4 code DUPLICATE_CODE", "5 parent PARENT_NOT_FOUND", "6 parent LEVEL_ORDER",
                                   "6 parent KIND_UNDER_KIND", "7 parent PARENT_REFUSED", "8 parent REQUIRED",
                                   "9 parent LEVEL_ORDER", "9 parent KIND_UNDER_KIND", "10 parent LEVEL_ORDER",
                                   "11 parent PARENT_REFUSED", "12 parent BAD_NAME"));
}

TEST_P(UnitBulkTest, EverythingLiesBelowTheUnitOfTheImport) {
  MakeTree();
  Must(Dissolve("370784101").status());
  const UnitRef county = Get("370783")->ref();
  EXPECT_THAT(Check({Draft(Fields("N1", Level::kBranch, UnitKind::kBranch), "370783104"),
                     Draft(Fields("N2", Level::kBranch, UnitKind::kBranch), "370783"),
                     Draft(Fields("N3", Level::kBranch, UnitKind::kBranch), "370784"),
                     Draft(Committee("N4", Level::kProvince), ""),
                     Draft(Fields("N5", Level::kBranch, UnitKind::kBranch), "N1")},
                    county),
              UnorderedElementsAre("3 parent PARENT_NOT_FOUND", "4 parent REQUIRED", "5 parent KIND_UNDER_KIND"));
  EXPECT_THAT(Check({Draft(Fields("N6", Level::kBranch, UnitKind::kBranch), "370784101")}),
              ElementsAre("6 parent PARENT_DISSOLVED"));
}

TEST_P(UnitBulkTest, WhatHasChangedSinceTheCheckIsRefusedAlone) {
  MakeTree();
  std::vector<UnitDraft> drafts = {Draft(Fields("N1", Level::kBranch, UnitKind::kBranch), "370783104"),
                                   Draft(Fields("N2", Level::kBranch, UnitKind::kBranch), "370784101"),
                                   Draft(Fields("N3", Level::kBranch, UnitKind::kBranch), "370783104")};
  EXPECT_THAT(Check(drafts), IsEmpty());
  Must(Dissolve("370784101").status());
  Create(Fields("N3", Level::kBranch, UnitKind::kBranch), "370783104");
  const BulkResult result = Apply(drafts);
  ASSERT_THAT(result.created, SizeIs(1));
  EXPECT_EQ(result.created[0].line, 1);
  ASSERT_THAT(result.refused, SizeIs(2));
  EXPECT_EQ(result.refused[0].reason, "PARENT_DISSOLVED");
  EXPECT_EQ(result.refused[1].reason, "DUPLICATE_CODE");
}

TEST_P(UnitBulkTest, ErasesWhatNothingWasBuiltOn) {
  MakeTree();
  Apply({Draft(Committee("370785", Level::kCounty), "3707"), Draft(Committee("370785101", Level::kTownship), "370785"),
         Draft(Fields("N3", Level::kBranch, UnitKind::kBranch), "370785101")});
  Must(Erase({"370785", "370785101", "N3"}));
  EXPECT_TRUE(absl::IsNotFound(Get("N3").status()));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit"), 8);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_version"), 8);
  EXPECT_FALSE(tree_->FindByCode("370785").has_value());
  // The code is free again; the partition is not given again.
  EXPECT_EQ(Create(Committee("370785", Level::kCounty), "3707").partition().value, 7);
  // Once more does no harm.
  const std::vector<UnitUid> gone = {UnitUid(12345)};
  Must(store_->Write(call_, false, [&](UnitTxn& txn) { return EraseUnits(txn, gone); }).status());
}

TEST_P(UnitBulkTest, ErasesNothingIfAnythingStandsInTheWay) {
  MakeTree();
  Apply({Draft(Committee("370785", Level::kCounty), "3707"), Draft(Committee("370785101", Level::kTownship), "370785"),
         Draft(Fields("N3", Level::kBranch, UnitKind::kBranch), "370785101")});
  Must(Rename("370785", "renamed").status());
  // It has moved away since, but was there.
  Create(Fields("N4", Level::kBranch, UnitKind::kBranch), "370785101", kToday);
  occupants_.members[Get("N3")->uid()] = 2;
  const absl::Status status = Erase({"370785", "370785101", "N3"});
  EXPECT_EQ(ReasonOf(status), "IMPORT_IN_USE");
  EXPECT_THAT(BlockersOf(status),
              UnorderedElementsAre("HAS_UNITS units/N4", "CHANGED_SINCE units/370785", "HAS_MEMBERS units/N3"));
  Must(Get("N3").status());
}

}  // namespace
}  // namespace ronghe::organization
