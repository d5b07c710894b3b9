#include "services/rectification/app/problem_query.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/rectification/app/problem_filter.h"

namespace ronghe::rectification {
namespace {

constexpr int kExportPage = 100;
constexpr int kMostSteps = 10'000;  // of one problem

absl::StatusOr<ProblemOrder> ReadOrder(std::string_view order_by) {
  if (order_by.empty() || order_by == "unit") return ProblemOrder::kUnit;
  if (order_by == "due_date") return ProblemOrder::kDue;
  if (order_by == "create_time desc") return ProblemOrder::kNewest;
  return common::InvalidArgument(
      "order_by", "UNKNOWN_VALUE",
      {"must be unit, due_date or create_time desc", "应为 unit、due_date 或 create_time desc"});
}

void AddTo(const ProblemGroup& group, ProblemCounts& counts) {
  if (group.state == ProblemState::kClosed) counts.closed += group.count;
  if (!IsOpen(group.state)) return;
  counts.open += group.count;
  if (group.overdue) counts.overdue += group.count;
  if (group.state == ProblemState::kSubmitted) counts.submitted += group.count;
}

}  // namespace

// A page of problems, however it was asked for.
struct ProblemQuery::Wanted {
  std::vector<common::UnitView> units;
  ProblemFilter filter;
  ProblemOrder order = ProblemOrder::kUnit;
  int page_size = 0;
  std::string query;  // everything but the token
  std::string position;
};

std::vector<common::UnitUid> ProblemQuery::Alike(const common::UnitView& unit) const {
  std::vector<common::UnitUid> uids;
  for (const common::UnitView& one : UnitsOf(parts_.units, unit, false)) uids.push_back(one.uid);
  return uids;
}

absl::StatusOr<ProblemPage> ProblemQuery::Page(const common::Call& call, const Wanted& wanted) {
  RONGHE_ASSIGN_OR_RETURN(const common::ListPosition after, common::ReadListPosition(wanted.position));
  const bool by_unit = wanted.order == ProblemOrder::kUnit;
  const int limit = wanted.page_size + 1;
  UnitBatches batches(wanted.units);
  if (by_unit) batches.SkipTo(common::UnitUid(after.key));
  std::vector<StoredProblem> found;
  for (size_t size = by_unit ? kMostUnits / 16 : kMostUnits; !batches.AtEnd(); size = std::min(size * 4, kMostUnits)) {
    if (call.cancelled()) return common::Cancelled();
    RONGHE_ASSIGN_OR_RETURN(
        std::vector<StoredProblem> some,
        parts_.store.List(batches.Next(size), wanted.filter, wanted.order, after, limit, call.deadline));
    std::move(some.begin(), some.end(), std::back_inserter(found));
    // In the order of units what comes later is greater; in other orders every unit may hold the next one.
    if (by_unit && found.size() >= static_cast<size_t>(limit)) break;
  }
  std::sort(found.begin(), found.end(), [&](const StoredProblem& a, const StoredProblem& b) {
    return PositionOf(a, wanted.order) < PositionOf(b, wanted.order);
  });
  ProblemPage page;
  if (found.size() > static_cast<size_t>(wanted.page_size)) {
    found.erase(found.begin() + wanted.page_size, found.end());
    page.next_page_token =
        common::MakePageToken(parts_.signer, wanted.query, common::TextOf(PositionOf(found.back(), wanted.order)));
  }
  for (StoredProblem& stored : found) page.problems.push_back(parts_.app.View(call, std::move(stored)));
  return page;
}

absl::StatusOr<ProblemPage> ProblemQuery::List(const common::Call& call, const ProblemListQuery& query) {
  Wanted wanted;
  wanted.query = fmt::format("problems\n{}\n{}\n{}\n{}", query.parent, query.subtree, query.filter, query.order_by);
  common::Violations violations;
  const absl::StatusOr<ProblemFilter> filter = ParseProblemFilter(query.filter, parts_.units);
  violations.AddAll(filter.status());
  const absl::StatusOr<ProblemOrder> order = ReadOrder(query.order_by);
  violations.AddAll(order.status());
  const absl::StatusOr<int> page_size = common::PageSize(query.page_size);
  violations.AddAll(page_size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, wanted.query, query.page_token);
  violations.AddAll(token.status());
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit,
                          common::VisibleUnit(parts_.units, call, query.parent, "parent", std::move(violations)));
  wanted.units = UnitsOf(parts_.units, unit, query.subtree);
  wanted.filter = *filter;
  wanted.order = *order;
  wanted.page_size = *page_size;
  wanted.position = *token;
  return Page(call, wanted);
}

ProblemFilter ProblemQuery::FilterOf(const common::Call& call, const WorklistQuery& query,
                                     const common::UnitView& unit) const {
  ProblemFilter filter;
  filter.states = kOpenStates;
  const absl::CivilDay today = parts_.calendar.Today();
  // What the unit, or one in or below it, supervises.
  const auto supervised = [&] {
    if (!query.subtree) {
      filter.supervising = Alike(unit);
      return;
    }
    for (const common::UnitView& above : parts_.units.AncestorsOf(unit.uid)) {
      if (above.uid != unit.uid) filter.not_supervising.push_back(above.uid);
    }
  };
  switch (query.worklist) {
    case Worklist::kToVerify:
      filter.states = SetOf(ProblemState::kSubmitted);
      filter.not_submitter = PersonOf(call.actor);
      supervised();
      break;
    case Worklist::kToDecide:
      filter.with_extension = true;
      supervised();
      break;
    case Worklist::kDueSoon:
      filter.states &= ~SetOf(ProblemState::kSubmitted);
      filter.due_after = today - 1;
      filter.due_before = today + parts_.policy.due_soon_days + 1;
      filter.paused = false;
      filter.overdue = false;
      break;
    case Worklist::kOverdue:
      filter.overdue = true;
      break;
    case Worklist::kEscalated:
      filter.escalated = true;
      if (!query.subtree) filter.escalated_to = Alike(unit);
      for (const common::UnitView& above :
           query.subtree ? parts_.units.AncestorsOf(unit.uid) : std::vector<common::UnitView>()) {
        if (above.uid != unit.uid) filter.not_escalated_to.push_back(above.uid);
      }
      break;
    case Worklist::kLookBack:
      filter.states = SetOf(ProblemState::kClosed);
      filter.look_back_until = today;
      supervised();
      break;
    default:
      filter.states &= ~SetOf(ProblemState::kSubmitted);
  }
  return filter;
}

absl::StatusOr<ProblemPage> ProblemQuery::ListWorklist(const common::Call& call, const WorklistQuery& query) {
  Wanted wanted;
  wanted.query = fmt::format("worklist\n{}\n{}\n{}\n{}", query.parent, static_cast<int>(query.worklist), query.subtree,
                             query.person);
  common::Violations violations;
  if (query.worklist <= Worklist::kUnspecified || query.worklist > Worklist::kLookBack) {
    violations.Add("worklist", "REQUIRED", {"must name a worklist", "应指明清单"});
  }
  const int64_t person = common::ReadOptionalId(query.person, "members", "person", violations);
  const absl::StatusOr<int> page_size = common::PageSize(query.page_size);
  violations.AddAll(page_size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, wanted.query, query.page_token);
  violations.AddAll(token.status());
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit,
                          common::VisibleUnit(parts_.units, call, query.parent, "parent", std::move(violations)));
  const bool own =
      query.worklist == Worklist::kToDo || query.worklist == Worklist::kDueSoon || query.worklist == Worklist::kOverdue;
  // What a unit supervises, or what reached it, are problems of units below it.
  wanted.units = UnitsOf(parts_.units, unit, query.subtree || !own);
  wanted.filter = FilterOf(call, query, unit);
  wanted.filter.person = person;
  wanted.order = ProblemOrder::kDue;
  wanted.page_size = *page_size;
  wanted.position = *token;
  return Page(call, wanted);
}

absl::StatusOr<ProblemCountTables> ProblemQuery::Count(const common::Call& call, const std::string& parent) {
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit, common::VisibleUnit(parts_.units, call, parent, "parent", {}));
  const std::vector<common::UnitView> units = UnitsOf(parts_.units, unit, true);
  std::map<common::UnitUid, int> levels;
  for (const common::UnitView& one : units) levels[one.uid] = one.level;
  UnitBatches batches(units);
  ProblemCountTables tables;
  while (!batches.AtEnd()) {
    if (call.cancelled()) return common::Cancelled();
    RONGHE_ASSIGN_OR_RETURN(const std::vector<ProblemGroup> groups,
                            parts_.store.Count(batches.Next(kMostUnits), call.deadline));
    for (const ProblemGroup& group : groups) {
      if (group.state == ProblemState::kCancelled) continue;
      AddTo(group, tables.by_category[group.category]);
      AddTo(group, tables.by_source[std::string(NameOf(group.source))]);
      AddTo(group, tables.by_level[fmt::format("{}", levels[group.unit])]);
    }
  }
  return tables;
}

absl::StatusOr<ProblemHistory> ProblemQuery::History(const common::Call& call, const std::string& parent, int page_size,
                                                     const std::string& page_token) {
  const std::string query = "history\n" + parent;
  common::Violations violations;
  const absl::StatusOr<int> size = common::PageSize(page_size);
  violations.AddAll(size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, query, page_token);
  violations.AddAll(token.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const ProblemView view, parts_.app.Get(call, parent));
  RONGHE_ASSIGN_OR_RETURN(const common::ListPosition after, common::ReadListPosition(*token));
  ProblemHistory history;
  history.id = view.stored.id;
  history.show_texts = view.show_texts;
  history.unit = view.unit;
  RONGHE_ASSIGN_OR_RETURN(history.steps, parts_.store.History(view.stored.id, after.id, *size + 1, call.deadline));
  if (history.steps.size() > static_cast<size_t>(*size)) {
    history.steps.pop_back();
    history.next_page_token = common::MakePageToken(parts_.signer, query, common::TextOf({0, history.steps.back().id}));
  }
  return history;
}

absl::StatusOr<std::vector<ProblemRecord>> ProblemQuery::NextRecords(const common::Call& call, Wanted& wanted,
                                                                     bool& ended) {
  std::vector<ProblemRecord> records;
  if (ended) return records;
  RONGHE_ASSIGN_OR_RETURN(ProblemPage page, Page(call, wanted));
  ended = page.next_page_token.empty();
  for (ProblemView& view : page.problems) {
    if (call.cancelled()) return common::Cancelled();
    ProblemRecord& record = records.emplace_back();
    const ProblemId id = view.stored.id;
    wanted.position = common::TextOf(PositionOf(view.stored, wanted.order));
    record.view = std::move(view);
    RONGHE_ASSIGN_OR_RETURN(record.steps, parts_.store.History(id, 0, kMostSteps, call.deadline));
  }
  return records;
}

absl::StatusOr<ProblemQuery::Export> ProblemQuery::StartExport(const common::Call& call, const std::string& parent,
                                                               const std::string& filter) {
  auto wanted = std::make_shared<Wanted>();
  wanted->query = "export";
  wanted->page_size = kExportPage;
  common::Violations violations;
  const absl::StatusOr<ProblemFilter> parsed = ParseProblemFilter(filter, parts_.units, ~0u);
  violations.AddAll(parsed.status());
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit,
                          common::VisibleUnit(parts_.units, call, parent, "parent", std::move(violations)));
  wanted->filter = *parsed;
  wanted->units = UnitsOf(parts_.units, unit, true);
  auto ended = std::make_shared<bool>(false);
  return Export([this, &call, wanted, ended] { return NextRecords(call, *wanted, *ended); });
}

}  // namespace ronghe::rectification
