// Workplaces and covers: field rules, the credit code, tables of states.
#include "services/organization/domain/workplace.h"

#include <gmock/gmock.h>

#include "tests/support/state_table.h"

namespace ronghe::organization {
namespace {

using ::testing::UnorderedElementsAre;

TEST(WorkplaceTest, TheTableOfWorkplaces) {
  using S = WorkplaceState;
  using E = WorkplaceEvent;
  tests::ExpectTable<S, E>({S::kActive, S::kClosed}, {E::kUpdate, E::kMove, E::kServe, E::kClose, E::kRestore},
                           {{{S::kActive, E::kUpdate}, S::kActive},
                            {{S::kActive, E::kMove}, S::kActive},
                            {{S::kActive, E::kServe}, S::kActive},
                            {{S::kActive, E::kClose}, S::kClosed},
                            {{S::kClosed, E::kMove}, S::kClosed},
                            {{S::kClosed, E::kRestore}, S::kActive}},
                           "WORKPLACE_STATE");
}

TEST(WorkplaceTest, TheTableOfCovers) {
  using S = CoverState;
  tests::ExpectTable<S, CoverEvent>({S::kActive, S::kEnded}, {CoverEvent::kEnd},
                                    {{{S::kActive, CoverEvent::kEnd}, S::kEnded}}, "COVER_ENDED");
}

TEST(WorkplaceTest, ACreditCodeHasItsFormAndItsCheckCharacter) {
  // The example of the standard, and made-up ones.
  for (const char* right : {"91350100M000100Y43", "91370783MA00000016", "91370783MA00000029", "91370783MA0000003C"}) {
    EXPECT_EQ(CheckCreditCode(right), CreditCodeFault::kNone) << right;
  }
  EXPECT_EQ(CheckCreditCode("91350100M000100Y44"), CreditCodeFault::kCheck);
  EXPECT_EQ(CheckCreditCode("91350100M000100Y34"), CreditCodeFault::kCheck);
  for (const char* wrong : {"", "91350100M000100Y4", "91350100M000100Y433", "91350100m000100Y43", "91350100I000100Y43",
                            "9135010AM000100Y43", "91350100M000100Y4 "}) {
    EXPECT_EQ(CheckCreditCode(wrong), CreditCodeFault::kForm) << wrong;
  }
  // Any one character changed is noticed.
  const std::string right = "91350100M000100Y43";
  for (size_t i = 0; i < right.size(); ++i) {
    std::string other = right;
    other[i] = right[i] == '2' ? '5' : '2';
    EXPECT_NE(CheckCreditCode(other), CreditCodeFault::kNone) << other;
  }
}

TEST(WorkplaceTest, EveryWrongFieldAtOnce) {
  common::Violations violations;
  CheckWorkplaceFields({9, "", "x", std::string(61, 'x')}, "workplace.", violations);
  std::vector<std::string> found;
  for (const common::Violation& violation : violations.list())
    found.push_back(violation.field + " " + violation.reason);
  EXPECT_THAT(found, UnorderedElementsAre("workplace.kind UNKNOWN_VALUE", "workplace.title REQUIRED",
                                          "workplace.credit_code BAD_FORM", "workplace.external_id TOO_LONG"));
  common::Violations none;
  CheckWorkplaceFields({1, "某村", "", ""}, "", none);
  ASSERT_EQ(none.list().size(), 1u);
  EXPECT_EQ(none.list()[0].field, "credit_code");
  common::Violations fine;
  CheckWorkplaceFields({5, "某村", "", "370783104001"}, "", fine);
  EXPECT_TRUE(fine.empty());
}

}  // namespace
}  // namespace ronghe::organization
