#include "services/rectification/rpc/ledger_codec.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/wire.h"

namespace ronghe::rectification {
namespace {

// Under which problems without an external id are exported, so that they can be imported elsewhere.
constexpr char kOwnSource[] = "ronghe";

std::string WhoDid(const ProblemStep& step) {
  if (step.by.member != 0) return fmt::format("members/{}", step.by.member);
  return step.who.empty() ? step.by.key : step.who;
}

void WriteStep(const ProblemStep& step, bool show_texts, absl::TimeZone zone, v1::LedgerEntry& out) {
  const absl::CivilDay day = absl::ToCivilDay(step.at, zone);
  v1::LedgerStep& one = *out.add_steps();
  one.set_event(static_cast<v1::ProblemEvent>(step.event));
  common::WriteDate(day, *one.mutable_date());
  if (step.due) common::WriteDate(*step.due, *one.mutable_due_date());
  if (show_texts) {
    one.set_actor(WhoDid(step));
    one.set_reason(step.reason);
    out.set_remarks(step.reason);
  }
  switch (step.event) {
    case ProblemEvent::kRegister:
      common::WriteDate(day, *out.mutable_register_date());
      break;
    case ProblemEvent::kAssign:
      if (!out.has_assign_date()) common::WriteDate(day, *out.mutable_assign_date());
      break;
    case ProblemEvent::kSubmit:
      common::WriteDate(day, *out.mutable_submit_date());
      out.set_submitter(one.actor());
      break;
    case ProblemEvent::kReturn:
    case ProblemEvent::kReopen:  // what was done before did not last
      out.clear_submit_date();
      out.clear_submitter();
      out.clear_close_date();
      out.clear_verifier();
      break;
    case ProblemEvent::kClose:
      common::WriteDate(day, *out.mutable_close_date());
      out.set_verifier(one.actor());
      break;
    case ProblemEvent::kCancel:
      common::WriteDate(day, *out.mutable_cancel_date());
      break;
    default:
      break;
  }
}

}  // namespace

absl::Status ProtoLedgerRows::Decode(std::string_view payload, LedgerEntry& entry) const {
  v1::LedgerEntry sent;
  if (!sent.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return common::InvalidArgument("", "UNREADABLE", {"cannot be read", "无法解析"});
  }
  common::Violations violations;
  entry.unit = sent.unit();
  entry.supervising_unit = sent.supervising_unit();
  entry.person = sent.person();
  Problem& problem = entry.problem;
  problem.source = static_cast<ProblemSource>(sent.source());
  problem.category = sent.category();
  problem.extent = static_cast<ProblemExtent>(sent.extent());
  problem.problem_class = static_cast<ProblemClass>(sent.problem_class());
  problem.description = sent.description();
  problem.measures = sent.measures();
  problem.external_source = sent.external_source();
  problem.external_id = sent.external_id();
  problem.due = common::ReadDate(sent.due_date(), "due_date", violations);
  entry.registered = common::ReadDate(sent.register_date(), "register_date", violations);
  entry.assigned = common::ReadDate(sent.assign_date(), "assign_date", violations);
  entry.submitted = common::ReadDate(sent.submit_date(), "submit_date", violations);
  entry.closed = common::ReadDate(sent.close_date(), "close_date", violations);
  entry.cancelled = common::ReadDate(sent.cancel_date(), "cancel_date", violations);
  entry.submitter = sent.submitter();
  entry.verifier = sent.verifier();
  entry.remarks = sent.remarks();
  if (problem.external_id.empty()) violations.Add("external_id", "REQUIRED", {"is required", "必填"});
  for (int i = 0; i < sent.steps_size(); ++i) {
    const v1::LedgerStep& step = sent.steps(i);
    entry.steps.push_back({static_cast<ProblemEvent>(step.event()),
                           common::ReadDate(step.date(), fmt::format("steps[{}].date", i), violations), step.actor(),
                           step.reason(),
                           common::ReadDate(step.due_date(), fmt::format("steps[{}].due_date", i), violations)});
  }
  return violations.ToStatus();
}

v1::LedgerEntry ToLedger(const ProblemRecord& record, const common::RecordNames& names, absl::TimeZone zone) {
  const ProblemView& view = record.view;
  const Problem& problem = view.stored.problem;
  const v1::Problem shown = ToProto(view, names);
  v1::LedgerEntry out;
  out.set_unit(shown.unit());
  out.set_supervising_unit(shown.supervising_unit());
  out.set_person(shown.person());
  out.set_source(shown.source());
  out.set_category(shown.category());
  out.set_extent(shown.extent());
  out.set_problem_class(shown.problem_class());
  out.set_description(shown.description());
  out.set_measures(shown.measures());
  if (problem.due) common::WriteDate(*problem.due, *out.mutable_due_date());
  const bool own = problem.external_id.empty();
  out.set_external_source(own ? kOwnSource : problem.external_source);
  out.set_external_id(own ? shown.name() : problem.external_id);
  for (const ProblemStep& step : record.steps) WriteStep(step, view.show_texts, zone, out);
  out.set_name(shown.name());
  out.set_state(shown.state());
  out.set_overdue(shown.overdue());
  return out;
}

}  // namespace ronghe::rectification
