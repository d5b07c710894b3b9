#include "services/rectification/domain/problem_state.h"

#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::rectification {
namespace {

using S = ProblemState;
using E = ProblemEvent;

constexpr S kStates[] = {S::kRegistered, S::kAssigned, S::kInProgress, S::kSubmitted,
                         S::kReturned,   S::kClosed,   S::kReopened,   S::kCancelled};
constexpr int kEvents = 17;

// What the field says, written down once more: state → event → (who, state after).
const std::map<S, std::map<E, std::pair<char, S>>>& Expected() {
  const auto running = [](S state) {
    return std::map<E, std::pair<char, S>>{{E::kUpdate, {'r', state}},         {E::kRequestExtension, {'r', state}},
                                           {E::kGrantExtension, {'s', state}}, {E::kRefuseExtension, {'s', state}},
                                           {E::kPause, {'s', state}},          {E::kResume, {'s', state}},
                                           {E::kCancel, {'s', S::kCancelled}}, {E::kPassDeadline, {'c', state}},
                                           {E::kEscalate, {'c', state}}};
  };
  const auto waiting = [](S state) {
    return std::map<E, std::pair<char, S>>{{E::kUpdate, {'r', state}},
                                           {E::kAssign, {'r', S::kAssigned}},
                                           {E::kCancel, {'s', S::kCancelled}},
                                           {E::kPassDeadline, {'c', state}},
                                           {E::kEscalate, {'c', state}}};
  };
  static const auto* const expected = [&] {
    auto* all = new std::map<S, std::map<E, std::pair<char, S>>>();
    (*all)[S::kRegistered] = waiting(S::kRegistered);
    (*all)[S::kReopened] = waiting(S::kReopened);
    (*all)[S::kAssigned] = running(S::kAssigned);
    (*all)[S::kAssigned][E::kAssign] = {'r', S::kAssigned};
    (*all)[S::kAssigned][E::kStart] = {'r', S::kInProgress};
    (*all)[S::kInProgress] = running(S::kInProgress);
    (*all)[S::kInProgress][E::kSubmit] = {'r', S::kSubmitted};
    (*all)[S::kReturned] = running(S::kReturned);
    (*all)[S::kReturned][E::kStart] = {'r', S::kInProgress};
    (*all)[S::kSubmitted] = {
        {E::kClose, {'s', S::kClosed}}, {E::kReturn, {'s', S::kReturned}}, {E::kCancel, {'s', S::kCancelled}}};
    (*all)[S::kClosed] = {{E::kReopen, {'s', S::kReopened}}, {E::kLookBack, {'s', S::kClosed}}};
    (*all)[S::kCancelled] = {};
    return all;
  }();
  return *expected;
}

class ProblemStateTest : public ::testing::Test {
 protected:
  ProblemStateTest() {
    absl::LoadTimeZone("Asia/Shanghai", &zone_);
    attempt_.who = {"users|zhang", 7, 70};
    attempt_.responsible = attempt_.supervising = attempt_.clock = true;
    attempt_.zone = zone_;
    attempt_.now = absl::FromCivil(absl::CivilSecond(2026, 11, 16, 9, 0, 0), zone_);
  }

  // A problem in a state in which every guard of the event holds.
  Problem Fit(S state, E event) const {
    Problem problem;
    problem.state = state;
    problem.person = 1;
    problem.measures = "measures";
    problem.problem_class = ProblemClass::kTimeBound;
    problem.due = absl::CivilDay(2026, 11, 30);
    problem.submitter = {"users|li", 8, 80};
    if (event == E::kGrantExtension || event == E::kRefuseExtension) {
      problem.extension = ExtensionRequest{absl::CivilDay(2026, 12, 7), attempt_.now, problem.submitter};
    }
    if (event == E::kResume) problem.paused_left = 3;
    if (event == E::kPassDeadline) problem.due = absl::CivilDay(2026, 11, 15);
    if (event == E::kEscalate) problem.overdue = true;
    return problem;
  }

  std::string ReasonOf(const Problem& problem, E event) {
    const auto next = Decide(problem, event, attempt_, "problems/1");
    return next.ok() ? "" : common::ReasonOf(next.status());
  }

  absl::TimeZone zone_;
  Attempt attempt_;
};

TEST_F(ProblemStateTest, EveryPairOfStateAndEvent) {
  size_t allowed = 0;
  for (const S state : kStates) {
    for (int number = 1; number <= kEvents; ++number) {
      const E event = static_cast<E>(number);
      const Problem problem = Fit(state, event);
      const auto next = Decide(problem, event, attempt_, "problems/1");
      const auto& row = Expected().at(state);
      const std::string what = StateText(state).en + " " + EventText(event).en;
      if (!row.contains(event)) {
        ASSERT_EQ(next.status().code(), absl::StatusCode::kFailedPrecondition) << what;
        EXPECT_EQ(common::ReasonOf(next.status()), "PROBLEM_STATE") << what;
        const common::Text text = common::TextOf(next.status());
        EXPECT_THAT(text.en, ::testing::HasSubstr(StateText(state).en)) << what;
        EXPECT_THAT(text.en, ::testing::HasSubstr(EventText(event).en)) << what;
        EXPECT_THAT(text.zh, ::testing::HasSubstr(EventText(event).zh)) << what;
        continue;
      }
      ++allowed;
      const auto [party, after] = row.at(event);
      ASSERT_TRUE(next.ok()) << what << ": " << next.status();
      EXPECT_EQ(*next, after) << what;
      // Nobody else may.
      for (const char other : {'r', 's', 'c'}) {
        Attempt attempt = attempt_;
        attempt.responsible = other == 'r';
        attempt.supervising = other == 's';
        attempt.clock = other == 'c';
        const auto tried = Decide(problem, event, attempt, "problems/1");
        EXPECT_EQ(tried.ok(), other == party) << what << " by " << other;
        if (other != party) {
          EXPECT_EQ(tried.status().code(), absl::StatusCode::kPermissionDenied) << what;
        }
      }
    }
  }
  EXPECT_EQ(allowed, ProblemTransitions().size());
}

TEST_F(ProblemStateTest, WhoSubmittedDoesNotVerify) {
  for (const E event : {E::kClose, E::kReturn, E::kCancel}) {
    Problem problem = Fit(S::kSubmitted, event);
    problem.submitter = {"other|account", 9, 70};  // the same member
    EXPECT_EQ(ReasonOf(problem, event), "OWN_SUBMISSION");
  }
  Problem asked = Fit(S::kInProgress, E::kGrantExtension);
  asked.extension->by = attempt_.who;
  EXPECT_EQ(ReasonOf(asked, E::kGrantExtension), "OWN_REQUEST");
  EXPECT_EQ(ReasonOf(asked, E::kRefuseExtension), "OWN_REQUEST");
}

TEST_F(ProblemStateTest, AnAssignmentSaysWhoHowAndByWhen) {
  Problem bare;
  bare.problem_class = ProblemClass::kImmediate;
  const auto next = Decide(bare, E::kAssign, attempt_, "problems/1");
  std::vector<std::string> reasons;
  for (const common::Blocker& blocker : common::BlockersOf(next.status())) reasons.push_back(blocker.reason);
  EXPECT_THAT(reasons, ::testing::ElementsAre("NEEDS_PERSON", "NEEDS_MEASURES", "NEEDS_DEADLINE"));
  Problem long_term = Fit(S::kRegistered, E::kAssign);
  long_term.problem_class = ProblemClass::kLongTerm;
  long_term.due = std::nullopt;
  EXPECT_EQ(ReasonOf(long_term, E::kAssign), "");
}

TEST_F(ProblemStateTest, DeadlinesMoveOnlyBeforeTheyPass) {
  Problem problem = Fit(S::kInProgress, E::kRequestExtension);
  attempt_.now = DeadlineOf(*problem.due, zone_) - absl::Microseconds(1);
  EXPECT_EQ(ReasonOf(problem, E::kRequestExtension), "");
  EXPECT_EQ(ReasonOf(problem, E::kPassDeadline), "NOT_PASSED");
  attempt_.now += absl::Microseconds(1);
  EXPECT_EQ(ReasonOf(problem, E::kRequestExtension), "TOO_LATE");
  EXPECT_EQ(ReasonOf(problem, E::kPause), "OVERDUE");
  EXPECT_EQ(ReasonOf(problem, E::kPassDeadline), "");
  problem.overdue = true;
  EXPECT_EQ(ReasonOf(problem, E::kPassDeadline), "NOT_PASSED");  // once
  problem = Fit(S::kAssigned, E::kRequestExtension);
  problem.due = std::nullopt;
  EXPECT_EQ(ReasonOf(problem, E::kRequestExtension), "NO_DEADLINE");
  EXPECT_EQ(ReasonOf(problem, E::kPassDeadline), "NOT_PASSED");  // no deadline is never overdue
}

TEST_F(ProblemStateTest, APauseStopsTheClock) {
  Problem problem = Fit(S::kInProgress, E::kResume);
  attempt_.now = DeadlineOf(*problem.due, zone_) + absl::Hours(1);
  EXPECT_EQ(ReasonOf(problem, E::kPassDeadline), "NOT_PASSED");
  EXPECT_EQ(ReasonOf(problem, E::kSubmit), "PAUSED");
  EXPECT_EQ(ReasonOf(problem, E::kPause), "PAUSED");
  EXPECT_EQ(ReasonOf(problem, E::kResume), "");
}

TEST_F(ProblemStateTest, AnswersSayWhatTheCallerMayDoNext) {
  attempt_.clock = false;
  const Problem submitted = Fit(S::kSubmitted, E::kClose);
  EXPECT_THAT(AllowedEvents(submitted, attempt_), ::testing::ElementsAre(E::kClose, E::kReturn, E::kCancel));
  attempt_.supervising = false;
  EXPECT_THAT(AllowedEvents(submitted, attempt_), ::testing::IsEmpty());
  EXPECT_THAT(AllowedEvents(Fit(S::kInProgress, E::kSubmit), attempt_),
              ::testing::ElementsAre(E::kUpdate, E::kSubmit, E::kRequestExtension));
}

}  // namespace
}  // namespace ronghe::rectification
