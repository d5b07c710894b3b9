#include "services/organization/domain/alert.h"

#include <functional>

#include <gmock/gmock.h>

#include "tests/support/rules.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Day = absl::CivilDay;
using R = AlertRule;

const Rules& TheRules() {
  return tests::DefaultRules().On(Day(2026, 11, 16));
}

// A branch that keeps every rule, after a change; the rules it does not keep then.
std::vector<AlertRule> After(const std::function<void(UnitFacts&)>& change) {
  UnitFacts facts;
  facts.kind = UnitKind::kBranch;
  facts.state = UnitState::kActive;
  facts.members = 12;
  facts.full_members = 10;
  facts.secretaries = 1;
  facts.deputy_seats = 1;
  facts.committee_seats = 5;
  facts.committee_people = 4;
  facts.has_members_posts = true;
  facts.term = UnitFacts::Term{TermId(7), TermState::kCurrent, Day(2027, 1, 1), Day(2026, 7, 2)};
  change(facts);
  std::vector<AlertRule> rules;
  for (const AlertFinding& finding : Judge(facts, TheRules())) {
    rules.push_back(finding.rule);
    EXPECT_NE(SeverityOf(finding.rule), AlertSeverity::kUnspecified);
    EXPECT_FALSE(PathOf(finding.rule).empty());
    EXPECT_FALSE(SourceOf(finding.rule, TheRules()).empty());
  }
  return rules;
}

TEST(AlertTest, WhoKeepsTheRulesHasNone) {
  EXPECT_THAT(After([](UnitFacts&) {}), IsEmpty());
}

TEST(AlertTest, BranchesAreJudgedBySizeAndCommittee) {
  EXPECT_THAT(After([](UnitFacts& f) { f.full_members = 2; }), ElementsAre(R::kFewFullMembers));
  EXPECT_THAT(After([](UnitFacts& f) { f.full_members = 3; }), IsEmpty());
  EXPECT_THAT(After([](UnitFacts& f) { f.members = 51; }), ElementsAre(R::kBranchTooLarge));
  EXPECT_THAT(After([](UnitFacts& f) { f.members = 50; }), IsEmpty());
  EXPECT_THAT(After([](UnitFacts& f) { f.committee_people = 2; }), ElementsAre(R::kNoCommittee));
  EXPECT_THAT(After([](UnitFacts& f) { f.has_members_posts = false; }), ElementsAre(R::kNoCommittee));
  EXPECT_THAT(After([](UnitFacts& f) { f.committee_seats = 8; }), ElementsAre(R::kCommitteeTooLarge));
  // With six full members there need be none, and then one deputy is enough.
  const auto small = [](UnitFacts& f) {
    f.full_members = 6;
    f.has_members_posts = false;
  };
  EXPECT_THAT(After(small), IsEmpty());
  EXPECT_THAT(After([&](UnitFacts& f) {
                small(f);
                f.deputy_seats = 2;
              }),
              ElementsAre(R::kTooManyDeputies));
  // Temporary branches are meant to be small, and have no terms.
  EXPECT_THAT(After([](UnitFacts& f) {
                f.kind = UnitKind::kTemporaryBranch;
                f.full_members = 1;
                f.secretaries = 0;
                f.term.reset();
              }),
              IsEmpty());
}

TEST(AlertTest, GeneralBranchesHaveASizeOfTheirOwn) {
  const auto general = [](int members) {
    return After([&](UnitFacts& f) {
      f.kind = UnitKind::kGeneralBranch;
      f.members = members;
      f.full_members = 0;
    });
  };
  EXPECT_THAT(general(49), ElementsAre(R::kGeneralBranchSize));
  EXPECT_THAT(general(50), IsEmpty());
  EXPECT_THAT(general(100), IsEmpty());
  EXPECT_THAT(general(101), ElementsAre(R::kGeneralBranchSize));
}

TEST(AlertTest, TermsAndSecretaries) {
  EXPECT_THAT(After([](UnitFacts& f) { f.term->state = TermState::kExpiring; }), ElementsAre(R::kTermExpiring));
  EXPECT_THAT(After([](UnitFacts& f) { f.term->state = TermState::kOverdue; }), ElementsAre(R::kTermOverdue));
  EXPECT_THAT(After([](UnitFacts& f) {
                f.term.reset();
                f.secretaries = 0;
              }),
              ElementsAre(R::kNoSecretary, R::kNoTerm));
  UnitFacts township;
  township.kind = UnitKind::kCommittee;
  township.state = UnitState::kActive;
  township.term = UnitFacts::Term{TermId(7), TermState::kOverdue, Day(2026, 9, 30), Day(2026, 4, 1)};
  const std::vector<AlertFinding> found = Judge(township, TheRules());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].since, Day(2026, 10, 1));
  EXPECT_EQ(found[0].term, TermId(7));
  EXPECT_EQ(found[1].rule, R::kNoSecretary);
}

TEST(AlertTest, WhatIsNoOrganizationKeepsEveryRule) {
  EXPECT_THAT(After([](UnitFacts& f) {
                f.state = UnitState::kDissolved;
                f.full_members = 0;
              }),
              IsEmpty());
  EXPECT_THAT(After([](UnitFacts& f) { f.kind = UnitKind::kStatisticalGroup; }), IsEmpty());
}

}  // namespace
}  // namespace ronghe::organization
