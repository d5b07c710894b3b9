#include "services/rectification/rpc/problem_codec.h"

#include <fmt/format.h>

#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"

namespace ronghe::rectification {
namespace {

std::string MemberName(int64_t member) {
  return member == 0 ? "" : fmt::format("members/{}", member);
}

std::string UnitName(common::UnitUid unit, const common::RecordNames& names) {
  return unit ? "units/" + names.code_of(unit) : "";
}

void WriteStanding(const Problem& problem, const common::RecordNames& names, v1::Problem& out) {
  out.set_state(static_cast<v1::ProblemState>(problem.state));
  out.set_overdue(problem.overdue);
  out.set_paused(problem.paused_left.has_value());
  out.set_remaining_working_days(problem.paused_left.value_or(0));
  if (problem.extension) {
    common::WriteDate(problem.extension->due, *out.mutable_extension()->mutable_due_date());
    common::WriteTimestamp(problem.extension->at, *out.mutable_extension()->mutable_request_time());
  }
  out.set_escalation_steps(problem.escalation_steps);
  out.set_escalated_to(UnitName(problem.escalated_to, names));
  if (problem.submitted) common::WriteTimestamp(*problem.submitted, *out.mutable_submit_time());
  out.set_on_time(problem.on_time);
  out.set_return_count(problem.returns);
  out.set_recurrence_count(problem.recurrences);
  if (problem.closed) common::WriteTimestamp(*problem.closed, *out.mutable_close_time());
  if (problem.look_back) common::WriteDate(*problem.look_back, *out.mutable_look_back_date());
  out.set_look_back_count(problem.look_backs);
}

void WriteCounts(const std::map<std::string, ProblemCounts>& counts,
                 google::protobuf::RepeatedPtrField<v1::ProblemCount>& out) {
  for (const auto& [key, count] : counts) {
    v1::ProblemCount& one = *out.Add();
    one.set_key(key);
    one.set_open(count.open);
    one.set_overdue(count.overdue);
    one.set_submitted(count.submitted);
    one.set_closed(count.closed);
  }
}

}  // namespace

v1::Problem ToProto(const ProblemView& view, const common::RecordNames& names) {
  const StoredProblem& stored = view.stored;
  const Problem& problem = stored.problem;
  v1::Problem out;
  out.set_unit(UnitName(view.unit, names));
  out.set_supervising_unit(UnitName(view.supervising, names));
  out.set_person(MemberName(problem.person));
  out.set_source(static_cast<v1::ProblemSource>(problem.source));
  out.set_category(problem.category);
  out.set_extent(static_cast<v1::ProblemExtent>(problem.extent));
  out.set_problem_class(static_cast<v1::ProblemClass>(problem.problem_class));
  if (view.show_texts) {
    out.set_description(problem.description);
    out.set_measures(problem.measures);
  }
  if (problem.due) common::WriteDate(*problem.due, *out.mutable_due_date());
  out.set_cause(problem.cause);
  out.set_external_source(problem.external_source);
  out.set_external_id(problem.external_id);
  if (problem.order != 0) out.set_order(NameOf(OrderId(problem.order)));
  if (problem.recurrence_of != 0) out.set_recurrence_of(NameOf(ProblemId(problem.recurrence_of)));
  if (problem.import != 0) out.set_imported_by(fmt::format("problemImports/{}", problem.import));
  WriteStanding(problem, names, out);
  for (const ProblemEvent event : view.allowed) out.add_allowed_events(static_cast<v1::ProblemEvent>(event));
  if (stored.revision == 0) return out;
  out.set_name(NameOf(stored.id));
  common::WriteTimestamp(stored.create_time, *out.mutable_create_time());
  common::WriteTimestamp(stored.update_time, *out.mutable_update_time());
  out.set_etag(EtagOf(stored));
  out.set_revision(names.token_of(common::PartitionOf(stored.id.value), stored.revision));
  return out;
}

v1::ProblemStep ToProto(const ProblemStep& step, const ProblemHistory& history, const common::RecordNames& names) {
  v1::ProblemStep out;
  out.set_name(StepName(history.id, step.id));
  out.set_event(static_cast<v1::ProblemEvent>(step.event));
  out.set_state_before(static_cast<v1::ProblemState>(step.before));
  out.set_state_after(static_cast<v1::ProblemState>(step.after));
  common::WriteTimestamp(step.at, *out.mutable_time());
  out.set_actor(step.by.key);
  out.set_actor_member(MemberName(step.by.member));
  out.set_unit(UnitName(step.concerned ? step.concerned : history.unit, names));
  if (step.due) common::WriteDate(*step.due, *out.mutable_due_date());
  if (!history.show_texts) return out;
  out.set_reason(step.reason);
  if (!step.who.empty()) out.set_actor(step.who);
  for (const common::Document& one : step.evidence) {
    v1::Evidence& evidence = *out.add_evidence();
    evidence.set_content_hash(one.content_hash);
    evidence.set_size_bytes(one.size_bytes);
    evidence.set_media_type(one.media_type);
    evidence.set_title(one.title);
  }
  return out;
}

v1::CountProblemsResponse ToProto(const ProblemCountTables& tables) {
  v1::CountProblemsResponse response;
  WriteCounts(tables.by_category, *response.mutable_by_category());
  WriteCounts(tables.by_source, *response.mutable_by_source());
  WriteCounts(tables.by_level, *response.mutable_by_level());
  return response;
}

Problem FromProto(const v1::Problem& sent, std::string_view due_field, common::Violations& violations) {
  Problem problem;
  problem.source = static_cast<ProblemSource>(sent.source());
  problem.category = sent.category();
  problem.extent = static_cast<ProblemExtent>(sent.extent());
  problem.problem_class = static_cast<ProblemClass>(sent.problem_class());
  problem.description = sent.description();
  problem.measures = sent.measures();
  problem.due = common::ReadDate(sent.due_date(), due_field, violations);
  problem.cause = sent.cause();
  problem.external_source = sent.external_source();
  problem.external_id = sent.external_id();
  return problem;
}

}  // namespace ronghe::rectification
