// Imports of learning records on every engine: each bad row is named, the same again changes nothing, and all of it can
// be taken back.
#include <functional>

#include "services/common/import/import_app.h"
#include "services/common/import/sql/key_ring_row_sealer.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/unit_import_places.h"
#include "services/education/app/learning_import_target.h"
#include "tests/storage/learning_fixture.h"

namespace ronghe::education {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using S = LearningSource;

// Payloads are numbers of rows.
class NumberedRows final : public LearningRowCodec {
 public:
  void Decode(std::string_view payload, LearningFields& fields, common::Violations&) const override {
    fields = rows.at(static_cast<size_t>(std::stoi(std::string(payload))));
  }
  int64_t MemberOf(std::string_view payload) const override {
    const std::string& member = rows.at(static_cast<size_t>(std::stoi(std::string(payload)))).member;
    return member.empty() ? 0 : std::stoll(member.substr(member.find('/') + 1));
  }
  std::vector<LearningFields> rows;
};

class LearningImportTest : public LearningTestBase {
 protected:
  void SetUp() override {
    LearningTestBase::SetUp();
    Must(sql::Migrate(*database_, "import", common::ImportMigrations()));
    imports_.emplace(*database_, *log_, clock_);
    target_.emplace(LearningImportTarget::Parts{*learning_store_, rows_, roster_, units_, policy_.learning,
                                                common::Calendar(clock_, zone_), real_clock_});
    engine_.emplace(*imports_, sealer_, clock_, std::vector<common::ImportTarget*>{&*target_});
    import_app_.emplace(
        common::ImportApp::Parts{*engine_, hub_, places_, signer_, [] {}, std::string("learningImports")});
  }

  // `between`: once everything is checked and nothing applied.
  common::Import Send(const std::string& parent = "units/C", common::ImportMode mode = common::ImportMode::kAllValid,
                      const std::function<void()>& between = nullptr) {
    const common::Call call = By("county");
    const auto begun = import_app_->Begin(call, {"learningRecords", parent, static_cast<int>(mode), false, {}});
    EXPECT_TRUE(begun.ok()) << begun.status();
    common::Import import = begun->import;
    std::vector<common::ImportRow> rows;
    for (size_t i = 0; i < rows_.rows.size(); ++i) rows.push_back({static_cast<int64_t>(i) + 2, std::to_string(i)});
    const auto count = static_cast<int64_t>(rows.size());
    Must(import_app_->Stage(call, import, std::move(rows)));
    import = import_app_->Commit(call, import, count).value();
    for (bool idle = false; !idle;) {
      const auto step = engine_->Step(call, import.id, [](const common::Import&) { return true; });
      EXPECT_TRUE(step.ok()) << step.status();
      if (!step.ok()) break;
      idle = step->idle;
      import = step->import;
      if (between && import.state == common::ImportState::kValidated) between();
    }
    return import;
  }
  std::vector<std::string> Refused(const common::Import& import) {
    std::vector<std::string> refused;
    const auto issues = import_app_->RowIssues(By("county"), import.id, 0, "").value();
    for (const common::RowIssue& issue : issues.items) {
      refused.push_back(fmt::format("{} {} {}", issue.line, issue.field, issue.reason));
    }
    return refused;
  }
  int64_t Count(const std::string& query) {
    int64_t count = 0;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"test", query}, {}, [&](const sql::Row& row) {
        count = row.Int(0);
        return absl::OkStatus();
      });
    }));
    return count;
  }

  NumberedRows rows_;
  std::optional<common::SqlImportStore> imports_;
  std::optional<LearningImportTarget> target_;
  common::KeyRingRowSealer sealer_{keys_, random_};
  common::ImportHub hub_{clock_};
  common::UnitImportPlaces places_{units_, [](common::PartitionId, int64_t) { return std::string(); }};
  std::optional<common::ImportEngine> engine_;
  std::optional<common::ImportApp> import_app_;
};
INSTANTIATE_ENGINES(LearningImportTest);

TEST_P(LearningImportTest, WhatIsImportedCountsAndTheSameAgainChangesNothing) {
  rows_.rows = {Learned(11, "1", 10), Learned(12, "2", 15, "", S::kOnlinePlatform, Day(2026, 5, 31)),
                Learned(12, "3", 5), Learned(11, "4", 30, "c1", S::kPartySchool), Learned(11, "5", 10, "c1")};
  const common::Import done = Send();
  EXPECT_EQ(done.state, common::ImportState::kApplied);
  EXPECT_EQ(done.applied_rows, 5);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 learning_records", 3), Pair("5 credit_deci_hours", 45),
                                             Pair("6 learning_records", 1), Pair("6 credit_deci_hours", 15)));
  EXPECT_EQ(Year(11).page.items.at(0).stored.import, done.id);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM import_row"), 0);
  const auto totals = learning_store_->Totals(done.id, absl::InfiniteFuture()).value();
  ASSERT_EQ(totals.size(), 2u);
  EXPECT_EQ(totals[1].platform, "xuexi");
  EXPECT_EQ(totals[1].new_records, 4);
  EXPECT_EQ(totals[1].counted_records, 3);
  EXPECT_EQ(totals[1].new_deci_hours, 40);
  EXPECT_EQ(totals[1].counted_deci_hours, 30);
  const int64_t logged = Count("SELECT COUNT(*) FROM change_log");
  const common::Import again = Send();
  EXPECT_EQ(again.state, common::ImportState::kApplied);
  EXPECT_EQ(again.applied_rows, 5);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM change_log"), logged);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM learning_record"), 5);
  EXPECT_EQ(learning_store_->Totals(again.id, absl::InfiniteFuture()).value().at(1).known_records, 4);
  // What the first import made is not the second's to take back.
  EXPECT_TRUE(import_app_->Revert(By("county"), again.id, {}).ok());
  EXPECT_EQ(Count("SELECT COUNT(*) FROM learning_record"), 5);
}

TEST_P(LearningImportTest, EachBadRowIsNamedWithLineFieldAndReason) {
  LearningFields nobody = Learned(11, "8");
  nobody.member = "";
  LearningFields undated = Learned(11, "9");
  undated.has_day = false;
  Enter(Learned(11, "known", 10));
  rows_.rows = {Learned(99, "1"),
                Learned(11, "2", -3),
                Learned(11, "3", 100'000),
                Learned(13, "4", 10, "", S::kOnlinePlatform, Day(2026, 11, 1)),
                Learned(11, "5"),
                Learned(11, "5"),
                Learned(90, "6"),
                Learned(11, "7", 10, "", S::kOnlinePlatform, Day(2027, 1, 1)),
                nobody,
                undated,
                Learned(11, "known", 11)};
  const common::Import failed = Send();
  EXPECT_EQ(failed.state, common::ImportState::kFailed);
  const std::vector<std::string> all = {"2 member UNKNOWN_MEMBER",
                                        "3 credit_deci_hours OUT_OF_RANGE",
                                        "4 credit_deci_hours OUT_OF_RANGE",
                                        "5 date OUTSIDE_MEMBERSHIP",
                                        "7 external_id DUPLICATE",
                                        "8 member NOT_BELOW",
                                        "9 date FUTURE",
                                        "10 member REQUIRED",
                                        "11 date REQUIRED",
                                        "12 external_id EXTERNAL_ID_USED"};
  EXPECT_THAT(Refused(failed), ::testing::UnorderedElementsAreArray(all));
  EXPECT_THAT(Lines(11), ElementsAre("known 10 counts"));
  // The rest goes in only if asked for.
  const common::Import rest = Send("units/C", common::ImportMode::kValidRows);
  EXPECT_EQ(rest.applied_rows, 1);
  EXPECT_EQ(rest.rejected_rows, 10);
  EXPECT_THAT(Lines(11), UnorderedElementsAre("known 10 counts", "5 10 counts"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 20);
  // Twelve was of the other branch on that day.
  rows_.rows = {Learned(12, "20", 10, "", S::kOnlinePlatform, Day(2026, 5, 31)), Learned(12, "21")};
  EXPECT_THAT(Refused(Send("units/B1")), ElementsAre("2 member NOT_BELOW"));
}

TEST_P(LearningImportTest, AnImportIsTakenBackAsAWhole) {
  const LearningView before = Enter(Learned(11, "own", 10, "c1"));
  rows_.rows = {Learned(11, "1", 30, "c1", S::kPartySchool), Learned(12, "2", 5), Learned(21, "3", 7)};
  const common::Import done = Send();
  EXPECT_THAT(Lines(11), UnorderedElementsAre("own 10 does not", "1 30 counts"));
  const auto reverted = import_app_->Revert(By("county"), done.id, {});
  ASSERT_TRUE(reverted.ok()) << reverted.status();
  EXPECT_EQ(reverted->state, common::ImportState::kReverted);
  // What went behind the import's record counts again.
  EXPECT_THAT(Lines(11), ElementsAre("own 10 counts"));
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 learning_records", 1), Pair("5 credit_deci_hours", 10)));
  EXPECT_THAT(learning_store_->Totals(done.id, absl::InfiniteFuture()).value(), IsEmpty());
  // It can be sent again; and stays where something was done with it.
  const common::Import again = Send();
  EXPECT_EQ(again.applied_rows, 3);
  Must(learning_->Void(By("clerk"), NameOf(Year(21).page.items.at(0)), "有误", std::nullopt, {}));
  const auto kept = import_app_->Revert(By("county"), again.id, {});
  EXPECT_EQ(ReasonOf(kept.status()), "IMPORT_IN_USE");
  EXPECT_EQ(common::BlockersOf(kept.status()).size(), 1u);
  EXPECT_THAT(Lines(11), UnorderedElementsAre("own 10 does not", "1 30 counts"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 35);
}

// The check looks for what is known, once; whoever enters it after that is found all the same.
TEST_P(LearningImportTest, WhatComesBetweenCheckAndApplicationIsNotDoubled) {
  rows_.rows = {Learned(11, "1", 10), Learned(12, "2", 5)};
  const common::Import done = Send("units/C", common::ImportMode::kAllValid, [&] { Enter(Learned(11, "1", 10)); });
  EXPECT_EQ(done.state, common::ImportState::kApplied);
  EXPECT_EQ(done.applied_rows, 2);
  EXPECT_THAT(Lines(11), ElementsAre("1 10 counts"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 15);
  EXPECT_EQ(learning_store_->Totals(done.id, absl::InfiniteFuture()).value().at(0).known_records, 1);
  // With another content nothing is applied.
  rows_.rows = {Learned(11, "3", 10), Learned(12, "4", 5)};
  const common::Import failed = Send("units/C", common::ImportMode::kAllValid, [&] { Enter(Learned(11, "3", 11)); });
  EXPECT_EQ(failed.state, common::ImportState::kFailed);
  EXPECT_THAT(Refused(failed), ElementsAre("2 external_id EXTERNAL_ID_USED"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 26);
}

// Whatever organization says later: an import goes by what it said when it was checked.
TEST_P(LearningImportTest, OrganizationIsAskedOnceForAnImport) {
  for (int i = 0; i < 30; ++i) rows_.rows.push_back(Learned(i % 2 == 0 ? 11 : 12, fmt::format("{}", i)));
  roster_.asked = 0;
  EXPECT_EQ(Send().applied_rows, 30);
  EXPECT_EQ(roster_.asked, 1);
  roster_.failure = common::Unavailable("ROSTER_UNAVAILABLE", {"away", "不在"});
  const auto begun = import_app_->Begin(By("county"), {"learningRecords", "units/C", 0, false, {}});
  common::Import import = begun->import;
  Must(import_app_->Stage(By("county"), import, {{2, "0"}}));
  import = import_app_->Commit(By("county"), import, 1).value();
  const auto step = engine_->Step(By("county"), import.id, [](const common::Import&) { return true; });
  EXPECT_EQ(ReasonOf(step.status()), "ROSTER_UNAVAILABLE");
}

}  // namespace
}  // namespace ronghe::education
