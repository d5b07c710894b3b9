#include "services/common/import/import_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/import/import_runner.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/services/common/import/fake_imports.h"

namespace ronghe::common {
namespace {

using testing::ElementsAre;

class ImportEngineTest : public testing::Test {
 protected:
  ImportEngineTest() { Use(&target_); }

  void Use(fake::Target* target) {
    engine_ = std::make_unique<ImportEngine>(store_, sealer_, clock_, std::vector<ImportTarget*>{target});
    store_.clock = &clock_;
  }
  void Fill(const std::vector<std::string>& payloads) { store_.Fill(payloads, *engine_, target_); }
  // Steps until nothing is left to do; the states seen on the way.
  std::vector<ImportState> Run() {
    std::vector<ImportState> states;
    for (int i = 0; i < 100; ++i) {
      const auto step = engine_->Step({}, store_.import.id, [](const Import&) { return true; });
      EXPECT_TRUE(step.ok()) << step.status();
      if (!step.ok() || step->idle) return states;
      if (states.empty() || states.back() != step->import.state) states.push_back(step->import.state);
    }
    ADD_FAILURE() << "no end";
    return states;
  }

  tests::FakeClock clock_;
  fake::Store store_;
  fake::Sealer sealer_;
  fake::Target target_;
  std::unique_ptr<ImportEngine> engine_;
};

TEST_F(ImportEngineTest, GoodRowsAreAppliedInOrder) {
  Fill({"c>b>a", "b>a", "a"});
  EXPECT_THAT(Run(), ElementsAre(ImportState::kValidated, ImportState::kApplying, ImportState::kApplied));
  EXPECT_THAT(target_.applied, ElementsAre("a", "b>a", "c>b>a"));
  EXPECT_EQ(store_.import.applied_rows, 3);
  EXPECT_EQ(target_.visible_at, 3) << "whoever sees APPLIED sees the rows";
  EXPECT_EQ(store_.import.end_time, clock_.Now());
  EXPECT_FALSE(store_.due);
}

TEST_F(ImportEngineTest, ChunksAreBounded) {
  Fill(std::vector<std::string>(kRowsPerChunk + 1, "x"));
  Run();
  EXPECT_THAT(target_.chunks, ElementsAre(kRowsPerChunk, 1));
}

TEST_F(ImportEngineTest, AnEmptyImportIsApplied) {
  Fill({});
  Run();
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
}

TEST_F(ImportEngineTest, AnotherCountThanAnnouncedFails) {
  Fill({"a", "b"});
  store_.import.announced_rows = 3;
  EXPECT_THAT(Run(), ElementsAre(ImportState::kFailed));
  EXPECT_EQ(store_.import.failure.reason, "ROW_COUNT_MISMATCH");
  EXPECT_TRUE(target_.applied.empty());
  EXPECT_EQ(target_.checks, 0);
}

TEST_F(ImportEngineTest, OneBadRowFailsAllOfThem) {
  Fill({"a", "b!", "c"});
  EXPECT_THAT(Run(), ElementsAre(ImportState::kFailed));
  EXPECT_TRUE(target_.applied.empty());
  EXPECT_EQ(store_.import.rejected_rows, 1) << "rows, not reasons";
  EXPECT_EQ(store_.issues.size(), 2u);
  EXPECT_EQ(store_.import.failure.reason, "ROWS_REFUSED");
}

TEST_F(ImportEngineTest, BadRowsAreLeftOutWhereAskedFor) {
  Fill({"a", "b!", "c"});
  store_.import.mode = ImportMode::kValidRows;
  Run();
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
  EXPECT_THAT(target_.applied, ElementsAre("a", "c"));
  EXPECT_EQ(store_.import.rejected_rows, 1);
}

TEST_F(ImportEngineTest, ValidateOnlyEndsAtValidatedWithTheErrors) {
  Fill({"a", "b!"});
  store_.import.validate_only = true;
  EXPECT_THAT(Run(), ElementsAre(ImportState::kValidated));
  EXPECT_TRUE(target_.applied.empty());
  EXPECT_EQ(store_.import.rejected_rows, 1);
  EXPECT_TRUE(store_.rows.empty()) << "nobody needs the rows any more";
}

TEST_F(ImportEngineTest, ALateRefusalTakesEverythingBack) {
  std::vector<std::string> payloads(kRowsPerChunk, "x");
  payloads.push_back("late>x");
  Fill(payloads);
  target_.refuse_late = {"late>x"};
  Run();
  EXPECT_EQ(store_.import.state, ImportState::kFailed);
  EXPECT_EQ(store_.import.failure.reason, "ROWS_REFUSED_LATE");
  EXPECT_EQ(target_.reverted.size(), static_cast<size_t>(kRowsPerChunk));
  EXPECT_EQ(store_.import.applied_rows, 0);
  EXPECT_EQ(store_.import.rejected_rows, 1);
}

TEST_F(ImportEngineTest, ALateRefusalThatCannotBeTakenBackIsLeftOut) {
  Fill({"a", "late"});
  target_.refuse_late = {"late"};
  target_.in_use = true;
  Run();
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
  EXPECT_EQ(store_.import.failure.reason, "ROWS_LEFT_OUT");
  EXPECT_EQ(store_.import.applied_rows, 1);
  EXPECT_EQ(store_.import.rejected_rows, 1);
}

TEST_F(ImportEngineTest, ACheckThatWasCutOffIsDoneAgain) {
  Fill({"a!", "b"});
  store_.import.mode = ImportMode::kValidRows;
  const auto cut = engine_->Step({}, 7, [](const Import&) { return false; });
  EXPECT_EQ(cut.status().code(), absl::StatusCode::kCancelled);
  Run();
  EXPECT_EQ(store_.issues.size(), 2u);
  EXPECT_EQ(store_.import.rejected_rows, 1);
}

TEST_F(ImportEngineTest, PersonalRowsAreSealedAndTheKeyIsDestroyed) {
  fake::Target personal(true);
  Use(&personal);
  store_.Fill({"secret"}, *engine_, personal);
  EXPECT_EQ(store_.rows.at(1).row.payload, "imports/7/rows/1|terces");
  EXPECT_EQ(store_.import.sealed_key, "key");
  Run();
  EXPECT_THAT(personal.applied, ElementsAre("secret"));
  EXPECT_EQ(store_.import.sealed_key, "");
}

TEST_F(ImportEngineTest, ARowOfAnotherPlaceDoesNotOpen) {
  fake::Target personal(true);
  Use(&personal);
  store_.Fill({"one", "two"}, *engine_, personal);
  std::swap(store_.rows.at(1).row.payload, store_.rows.at(2).row.payload);
  EXPECT_FALSE(engine_->Step({}, 7, [](const Import&) { return true; }).ok());
  EXPECT_EQ(store_.import.state, ImportState::kReceiving);
}

TEST_F(ImportEngineTest, RevertOnlyWhatWasApplied) {
  Fill({"a"});
  EXPECT_EQ(common::ReasonOf(engine_->Revert({}, store_.import, {}).status()), "IMPORT_STATE");
  Run();
  target_.in_use = true;
  EXPECT_EQ(common::ReasonOf(engine_->Revert({}, store_.import, {}).status()), "IMPORT_IN_USE");
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
  target_.in_use = false;
  const auto reverted = engine_->Revert({}, store_.import, {});
  ASSERT_TRUE(reverted.ok()) << reverted.status();
  EXPECT_EQ(reverted->state, ImportState::kReverted);
  EXPECT_THAT(target_.reverted, ElementsAre(1001));
  EXPECT_EQ(common::ReasonOf(engine_->Revert({}, store_.import, {}).status()), "IMPORT_STATE");
}

class ImportRunnerTest : public ImportEngineTest {
 protected:
  std::unique_ptr<ImportRunner> NewRunner(const std::string& holder) {
    return std::make_unique<ImportRunner>(
        *engine_, hub_, ImportRunner::Options{.holder = holder},
        [this](std::string_view, const absl::Status& status) { reported_.push_back(status.code()); });
  }
  ImportHub hub_{clock_};
  std::vector<absl::StatusCode> reported_;
};

TEST_F(ImportRunnerTest, BringsWhatIsDueToItsEnd) {
  Fill({"a", "b"});
  hub_.Track(7);
  ASSERT_TRUE(NewRunner("one")->RunOnce().ok());
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
  EXPECT_EQ(hub_.Latest(7).import.state, ImportState::kApplied);
  EXPECT_TRUE(reported_.empty());
}

TEST_F(ImportRunnerTest, WaitsForTheLeaseOfAnother) {
  Fill({"a"});
  ASSERT_TRUE(store_.Lease({}, "other", clock_.Now() + absl::Seconds(3)).value());
  const auto runner = NewRunner("one");
  ASSERT_TRUE(runner->RunOnce().ok());
  EXPECT_EQ(store_.import.state, ImportState::kReceiving);
  clock_.Advance(absl::Seconds(4));
  ASSERT_TRUE(runner->RunOnce().ok());
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
}

TEST_F(ImportRunnerTest, TriesAgainLater) {
  Fill({"a"});
  target_.failure = common::Unavailable("DATABASE", {"away", "不可用"});
  const auto runner = NewRunner("one");
  ASSERT_TRUE(runner->RunOnce().ok());
  EXPECT_THAT(reported_, ElementsAre(absl::StatusCode::kUnavailable));
  EXPECT_EQ(store_.import.state, ImportState::kApplying);
  ASSERT_TRUE(runner->RunOnce().ok());
  EXPECT_EQ(store_.import.state, ImportState::kApplying) << "not at once";
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(runner->RunOnce().ok());
  EXPECT_EQ(store_.import.state, ImportState::kApplied);
  EXPECT_THAT(target_.applied, ElementsAre("a"));
}

}  // namespace
}  // namespace ronghe::common
