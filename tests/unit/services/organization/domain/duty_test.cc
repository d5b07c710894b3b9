// Duties and results: field rules, who may take which part, tables of states.
#include "services/organization/domain/duty.h"

#include <gmock/gmock.h>

#include "tests/support/state_table.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Day = absl::CivilDay;

std::vector<std::string> Found(const common::Violations& violations) {
  std::vector<std::string> found;
  for (const common::Violation& violation : violations.list()) {
    found.push_back(violation.field + " " + violation.reason);
    EXPECT_FALSE(violation.text.zh.empty());
  }
  return found;
}

TEST(DutyTest, TheTableOfDuties) {
  using S = DutyState;
  using E = DutyEvent;
  tests::ExpectTable<S, E>({S::kPlanned, S::kActive, S::kCompleted, S::kEnded, S::kCancelled},
                           {E::kUpdate, E::kChangePeople, E::kStart, E::kComplete, E::kEnd, E::kCancel},
                           {{{S::kPlanned, E::kUpdate}, S::kPlanned},
                            {{S::kActive, E::kUpdate}, S::kActive},
                            {{S::kPlanned, E::kChangePeople}, S::kPlanned},
                            {{S::kActive, E::kChangePeople}, S::kActive},
                            {{S::kPlanned, E::kStart}, S::kActive},
                            {{S::kPlanned, E::kCancel}, S::kCancelled},
                            {{S::kActive, E::kComplete}, S::kCompleted},
                            {{S::kActive, E::kEnd}, S::kEnded}},
                           "DUTY_STATE");
}

TEST(DutyTest, TheTableOfResults) {
  using S = DutyResultState;
  using E = DutyResultEvent;
  tests::ExpectTable<S, E>({S::kDue, S::kRecorded, S::kWaived}, {E::kRecord, E::kAmend, E::kWaive},
                           {{{S::kDue, E::kRecord}, S::kRecorded},
                            {{S::kRecorded, E::kAmend}, S::kRecorded},
                            {{S::kDue, E::kWaive}, S::kWaived}},
                           "DUTY_RESULT_STATE");
}

TEST(DutyTest, EveryWrongFieldAtOnce) {
  common::Violations wrong;
  CheckDutyFields({7, "", std::string(501, 'x'), Day(2026, 11, 2), Day(2026, 11, 1), "objectives/x"}, "duty.", wrong);
  EXPECT_THAT(Found(wrong),
              UnorderedElementsAre("duty.kind UNKNOWN_VALUE", "duty.title REQUIRED", "duty.scope TOO_LONG",
                                   "duty.end_date BEFORE_START", "duty.objective BAD_NAME"));
  common::Violations fine;
  CheckDutyFields({1, "东街责任区", "东街1号至20号", Day(2026, 11, 2), std::nullopt, "objectives/12"}, "duty.", fine);
  EXPECT_THAT(Found(fine), IsEmpty());
  common::Violations telling;
  CheckPlainText("scope", 0, 500, "联系13800000000", telling);
  EXPECT_THAT(Found(telling), ElementsAre("scope PERSONAL_DATA"));
}

TEST(DutyTest, WhoMayTakeWhichPart) {
  const auto check = [](DutyKind kind, const PartyFields& party) {
    common::Violations violations;
    CheckParty(kind, party, "p.", violations);
    return Found(violations);
  };
  const PartyFields member{static_cast<int>(DutyRole::kParticipant), "members/1", "", 0, ""};
  for (DutyKind kind : {DutyKind::kResponsibilityArea, DutyKind::kModelPost, DutyKind::kTaskForce, DutyKind::kPairing,
                        DutyKind::kCommitment}) {
    EXPECT_THAT(check(kind, member), IsEmpty());
  }
  EXPECT_THAT(check(DutyKind::kMentorship, member), ElementsAre("p.role NOT_OF_KIND"));
  const PartyFields household{static_cast<int>(DutyRole::kPartner), "", "", 1, "3组困难户"};
  EXPECT_THAT(check(DutyKind::kPairing, household), IsEmpty());
  EXPECT_THAT(check(DutyKind::kTaskForce, household), ElementsAre("p.role NOT_OF_KIND"));
  const PartyFields unit{static_cast<int>(DutyRole::kPartner), "", "units/B2", 0, ""};
  EXPECT_THAT(check(DutyKind::kPairing, unit), IsEmpty());
  EXPECT_THAT(check(DutyKind::kMentorship, unit), ElementsAre("p.role NOT_OF_KIND"));
  EXPECT_THAT(check(DutyKind::kPairing, {0, "members/1", "units/B2", 0, "x"}),
              UnorderedElementsAre("p.member ONE_OF", "p.role REQUIRED", "p.description NOT_ALLOWED"));
}

TEST(DutyTest, WhomAKindNeeds) {
  const auto missing = [](DutyKind kind, std::initializer_list<DutyRole> roles) {
    RoleCount count;
    for (DutyRole role : roles) count.Add(role);
    return MissingRoles(kind, count).has_value();
  };
  using R = DutyRole;
  EXPECT_TRUE(missing(DutyKind::kResponsibilityArea, {}));
  EXPECT_FALSE(missing(DutyKind::kResponsibilityArea, {R::kParticipant}));
  EXPECT_TRUE(missing(DutyKind::kTaskForce, {R::kParticipant}));
  EXPECT_FALSE(missing(DutyKind::kTaskForce, {R::kParticipant, R::kLeader}));
  EXPECT_TRUE(missing(DutyKind::kTaskForce, {R::kLeader, R::kLeader}));
  EXPECT_TRUE(missing(DutyKind::kPairing, {R::kPartner}));
  EXPECT_TRUE(missing(DutyKind::kPairing, {R::kParticipant}));
  EXPECT_FALSE(missing(DutyKind::kPairing, {R::kParticipant, R::kPartner}));
  EXPECT_TRUE(missing(DutyKind::kMentorship, {R::kMentor}));
  EXPECT_FALSE(missing(DutyKind::kMentorship, {R::kMentor, R::kApprentice}));
}

}  // namespace
}  // namespace ronghe::organization
