// The part of ProblemService that is about orders.
#include <utility>

#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"
#include "services/rectification/rpc/problem_rpc.h"

namespace ronghe::rectification {
namespace {

using common::Call;

NewOrder OrderFrom(const v1::ProblemOrder& sent, common::Violations& violations) {
  NewOrder fields;
  fields.unit = sent.unit();
  fields.units = {sent.units().begin(), sent.units().end()};
  fields.working_days = sent.working_days();
  Problem& problem = fields.problem;
  problem.source = static_cast<ProblemSource>(sent.source());
  problem.category = sent.category();
  problem.problem_class = static_cast<ProblemClass>(sent.problem_class());
  problem.description = sent.description();
  problem.measures = sent.measures();
  problem.due = common::ReadDate(sent.due_date(), "order.due_date", violations);
  return fields;
}

}  // namespace

void ProblemRpc::BindOrders() {
  Unary<v1::IssueOrderRequest, v1::ProblemOrder>(
      "IssueOrder", [this](const Call& call, const auto& request) -> absl::StatusOr<v1::ProblemOrder> {
        common::Violations violations;
        const NewOrder fields = OrderFrom(request.order(), violations);
        common::WriteOptions options;
        options.key = common::KeyOf(call, request.request_id(), request, violations);
        options.validate_only = request.validate_only();
        options.faults = violations.list();
        RONGHE_ASSIGN_OR_RETURN(const OrderView view, parts_.orders.Issue(call, fields, options));
        return Encode(view);
      });
  Unary<v1::GetOrderRequest, v1::ProblemOrder>(
      "GetOrder", [this](const Call& call, const auto& request) -> absl::StatusOr<v1::ProblemOrder> {
        RONGHE_ASSIGN_OR_RETURN(const OrderView view, parts_.orders.Get(call, request.name()));
        return Encode(view);
      });
  Unary<v1::ListOrdersRequest, v1::ListOrdersResponse>(
      "ListOrders", [this](const Call& call, const auto& request) -> absl::StatusOr<v1::ListOrdersResponse> {
        RONGHE_ASSIGN_OR_RETURN(const OrderPage page,
                                parts_.orders.List(call, request.parent(), request.page_size(), request.page_token()));
        v1::ListOrdersResponse response;
        for (const OrderView& view : page.orders) *response.add_orders() = Encode(view);
        response.set_next_page_token(page.next_page_token);
        return response;
      });
}

v1::ProblemOrder ProblemRpc::Encode(const OrderView& view) const {
  const StoredOrder& stored = view.stored;
  const Problem& problem = stored.order.problem;
  v1::ProblemOrder out;
  out.set_unit("units/" + parts_.names.code_of(stored.order.unit));
  for (const common::UnitUid unit : stored.order.units) out.add_units("units/" + parts_.names.code_of(unit));
  out.set_source(static_cast<v1::ProblemSource>(problem.source));
  out.set_category(problem.category);
  out.set_problem_class(static_cast<v1::ProblemClass>(problem.problem_class));
  if (view.show_texts) {
    out.set_description(problem.description);
    out.set_measures(problem.measures);
  }
  if (problem.due) common::WriteDate(*problem.due, *out.mutable_due_date());
  out.set_opened_count(view.progress.opened);
  out.set_closed_count(view.progress.closed);
  out.set_overdue_count(view.progress.overdue);
  if (stored.revision == 0) return out;
  out.set_name(NameOf(stored.id));
  common::WriteTimestamp(stored.create_time, *out.mutable_create_time());
  out.set_revision(parts_.names.token_of(common::PartitionOf(stored.id.value), stored.revision));
  return out;
}

}  // namespace ronghe::rectification
