// Self-checks: reading, listing, answering.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/rectification/app/check_app.h"

namespace ronghe::rectification {
namespace {

absl::StatusOr<CheckFilter> ReadFilter(const std::string& text) {
  CheckFilter filter;
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions,
                          common::ParseFilter(text, {"state", "overdue", "round"}));
  for (const common::Condition& one : conditions) {
    bool known = !one.negated;
    if (one.field == "state") {
      known = known && (one.value == "OPEN" || one.value == "DONE");
      filter.state = one.value == "DONE" ? SelfCheckState::kDone : SelfCheckState::kOpen;
    } else if (one.field == "overdue") {
      known = known && (one.value == "TRUE" || one.value == "FALSE");
      filter.overdue = one.value == "TRUE";
    } else {
      filter.round = CheckRoundId(common::IdFromName(one.value, "checkRounds"));
      known = known && filter.round;
    }
    if (!known) {
      return common::InvalidArgument(
          "filter", "UNKNOWN_VALUE",
          {fmt::format("{} has no such value", one.field), fmt::format("{} 没有该取值", one.field)});
    }
  }
  if (conditions.empty()) filter.state = SelfCheckState::kOpen;
  return filter;
}

}  // namespace

common::ListPosition PositionOf(const StoredCheck& stored) {
  return {common::DayNumber(stored.check.due), stored.id.value};
}

CheckView CheckApp::View(const common::Call& call, StoredCheck stored) const {
  CheckView view;
  view.unit = parts_.units.AnswersFor(stored.check.unit);
  view.show_texts = parts_.rights.Holds(call.actor, Right::kReadTexts, view.unit);
  view.stored = std::move(stored);
  return view;
}

absl::StatusOr<CheckView> CheckApp::GetCheck(const common::Call& call, const std::string& name) {
  const SelfCheckId id(common::IdFromName(name, "selfChecks"));
  if (!id) return common::BadName(name, "name", "selfChecks");
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredCheck> found, parts_.store.FindCheck(id, call.deadline));
  if (!found || !parts_.units.Covers(call.scope, parts_.units.AnswersFor(found->check.unit))) {
    return common::NotFound(name);
  }
  CheckView view = View(call, *std::move(found));
  const SelfCheck& check = view.stored.check;
  // The standards come from above: whoever may see the self-check may see them.
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredChecklist> checklist,
                          parts_.store.FindChecklist(check.checklist, check.version, call.deadline));
  if (checklist) view.items = checklist->checklist.items;
  return view;
}

absl::StatusOr<CheckPage> CheckApp::ListChecks(const common::Call& call, const UnitListQuery& query) {
  common::Violations violations;
  const absl::StatusOr<CheckFilter> filter = ReadFilter(query.filter);
  violations.AddAll(filter.status());
  RONGHE_ASSIGN_OR_RETURN(const UnitList list,
                          ReadUnitList(parts_.units, parts_.signer, call, query, "selfChecks", std::move(violations)));
  const auto fetch = [&](std::span<const UnitsOfPartition> units, const common::ListPosition& after, int limit) {
    return parts_.store.ListChecks(units, *filter, after, limit, call.deadline);
  };
  RONGHE_ASSIGN_OR_RETURN(UnitListPage<StoredCheck> found, PageOf<StoredCheck>(list, parts_.signer, call, fetch));
  CheckPage page;
  for (StoredCheck& one : found.records) page.checks.push_back(View(call, std::move(one)));
  page.next_page_token = std::move(found.next_page_token);
  return page;
}

absl::StatusOr<std::vector<CheckAnswer>> CheckApp::OpenProblems(CheckTxn& txn, const StoredCheck& stored,
                                                                const std::vector<ChecklistItem>& items,
                                                                std::vector<CheckAnswer> answers,
                                                                const Person& by) const {
  const std::optional<common::UnitView> unit = parts_.units.Find(stored.check.unit);
  if (!unit) return common::Internal("a unit has gone from the directory");
  for (CheckAnswer& answer : answers) {
    if (answer.value != CheckAnswerValue::kNo) continue;
    const auto item =
        std::find_if(items.begin(), items.end(), [&](const ChecklistItem& one) { return one.code == answer.item; });
    if (item == items.end()) return common::Internal("an answer to an item that is not there");
    Problem problem;
    problem.source = ProblemSource::kSelfCheck;
    problem.category = item->category;
    problem.problem_class = item->problem_class;
    problem.description = answer.description;
    problem.cause = CauseOf(stored.id, answer.item);
    common::Violations violations;
    parts_.problems.CheckNew(problem, item->working_days, "", violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    problem.unit = stored.check.unit;
    RONGHE_RETURN_IF_ERROR(parts_.problems.PlaceUnder("", *unit, problem));
    RONGHE_ASSIGN_OR_RETURN(const StoredProblem opened, parts_.problems.Open(txn.problems(), problem, by));
    answer.problem = opened.id.value;
  }
  return answers;
}

absl::StatusOr<CheckView> CheckApp::Submit(const common::Call& call, const std::string& name,
                                           const std::vector<CheckAnswer>& answers,
                                           const common::WriteOptions& options) {
  RONGHE_RETURN_IF_ERROR(common::StartWith(options).ToStatus());
  RONGHE_ASSIGN_OR_RETURN(CheckView view, GetCheck(call, name));  // whose standards never change
  const SelfCheckId id = view.stored.id;
  const auto read = [&](CheckTxn& txn, const std::string&) -> absl::StatusOr<StoredCheck> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredCheck> found, txn.FindCheck(id));
    if (!found) return common::NotFound(name);
    return *std::move(found);
  };
  const auto change = [&](CheckTxn& txn, std::string& remember) -> absl::StatusOr<StoredCheck> {
    RONGHE_ASSIGN_OR_RETURN(const StoredCheck before, read(txn, name));
    RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(before), options.etag));
    RONGHE_ASSIGN_OR_RETURN(const SelfCheckState next, Decide(before.check, SelfCheckEvent::kSubmit, name));
    common::Violations violations;
    CheckAnswers(answers, view.items, violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    SelfCheck after = before.check;
    const absl::Time now = txn.problems().now();
    after.state = next;
    after.on_time = now < DeadlineOf(after.due, parts_.calendar.zone());
    after.overdue = false;
    after.submitted = now;
    after.submitter = PersonOf(call.actor);
    after.failed = static_cast<int>(std::count_if(
        answers.begin(), answers.end(), [](const CheckAnswer& one) { return one.value == CheckAnswerValue::kNo; }));
    RONGHE_ASSIGN_OR_RETURN(after.answers, OpenProblems(txn, before, view.items, answers, after.submitter));
    remember = name;
    return txn.ReplaceCheck(before, after, absl::InfiniteFuture());
  };
  RONGHE_ASSIGN_OR_RETURN(StoredCheck stored,
                          Run<StoredCheck>(common::PartitionOf(id.value), call, options, change, read));
  CheckView done = View(call, std::move(stored));
  done.items = std::move(view.items);
  return done;
}

}  // namespace ronghe::rectification
