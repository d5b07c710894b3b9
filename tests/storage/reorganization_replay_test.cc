#include "tests/storage/reorganization_fixture.h"

namespace ronghe::organization {
namespace {

// What the recorded effects say, replayed: where every unit stands from which day on.
class Replay {
 public:
  struct State {
    std::string parent;
    bool lives = true;
  };
  void Apply(const StepEffect& effect, absl::CivilDay day) {
    State next = Latest(effect.unit.code);
    switch (effect.kind) {
      case EffectKind::kEstablished:
      case EffectKind::kRestored:
        next = {effect.other.code, true};
        break;
      case EffectKind::kMoved:
        next.parent = effect.other.code;
        break;
      case EffectKind::kSucceeded:
      case EffectKind::kDissolved:
        next.lives = false;
        break;
      case EffectKind::kUpdated:
      case EffectKind::kWorkplacesMoved:
      case EffectKind::kDutiesMoved:
      case EffectKind::kMembersMoved:
        return;
    }
    units_[effect.unit.code][day] = next;
  }
  State Latest(const std::string& code) const {
    auto found = units_.find(code);
    return found == units_.end() ? State() : found->second.rbegin()->second;
  }
  std::optional<State> At(const std::string& code, absl::CivilDay day) const {
    auto found = units_.find(code);
    if (found == units_.end()) return std::nullopt;
    auto after = found->second.upper_bound(day);
    if (after == found->second.begin()) return std::nullopt;
    return std::prev(after)->second;
  }
  // Living, and below `top` on the day, by code.
  std::vector<std::string> Below(const std::string& top, absl::CivilDay day) const {
    std::vector<std::string> codes;
    for (const auto& [code, versions] : units_) {
      const std::optional<State> state = At(code, day);
      if (!state || !state->lives) continue;
      for (std::string at = state->parent; !at.empty(); at = At(at, day)->parent) {
        if (at == top) codes.push_back(code);
      }
    }
    return codes;
  }
  size_t size() const { return units_.size(); }

 private:
  std::map<std::string, std::map<absl::CivilDay, State>> units_;
};

class ReorganizationReplayTest : public ReorganizationTestBase {
 protected:
  static constexpr absl::CivilDay kFirst{2026, 11, 1};
  static constexpr int kTownships = 3;

  Step Random(tests::SeededRandom& dice, int step) {
    const auto branch = [&] { return "units/" + branches_[dice.Below(branches_.size())]; };
    const auto township = [&] { return fmt::format("units/T{}", dice.Below(kTownships)); };
    switch (dice.Below(8)) {
      case 0:
        return MergeStep{{branch(), branch()}, branch()};
      case 1: {
        branches_.push_back(fmt::format("S{:03}", step));
        SplitPart part{.unit = "", .establish = NewBranch(branches_.back(), ""), .members = {}, .units = {}};
        const std::string unit = branch();
        if (dice.Below(2) == 0) part.units = {"units/G" + unit.substr(7)};
        return SplitStep{.unit = unit, .parts = {part}, .continues = dice.Below(2) == 0};
      }
      case 2:
        return RestoreStep{branch(), dice.Below(2) == 0 ? "" : township()};
      case 3:
        return DissolveStep{branch()};
      case 4:
        branches_.push_back(fmt::format("N{:03}", step));
        return NewBranch(branches_.back(), township().substr(6));
      default:
        return MoveStep{branch(), township()};
    }
  }

  std::vector<std::string> branches_;
};
INSTANTIATE_ENGINES(ReorganizationReplayTest);

TEST_P(ReorganizationReplayTest, TheTreeOfAnyDayIsAReplayOfWhatWasRecorded) {
  constexpr int kBranches = 12;
  constexpr int kSteps = 220;
  tests::SeededRandom dice(20261122);
  Replay replay;
  const auto run = [&](std::vector<Step> steps, absl::CivilDay day) {
    const absl::StatusOr<Reorganization> done = Do(std::move(steps), On(day));
    if (!done.ok()) {
      EXPECT_TRUE(absl::IsFailedPrecondition(done.status()) || absl::IsNotFound(done.status()) ||
                  absl::IsInvalidArgument(done.status()))
          << done.status();
      return false;
    }
    for (const StepEffect& effect : codec_.OutcomeOf(*done).effects) replay.Apply(effect, day);
    return true;
  };
  ASSERT_TRUE(run({EstablishStep{Committee("C1", Level::kCounty), ""}}, kFirst));
  for (int i = 0; i < kTownships; ++i) {
    ASSERT_TRUE(run({EstablishStep{Committee(fmt::format("T{}", i), Level::kTownship), "units/C1"}}, kFirst));
  }
  for (int i = 0; i < kBranches; ++i) {
    branches_.push_back(fmt::format("B{:02}", i));
    EstablishStep group{Fields(fmt::format("G{:02}", i), Level::kGroup, UnitKind::kGroup), "units/" + branches_.back()};
    ASSERT_TRUE(run({NewBranch(branches_.back(), fmt::format("T{}", i % kTownships)), group}, kFirst));
    AddMembers(branches_.back(), 2);
  }
  const int64_t members = Totals("C1")["members"];
  std::map<size_t, int> done;
  for (int step = 0; step < kSteps; ++step) {
    // Days mostly grow, so that changes are possible to the end.
    const absl::CivilDay day = kFirst + std::min<int>(15, step / 16 + static_cast<int>(dice.Below(3)));
    const Step one = Random(dice, step);
    const size_t kind = one.index();
    if (run({one}, day)) ++done[kind];
    if (step % 40 == 0) {
      EXPECT_EQ(Totals("C1")["members"], members) << step;
    }
  }
  // Every kind happened.
  for (size_t kind : {0u, 2u, 3u, 4u, 6u}) EXPECT_GT(done[kind], 0) << kind;
  EXPECT_EQ(Totals("C1")["members"], members);
  ExpectAuditClean();
  for (int offset = -1; offset < 17; ++offset) {
    const absl::CivilDay day = kFirst + offset;
    for (const char* top : {"C1", "T0", "T1"}) {
      EXPECT_EQ(List({fmt::format("units/{}", top), true, 50, "", "", "", day}), replay.Below(top, day))
          << top << " " << offset;
    }
  }
  for (const std::string& code : branches_) {
    if (!replay.At(code, kToday)) continue;
    const Unit unit = *Get(code);
    EXPECT_EQ(unit.lives(), replay.Latest(code).lives) << code;
    EXPECT_EQ(unit.parent().code, replay.Latest(code).parent) << code;
    // Who is gone has somebody who answers, unless nothing took its place.
    for (const std::string& successor : Responsible(code)) EXPECT_TRUE(replay.Latest(successor).lives);
  }
}

}  // namespace
}  // namespace ronghe::organization
