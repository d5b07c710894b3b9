#include "services/rectification/domain/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using E = ProblemEvent;
using Day = absl::CivilDay;

constexpr Day kToday(2026, 11, 16);

std::vector<std::string> Faults(LedgerEntry entry) {
  common::Violations violations;
  CheckHistory(entry, kToday, violations);
  std::vector<std::string> faults;
  for (const common::Violation& one : violations.list()) faults.push_back(one.field + " " + one.reason);
  return faults;
}

std::vector<E> EventsOf(LedgerEntry entry) {
  common::Violations violations;
  CheckHistory(entry, kToday, violations);
  EXPECT_THAT(violations.list(), IsEmpty());
  std::vector<E> events;
  for (const LedgerStep& step : entry.steps) events.push_back(step.event);
  return events;
}

TEST(LedgerTest, DatesMakeTheHistory) {
  LedgerEntry entry;
  entry.registered = Day(2025, 3, 1);
  EXPECT_THAT(EventsOf(entry), ElementsAre(E::kRegister));
  EXPECT_FALSE(HasSupervisingSteps(entry));
  entry.assigned = Day(2025, 3, 2);
  EXPECT_THAT(EventsOf(entry), ElementsAre(E::kRegister, E::kAssign));
  entry.closed = Day(2025, 4, 1);
  EXPECT_THAT(EventsOf(entry), ElementsAre(E::kRegister, E::kAssign, E::kStart, E::kSubmit, E::kClose));
  LedgerEntry cancelled;
  cancelled.registered = Day(2025, 3, 1);
  cancelled.cancelled = Day(2025, 3, 9);
  EXPECT_THAT(EventsOf(cancelled), ElementsAre(E::kRegister, E::kCancel));
  common::Violations none;
  CheckHistory(cancelled, kToday, none);
  EXPECT_TRUE(HasSupervisingSteps(cancelled));
}

TEST(LedgerTest, WhatCannotHaveHappenedIsRefused) {
  EXPECT_THAT(Faults(LedgerEntry()), ElementsAre("register_date REQUIRED"));
  LedgerEntry entry;
  entry.registered = Day(2026, 11, 17);
  EXPECT_THAT(Faults(entry), ElementsAre("register_date IN_FUTURE"));
  entry.registered = Day(2026, 3, 1);
  entry.closed = Day(2026, 2, 1);
  EXPECT_THAT(Faults(entry), ElementsAre("submit_date OUT_OF_ORDER"));
  entry.closed = Day(2026, 4, 1);
  entry.submitter = "members/7";
  entry.verifier = "members/7";
  EXPECT_THAT(Faults(entry), ElementsAre("verifier OWN_SUBMISSION"));
  entry.verifier = "张三";
  EXPECT_THAT(Faults(entry), IsEmpty());
  LedgerEntry steps;
  steps.steps = {{E::kRegister, Day(2026, 1, 1), "", "", {}}, {E::kClose, Day(2026, 1, 2), "", "", {}}};
  EXPECT_THAT(Faults(steps), ElementsAre("steps[1].event NOT_POSSIBLE"));
  steps.steps[0].event = E::kAssign;
  EXPECT_THAT(Faults(steps), ElementsAre("steps[0].event NOT_POSSIBLE"));
}

}  // namespace
}  // namespace ronghe::rectification
