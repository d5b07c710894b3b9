#include "services/rectification/app/order_app.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/write_once.h"

namespace ronghe::rectification {

absl::StatusOr<OrderView> OrderApp::View(const common::Call& call, StoredOrder stored) const {
  OrderView view;
  view.show_texts = parts_.rights.Holds(call.actor, Right::kReadTexts, parts_.units.AnswersFor(stored.order.unit));
  if (stored.revision != 0) {
    RONGHE_ASSIGN_OR_RETURN(view.progress,
                            parts_.store.ProgressOf(stored.id, PartitionsOf(stored.order), call.deadline));
  }
  view.stored = std::move(stored);
  return view;
}

std::vector<common::PartitionId> OrderApp::PartitionsOf(const Order& order) const {
  std::set<common::PartitionId> partitions;
  for (const common::UnitUid uid : order.units) {
    if (const std::optional<common::UnitView> unit = parts_.units.Find(uid)) partitions.insert(unit->partition);
  }
  return {partitions.begin(), partitions.end()};
}

absl::StatusOr<Order> OrderApp::Checked(const common::Call& call, const NewOrder& fields,
                                        common::Violations violations) const {
  Order order;
  order.problem = fields.problem;
  order.problem.extent = ProblemExtent::kCommon;
  parts_.problems.CheckNew(order.problem, fields.working_days, "order.", violations);
  if (fields.units.empty()) violations.Add("order.units", "REQUIRED", {"is required", "必填"});
  if (fields.units.size() > kMaxOrderUnits) {
    violations.Add("order.units", "TOO_MANY", {"has more than 500 entries", "超过 500 项"});
  }
  const std::optional<std::string> code = common::CodeIn(fields.unit);
  const std::optional<common::UnitView> issuer = code ? parts_.units.FindByCode(*code) : std::nullopt;
  if (!code) violations.Add("order.unit", fields.unit.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
  std::vector<common::Blocker> blockers;
  std::set<common::UnitUid> seen;
  for (size_t i = 0; i < fields.units.size() && i < kMaxOrderUnits; ++i) {
    const std::string at = fmt::format("order.units[{}]", i);
    const std::optional<std::string> one = common::CodeIn(fields.units[i]);
    const std::optional<common::UnitView> unit = one ? parts_.units.FindByCode(*one) : std::nullopt;
    if (!one) {
      violations.Add(at, "BAD_NAME", common::kUnitForm);
    } else if (!unit || !issuer || !parts_.units.IsWithin(unit->uid, issuer->uid)) {
      violations.Add(at, "NOT_BELOW", {"must be in or below the issuing unit", "应为下达单位或其下级组织"});
    } else if (!seen.insert(unit->uid).second) {
      violations.Add(at, "DUPLICATE", {"is there twice", "单位重复"});
    } else {
      order.units.push_back(unit->uid);
      for (common::Blocker& blocker : common::BlockersOf(common::RefuseUnit(*unit, parts_.units))) {
        blockers.push_back(std::move(blocker));
      }
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!issuer || !parts_.units.Covers(call.scope, issuer->uid)) return common::NotFound(fields.unit);
  order.unit = issuer->uid;
  RONGHE_RETURN_IF_ERROR(common::RefuseUnit(*issuer, parts_.units));
  if (blockers.empty()) return order;
  const std::string reason = blockers.front().reason;
  return common::FailedPrecondition(
      reason, {"some of the units take nothing new; all are listed", "部分单位不再受理新的登记，已全部列出"},
      std::move(blockers));
}

absl::StatusOr<OrderView> OrderApp::Issue(const common::Call& call, const NewOrder& fields,
                                          const common::WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const Order order, Checked(call, fields, common::StartWith(options)));
  const std::optional<common::UnitView> unit = parts_.units.Find(order.unit);
  if (!unit) return common::Internal("a unit has gone from the directory");
  const std::vector<common::PartitionId> partitions = PartitionsOf(order);
  const auto write = [&](absl::FunctionRef<absl::Status(ProblemTxn&)> body) {
    return parts_.store.Write(unit->partition, call, body);
  };
  const auto issue = [&](ProblemTxn& txn, std::string& remember) -> absl::StatusOr<StoredOrder> {
    RONGHE_ASSIGN_OR_RETURN(StoredOrder stored, txn.InsertOrder(order, PersonOf(call.actor), partitions));
    remember = NameOf(stored.id);
    return stored;
  };
  const auto again = [](ProblemTxn& txn, const std::string& name) -> absl::StatusOr<StoredOrder> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredOrder> done,
                            txn.FindOrder(OrderId(common::IdFromName(name, "orders"))));
    if (!done) return common::NotFound(name);
    return *std::move(done);
  };
  RONGHE_ASSIGN_OR_RETURN(StoredOrder stored,
                          (common::WriteOnce<StoredOrder, ProblemTxn>(options, write, issue, again)));
  return View(call, std::move(stored));
}

absl::StatusOr<OrderView> OrderApp::Get(const common::Call& call, const std::string& name) {
  const OrderId id(common::IdFromName(name, "orders"));
  if (!id) return common::BadName(name, "name", "orders");
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredOrder> found, parts_.store.FindOrder(id, call.deadline));
  if (!found || !parts_.units.Covers(call.scope, parts_.units.AnswersFor(found->order.unit))) {
    return common::NotFound(name);
  }
  return View(call, *std::move(found));
}

absl::StatusOr<common::UnitUid> OrderApp::OwnerOf(std::string_view name, absl::Time deadline) {
  const OrderId id(common::IdFromName(name, "orders"));
  if (!id) return common::BadName(name, "name", "orders");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredOrder> found, parts_.store.FindOrder(id, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->order.unit);
}

absl::StatusOr<OrderPage> OrderApp::List(const common::Call& call, const std::string& parent, int page_size,
                                         const std::string& page_token) {
  const std::string query = "orders\n" + parent;
  common::Violations violations;
  const absl::StatusOr<int> size = common::PageSize(page_size);
  violations.AddAll(size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, query, page_token);
  violations.AddAll(token.status());
  const std::optional<std::string> code = common::CodeIn(parent);
  if (!code) violations.Add("parent", parent.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const std::optional<common::UnitView> unit = parts_.units.FindByCode(*code);
  if (!unit || !parts_.units.Covers(call.scope, unit->uid)) return common::NotFound(parent);
  int64_t before = INT64_MAX;
  if (!token->empty()) std::from_chars(token->data(), token->data() + token->size(), before);
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredOrder> found,
                          parts_.store.ListOrders(unit->partition, unit->uid, before, *size + 1, call.deadline));
  OrderPage page;
  if (found.size() > static_cast<size_t>(*size)) {
    found.pop_back();
    page.next_page_token = common::MakePageToken(parts_.signer, query, fmt::format("{}", found.back().id.value));
  }
  for (StoredOrder& one : found) {
    RONGHE_ASSIGN_OR_RETURN(OrderView view, View(call, std::move(one)));
    page.orders.push_back(std::move(view));
  }
  return page;
}

absl::Status OrderApp::Open(ProblemTxn& txn, OrderId id) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredOrder> stored, txn.FindOrder(id));
  if (!stored) return common::Internal("a timer names an order that is not there");
  for (const common::UnitUid uid : stored->order.units) {
    const std::optional<common::UnitView> unit = parts_.units.Find(uid);
    if (!unit || unit->partition != txn.partition()) continue;
    Problem problem = stored->order.problem;
    problem.unit = uid;
    problem.supervising = unit->parent ? unit->parent : uid;
    problem.order = id.value;
    RONGHE_RETURN_IF_ERROR(parts_.problems.Open(txn, problem, stored->by).status());
  }
  return absl::OkStatus();
}

}  // namespace ronghe::rectification
