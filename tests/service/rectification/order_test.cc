// Orders over real gRPC: who may issue them, what becomes of them, who sees what.
#include "tests/service/rectification/fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::UnorderedElementsAre;

class OrderTest : public RectificationTest {
 protected:
  static v1::IssueOrderRequest NewOrder(const std::string& unit = "370783104") {
    v1::IssueOrderRequest request;
    v1::ProblemOrder& order = *request.mutable_order();
    order.set_unit("units/" + unit);
    order.add_units("units/B1");
    order.add_units("units/B2");
    order.set_source(v1::PROBLEM_SOURCE_AUDIT);
    order.set_category("finance");
    order.set_problem_class(v1::PROBLEM_CLASS_TIME_BOUND);
    order.set_description("经费支出无审批");
    order.set_measures("完善审批");
    order.set_working_days(10);
    return request;
  }
  v1::ProblemOrder Read(const std::string& who, const std::string& name) {
    v1::GetOrderRequest get;
    get.set_name(name);
    return Must(who, &Problems::GetOrder, get);
  }
  // Once its problems have been opened.
  v1::ProblemOrder Opened(const v1::ProblemOrder& order) {
    v1::ProblemOrder now;
    const absl::Time deadline = common::SystemClock().Now() + absl::Seconds(30);
    do {
      tests::Pause();
      now = Read("township", order.name());
    } while (now.opened_count() < order.units_size() && common::SystemClock().Now() < deadline);
    EXPECT_EQ(now.opened_count(), order.units_size());
    return now;
  }
  std::vector<v1::Problem> ProblemsOf(const v1::ProblemOrder& order) {
    v1::ListProblemsRequest list;
    list.set_parent(order.unit());
    list.set_subtree(true);
    list.set_filter("order = " + order.name());
    const auto response = Must("township", &Problems::ListProblems, list);
    return {response.problems().begin(), response.problems().end()};
  }
};

TEST_F(OrderTest, EachUnitPutsItsOwnRight) {
  auto request = NewOrder();
  request.set_request_id("6f1b1c9e-4bf4-4ab6-8f77-6a0e4ae0a0f1");
  const v1::ProblemOrder order = Must("township", &Problems::IssueOrder, request);
  EXPECT_EQ(Must("township", &Problems::IssueOrder, request).name(), order.name());  // a retry
  EXPECT_EQ(Opened(order).opened_count(), 2);
  const std::vector<v1::Problem> problems = ProblemsOf(order);
  ASSERT_EQ(problems.size(), 2u);
  std::vector<std::string> units;
  for (const v1::Problem& problem : problems) {
    units.push_back(problem.unit());
    EXPECT_EQ(problem.order(), order.name());
    EXPECT_EQ(problem.extent(), v1::PROBLEM_EXTENT_COMMON);
    EXPECT_EQ(problem.supervising_unit(), "units/370783104");
    EXPECT_EQ(problem.description(), "经费支出无审批");
    EXPECT_TRUE(problem.has_due_date());
  }
  EXPECT_THAT(units, UnorderedElementsAre("units/B1", "units/B2"));
  auto assign = On<v1::AssignProblemRequest>(problems[0]);
  assign.set_person("members/1");
  Must("township", &Problems::AssignProblem, assign);
  Must("township", &Problems::StartProblem, On<v1::StartProblemRequest>(problems[0]));
  Submit("township", problems[0]);
  Must("county", &Problems::VerifyProblem, Verify(problems[0], v1::VERDICT_CLOSE));
  const v1::ProblemOrder now = Read("township", order.name());
  EXPECT_EQ(now.closed_count(), 1);
  EXPECT_EQ(now.opened_count(), 2);
  v1::ListOrdersRequest list;
  list.set_parent("units/370783104");
  EXPECT_EQ(Must("township", &Problems::ListOrders, list).orders_size(), 1);
  const auto audit =
      Call("admin", *totals_, &v1::RectificationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
  EXPECT_EQ(audit->difference_count(), 0);
}

TEST_F(OrderTest, OrdersAreOfThoseWhoMayIssueThem) {
  EXPECT_EQ(ReasonOf(Ask("viewer", &Problems::IssueOrder, NewOrder())), "ROLE_MISSING");
  EXPECT_EQ(Ask("clerk", &Problems::IssueOrder, NewOrder()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Ask("stranger", &Problems::IssueOrder, NewOrder()).status().code(), absl::StatusCode::kNotFound);
  // Only to units below.
  auto beside = NewOrder("B1");
  const auto faults = common::ViolationsOf(Ask("clerk", &Problems::IssueOrder, beside).status());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].field, "order.units[1]");
  EXPECT_EQ(faults[0].reason, "NOT_BELOW");
  // Only tried: nothing is there.
  auto tried = NewOrder();
  tried.set_validate_only(true);
  EXPECT_EQ(Must("township", &Problems::IssueOrder, tried).name(), "");
  v1::ListOrdersRequest list;
  list.set_parent("units/370783104");
  EXPECT_EQ(Must("township", &Problems::ListOrders, list).orders_size(), 0);
}

TEST_F(OrderTest, TextsOfOrdersAreShownToThoseWhoMayReadThem) {
  const v1::ProblemOrder order = Must("township", &Problems::IssueOrder, NewOrder());
  EXPECT_EQ(Read("county", order.name()).description(), "经费支出无审批");
  EXPECT_EQ(Read("viewer", order.name()).description(), "");
  v1::GetOrderRequest get;
  get.set_name(order.name());
  EXPECT_EQ(Ask("stranger", &Problems::GetOrder, get).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Ask("clerk", &Problems::GetOrder, get).status().code(), absl::StatusCode::kNotFound);
  get.set_name("orders/x");
  EXPECT_EQ(Ask("county", &Problems::GetOrder, get).status().code(), absl::StatusCode::kInvalidArgument);
  Opened(order);
}

}  // namespace
}  // namespace ronghe::rectification
