// Orders to many units, on every engine: a problem for each, once.
#include <thread>

#include "tests/storage/problem_fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using E = ProblemEvent;

class ProblemOrderTest : public ProblemTestBase {
 protected:
  static NewOrder Common() {
    NewOrder fields;
    fields.unit = "units/P";
    fields.units = {"units/B1", "units/B3", "units/P"};  // in two partitions
    fields.working_days = 5;
    fields.problem = Fields().problem;
    return fields;
  }
};
INSTANTIATE_ENGINES(ProblemOrderTest);

TEST_P(ProblemOrderTest, EachUnitGetsAProblemOfItsOwnOnce) {
  common::WriteOptions options;
  options.key = {"county", "1f8a", "digest"};
  const OrderView order = orders_->Issue(By("county", kProvince), Common(), options).value();
  EXPECT_EQ(order.progress.opened, 0);
  EXPECT_EQ(orders_->Issue(By("county", kProvince), Common(), options).value().stored.id, order.stored.id);
  std::vector<std::unique_ptr<common::TimerLoop>> loops;
  for (int i = 0; i < 4; ++i) loops.push_back(NewTimers());
  std::vector<std::thread> threads;
  for (auto& loop : loops) {
    threads.emplace_back([&loop] { EXPECT_TRUE(loop->FireDue().ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Fire(), 0);
  const std::string name = NameOf(order.stored.id);
  const auto page = query_->List(By("county"), {"units/C", true, 0, "", "order = " + name, ""}).value();
  ASSERT_EQ(page.problems.size(), 2u);
  EXPECT_EQ(page.problems[0].unit, kB1);
  EXPECT_EQ(page.problems[0].supervising, kT1);
  EXPECT_EQ(page.problems[1].supervising, kT2);
  EXPECT_EQ(page.problems[0].stored.problem.extent, ProblemExtent::kCommon);
  EXPECT_EQ(page.problems[0].stored.problem.due, Day(2026, 11, 23));
  EXPECT_EQ(page.problems[0].stored.problem.description, Common().problem.description);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 3), Pair("problems_open", 3)));
  // Each its own close-out.
  Do("county", page.problems[0], E::kAssign);
  Do("county", page.problems[0], E::kStart);
  Do("clerk", page.problems[0], E::kSubmit);
  Do("township", page.problems[0], E::kClose);
  GoTo(Day(2026, 11, 24));
  EXPECT_EQ(Fire(), 2);
  const OrderView now = orders_->Get(By("county", kProvince), name).value();
  EXPECT_EQ(now.progress.opened, 3);
  EXPECT_EQ(now.progress.closed, 1);
  EXPECT_EQ(now.progress.overdue, 2);
  EXPECT_EQ(orders_->Get(By("county", kCounty), name).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ProblemOrderTest, UnitsThatTakeNothingNewAreAllNamed) {
  common::DirectoryUnit merged = Unit(kB2, kT1, "B2", 5);
  merged.state = 2;
  merged.successors = {kB1};
  common::DirectoryUnit closing = Unit(kB3, kT2, "B3", 5);
  closing.state = 3;
  Apply({merged, closing}, false);
  NewOrder fields = Common();
  fields.units = {"units/B1", "units/B2", "units/B3"};
  const absl::Status refused = orders_->Issue(By("county", kProvince), fields, {}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  std::vector<std::string> reasons;
  for (const common::Blocker& blocker : common::BlockersOf(refused)) reasons.push_back(blocker.reason);
  EXPECT_THAT(reasons, ElementsAre("UNIT_SUCCEEDED", "UNIT_CLOSING"));
  fields.unit = "units/T1";
  fields.units = {"units/B1", "units/B1", "units/T2", "B1"};
  std::vector<std::string> faults;
  for (const common::Violation& one :
       common::ViolationsOf(orders_->Issue(By("county", kProvince), fields, {}).status())) {
    faults.push_back(one.field + " " + one.reason);
  }
  EXPECT_THAT(faults, ElementsAre("order.units[1] DUPLICATE", "order.units[2] NOT_BELOW", "order.units[3] BAD_NAME"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM problem_order"), 0);
  EXPECT_EQ(Fire(), 0);
}

TEST_P(ProblemOrderTest, OrdersOfAUnitAreListedNewestFirst) {
  std::vector<OrderId> made;
  for (int i = 0; i < 3; ++i) made.push_back(orders_->Issue(By("county", kProvince), Common(), {}).value().stored.id);
  std::string token;
  std::vector<OrderId> listed;
  do {
    const OrderPage page = orders_->List(By("county", kProvince), "units/P", 2, token).value();
    for (const OrderView& view : page.orders) listed.push_back(view.stored.id);
    token = page.next_page_token;
  } while (!token.empty());
  EXPECT_THAT(listed, ElementsAre(made[2], made[1], made[0]));
}

}  // namespace
}  // namespace ronghe::rectification
