#include <map>

#include "services/organization/app/structure_checks.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UnitHistoryTest : public UnitTestBase {
 protected:
  static constexpr absl::CivilDay kFirst{2026, 11, 1};

  std::vector<std::string> History(const std::string& code, std::optional<absl::Time> known = {}) {
    std::vector<std::string> lines;
    absl::StatusOr<std::vector<UnitHistoryEntry>> entries = query_->History(call_, "units/" + code, known);
    if (!entries.ok()) return {ReasonOf(entries.status())};
    for (const UnitHistoryEntry& entry : *entries) {
      lines.push_back(fmt::format("{} {} {}{}", common::DayNumber(entry.unit.from()) - common::DayNumber(kFirst),
                                  entry.unit.fields().title, entry.unit.parent().code,
                                  entry.end ? fmt::format(" -{}", *entry.end - kFirst) : ""));
    }
    return lines;
  }
};
INSTANTIATE_ENGINES(UnitHistoryTest);

TEST_P(UnitHistoryTest, EffectiveDaysHaveBounds) {
  MakeTree(kFirst);
  EXPECT_EQ(ReasonOf(Rename("B1", "x", kToday + 1).status()), "EFFECTIVE_IN_FUTURE");
  // Before the 6th the month before is open as well.
  EXPECT_EQ(ReasonOf(Rename("B1", "x", absl::CivilDay(2026, 10, 31)).status()), "MONTH_CLOSED");
  Must(Rename("B1", "x", kFirst + 5).status());
  EXPECT_EQ(ReasonOf(Rename("B1", "y", kFirst + 4).status()), "BEFORE_LATEST_CHANGE");
  Must(Rename("B1", "z", kFirst + 5).status());
  Create(Committee("370783105", Level::kTownship), "370783", kFirst + 8);
  EXPECT_EQ(ReasonOf(Move("B1", "370783105", kFirst + 7).status()), "BEFORE_PARENT");
  EXPECT_EQ(ReasonOf(TryCreate(Fields("B3", Level::kBranch, UnitKind::kBranch), "370783105", kFirst).status()),
            "BEFORE_PARENT");
  Must(Move("B1", "370783105", kFirst + 8).status());
  // Everything wrong with the days at once, with everything else.
  UnitFields bad = Fields("b", Level::kBranch, UnitKind::kBranch);
  EXPECT_EQ(common::ViolationsOf(TryCreate(bad, "370783105", kToday + 1).status()).size(), 2u);
}

TEST_P(UnitHistoryTest, ReadsAnyDay) {
  MakeTree(kFirst);
  Must(Rename("B1", "second", kFirst + 3).status());
  Must(Move("B1", "370784101", kFirst + 6).status());
  Must(Dissolve("B1", kFirst + 9).status());
  EXPECT_TRUE(absl::IsNotFound(Get("B1", kFirst - 1).status()));
  EXPECT_EQ(Get("B1", kFirst)->fields().title, "title of B1");
  EXPECT_EQ(Get("B1", kFirst + 3)->fields().title, "second");
  EXPECT_EQ(Get("B1", kFirst + 5)->parent().code, "370783104");
  EXPECT_EQ(Get("B1", kFirst + 6)->parent().code, "370784101");
  EXPECT_TRUE(Get("B1", kFirst + 8)->active());
  EXPECT_FALSE(Get("B1", kFirst + 9)->active());
  EXPECT_FALSE(Get("B1", kToday + 100)->active());
  EXPECT_THAT(History("B1"), ElementsAre("0 title of B1 370783104 -3", "3 second 370783104 -6", "6 second 370784101 -9",
                                         "9 second 370784101"));
  EXPECT_THAT(List({"units/370783104", false, 0, "", "", "", kFirst + 5}), ElementsAre("B1", "B2"));
  EXPECT_THAT(List({"units/370783104", false, 0, "", "", "", kFirst + 6}), ElementsAre("B2"));
  EXPECT_THAT(List({"units/370784", true, 1, "", "", "", kFirst + 7}), ElementsAre("370784101", "B1"));
  EXPECT_THAT(List({"units/370784", true, 1, "", "state = DISSOLVED", "", kFirst + 9}), ElementsAre("B1"));
  EXPECT_THAT(List({"units/370784", true, 1, "", "", "", kFirst - 1}), IsEmpty());
}

TEST_P(UnitHistoryTest, CorrectionsAreRememberedAsTheyWereKnown) {
  MakeTree(kFirst);
  const absl::Time before = clock_.Now();
  clock_.Advance(absl::Hours(1));
  Must(Rename("B1", "wrong", kFirst + 3).status());
  const absl::Time wrong = clock_.Now();
  clock_.Advance(absl::Hours(1));
  Must(Rename("B1", "right", kFirst + 3).status());
  EXPECT_EQ(Get("B1")->fields().title, "right");
  EXPECT_EQ(Get("B1", kFirst + 3, wrong)->fields().title, "wrong");
  EXPECT_EQ(Get("B1", kFirst + 3, before)->fields().title, "title of B1");
  EXPECT_EQ(Get("B1", std::nullopt, wrong)->fields().title, "wrong");
  EXPECT_TRUE(absl::IsNotFound(Get("B1", std::nullopt, before - absl::Seconds(1)).status()));
  EXPECT_THAT(History("B1"), ElementsAre("0 title of B1 370783104 -3", "3 right 370783104"));
  EXPECT_THAT(History("B1", wrong), ElementsAre("0 title of B1 370783104 -3", "3 wrong 370783104"));
  EXPECT_THAT(History("B1", before), ElementsAre("0 title of B1 370783104"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_version WHERE superseded_us <> 9223372036854775807"), 1);
}

TEST_P(UnitHistoryTest, ChangesWithinOneMicrosecondKeepTheirOrder) {
  MakeTree(kFirst);
  for (int i = 0; i < 5; ++i) Must(Rename("B1", fmt::format("name {}", i)).status());
  EXPECT_EQ(Get("B1")->fields().title, "name 4");
  EXPECT_EQ(Count("SELECT COUNT(DISTINCT v.recorded_us) FROM unit_version v JOIN unit u ON u.uid = v.uid WHERE "
                  "u.code = 'B1'"),
            6);
}

// A move dated back must not close a circle on a day between then and now, though today's tree would have none.
TEST_P(UnitHistoryTest, NoCircleOnAnyDay) {
  Create(Committee("A1", Level::kTownship), "", kFirst);
  Create(Fields("GA", Level::kBranch, UnitKind::kGeneralBranch), "A1", kFirst);
  Create(Fields("GB", Level::kBranch, UnitKind::kGeneralBranch), "A1", kFirst);
  auto put = [&](const std::string& code, const std::string& parent, absl::CivilDay day) {
    return store_
        ->Write(call_, false,
                [&](UnitTxn& txn) -> absl::Status {
                  const Unit unit = *txn.FindByCode(code).value();
                  const Unit above = *txn.FindByCode(parent).value();
                  RONGHE_ASSIGN_OR_RETURN(std::vector<common::Blocker> blockers,
                                          PlacementBlockers(txn, RulesToday(), unit.ref(),
                                                            {Level::kBranch, UnitKind::kBranch}, above, 1, day));
                  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
                  return txn.Change(unit, *unit.MovedTo(above.ref(), day)).status();
                })
        .status();
  };
  // GB under GA from the 3rd to the 10th.
  Must(put("GB", "GA", kFirst + 2));
  Must(put("GB", "A1", kFirst + 9));
  EXPECT_EQ(ReasonOf(put("GA", "GB", kFirst + 4)), "WOULD_CYCLE");
  EXPECT_EQ(ReasonOf(put("GA", "GB", kFirst + 8)), "WOULD_CYCLE");
  Must(put("GA", "GB", kFirst + 9));
}

TEST_P(UnitHistoryTest, AUnitThatLivedBelowAfterTheDayStandsInTheWay) {
  MakeTree(kFirst);
  Must(Dissolve("B1", kFirst + 9).status());
  Must(Move("B2", "370784101", kFirst + 9).status());
  EXPECT_EQ(BlockersOf(Dissolve("370783104", kFirst + 5).status()),
            (std::vector<std::string>{"HAS_UNITS units/B1", "HAS_UNITS units/B2"}));
  Must(Dissolve("370783104", kFirst + 9).status());
}

// What holds on each day, kept beside the store and compared with it.
class Oracle {
 public:
  struct State {
    std::string title;
    std::string parent;
    bool active = true;
  };
  void Set(const std::string& code, absl::CivilDay day, State state) { units_[code][day] = std::move(state); }
  std::optional<State> At(const std::string& code, absl::CivilDay day) const {
    const auto& versions = units_.at(code);
    auto after = versions.upper_bound(day);
    if (after == versions.begin()) return std::nullopt;
    return std::prev(after)->second;
  }
  State Latest(const std::string& code) const { return units_.at(code).rbegin()->second; }
  // Active, and below `top` (or any) on the day, by code.
  std::vector<std::string> Below(const std::string& top, absl::CivilDay day) const {
    std::vector<std::string> codes;
    for (const auto& [code, versions] : units_) {
      std::optional<State> state = At(code, day);
      if (!state || !state->active) continue;
      for (std::string at = state->parent; !at.empty(); at = At(at, day)->parent) {
        if (at == top) codes.push_back(code);
      }
    }
    return codes;
  }

 private:
  std::map<std::string, std::map<absl::CivilDay, State>> units_;
};

TEST_P(UnitHistoryTest, AsOfAnyDayIsAReplayOfTheVersions) {
  constexpr int kTownships = 4;
  constexpr int kBranches = 20;
  constexpr int kSteps = 250;
  tests::SeededRandom dice(20261116);
  Oracle oracle;
  Create(Committee("C1", Level::kCounty), "", kFirst);
  oracle.Set("C1", kFirst, {"title of C1", ""});
  auto township = [](uint64_t i) { return fmt::format("T{}", i); };
  auto branch = [](uint64_t i) { return fmt::format("B{:02}", i); };
  for (int i = 0; i < kTownships; ++i) {
    Create(Committee(township(i), Level::kTownship), "C1", kFirst);
    oracle.Set(township(i), kFirst, {"title of " + township(i), "C1"});
  }
  for (int i = 0; i < kBranches; ++i) {
    const absl::CivilDay day = kFirst + static_cast<int>(dice.Below(5));
    Create(Fields(branch(i), Level::kBranch, UnitKind::kBranch), township(i % kTownships), day);
    oracle.Set(branch(i), day, {"title of " + branch(i), township(i % kTownships)});
  }
  int applied = 0;
  for (int step = 0; step < kSteps; ++step) {
    const std::string code = branch(dice.Below(kBranches));
    const absl::CivilDay day = kFirst + static_cast<int>(dice.Below(16));
    Oracle::State next = oracle.Latest(code);
    absl::Status status;
    const uint64_t what = dice.Below(20);
    if (what < 10) {
      next.title = fmt::format("title {}", step);
      status = Rename(code, next.title, day).status();
    } else if (what < 19) {
      next.parent = township(dice.Below(kTownships));
      status = Move(code, next.parent, day).status();
      if (status.ok() && next.parent == oracle.Latest(code).parent) continue;
    } else {
      next.active = false;
      status = Dissolve(code, day).status();
    }
    if (!status.ok()) continue;
    ++applied;
    oracle.Set(code, day, next);
  }
  EXPECT_GT(applied, 40);
  for (int offset = -1; offset < 16; ++offset) {
    const absl::CivilDay day = kFirst + offset;
    for (int i = 0; i < kBranches; ++i) {
      absl::StatusOr<Unit> unit = Get(branch(i), day);
      std::optional<Oracle::State> state = oracle.At(branch(i), day);
      ASSERT_EQ(unit.ok(), state.has_value()) << branch(i) << " " << offset;
      if (!state) continue;
      EXPECT_EQ(unit->fields().title, state->title);
      EXPECT_EQ(unit->parent().code, state->parent);
      EXPECT_EQ(unit->active(), state->active);
    }
    EXPECT_EQ(List({"units/C1", true, 6, "", "", "", day}), oracle.Below("C1", day)) << offset;
    EXPECT_EQ(List({"units/T1", true, 6, "", "", "", day}), oracle.Below("T1", day)) << offset;
    EXPECT_EQ(List({"units/T1", false, 6, "", "", "", day}), oracle.Below("T1", day)) << offset;
  }
}

}  // namespace
}  // namespace ronghe::organization
