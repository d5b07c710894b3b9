#include "gateway/overview/overview_explain.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

using Response = common::v1::GetStructureDifferenceResponse;

// Answers as they come in. Shared with the callbacks, which may be late.
struct Answers {
  common::Mutex mutex;
  std::condition_variable changed;
  std::vector<absl::StatusOr<Response>> list;
  size_t outstanding;

  explicit Answers(size_t count)
      : list(count, absl::StatusOr<Response>(common::DeadlineExceeded())), outstanding(count) {}
  void Set(size_t index, absl::StatusOr<Response> answer) {
    const common::MutexLock lock(mutex);
    list[index] = std::move(answer);
    if (--outstanding == 0) changed.notify_all();
  }
  std::vector<absl::StatusOr<Response>> Wait(absl::Duration patience) {
    std::unique_lock lock(mutex.native());
    changed.wait_for(lock, absl::ToChronoNanoseconds(patience), [this] { return outstanding == 0; });
    return list;
  }
};

// Empties a name that the caller may not see.
void Hide(const common::Directory& directory, const common::Scope& scope, std::string& name) {
  if (name.empty() || scope.everything) return;
  const std::optional<common::DirectoryUnit> unit =
      directory.FindByCode(std::string_view(name).substr(name.find('/') + 1));
  if (!unit.has_value() || !directory.ScopeCovers(scope, unit->uid)) name.clear();
}

PartAnswer PartOf(Part& part, const absl::StatusOr<Response>& answer) {
  PartAnswer out;
  out.service = part.service();
  out.missing = !answer.ok();
  if (!answer.ok()) {
    out.down_since = part.down_since();
    return out;
  }
  out.place = PlaceOf(answer->watermark());
  out.structure_revision = out.place->structure_revision;
  return out;
}

}  // namespace

absl::StatusOr<std::optional<std::vector<std::string>>> ChildrenThen(
    Collector& collector, const std::string& unit, common::MonthNumber month,
    const google::protobuf::RepeatedPtrField<std::string>& min_revision, absl::Time now, absl::Time deadline) {
  common::v1::GetStructureDifferenceRequest question;
  question.set_unit(unit);
  question.set_period(common::MonthText(month));
  question.set_children_only(true);
  *question.mutable_min_revision() = min_revision;
  // All have folded the same structure; one after the other, because the first one mostly answers.
  const absl::Time until = PartDeadline(now, deadline);
  for (const auto& part : collector.parts()) {
    auto answers = std::make_shared<Answers>(1);
    part->GetDifference(question, until,
                        [answers](absl::StatusOr<Response> answer) { answers->Set(0, std::move(answer)); });
    absl::StatusOr<Response> answer = std::move(answers->Wait(until - now + absl::Milliseconds(50)).front());
    if (answer.ok()) {
      return std::vector<std::string>(answer->children_then().begin(), answer->children_then().end());
    }
    if (!DoesNotAnswer(answer.status()) && !absl::IsNotFound(answer.status())) return answer.status();
  }
  return std::nullopt;
}

absl::StatusOr<v1::ExplainOverviewResponse> ExplainOverview(OverviewApp& app, Collector& collector,
                                                            const common::Directory& directory,
                                                            const common::Call& call,
                                                            const v1::ExplainOverviewRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const Span span, ReadSpan(request, app.Month()));
  RONGHE_RETURN_IF_ERROR(app.Find(request.unit()).status());
  common::v1::GetStructureDifferenceRequest question;
  question.set_unit(request.unit());
  question.set_period(span.text);
  *question.mutable_min_revision() = request.min_revision();
  const absl::Time now = app.clock().Now();
  const absl::Time deadline = PartDeadline(now, call.deadline);
  const auto& parts = collector.parts();
  auto answers = std::make_shared<Answers>(parts.size());
  for (size_t p = 0; p < parts.size(); ++p) {
    parts[p]->GetDifference(question, deadline,
                            [answers, p](absl::StatusOr<Response> answer) { answers->Set(p, std::move(answer)); });
  }
  std::vector<absl::StatusOr<Response>> list = answers->Wait(deadline - now + absl::Milliseconds(50));
  v1::ExplainOverviewResponse response;
  for (size_t p = 0; p < parts.size(); ++p) {
    absl::StatusOr<Response>& answer = list[p];
    if (!answer.ok() && !DoesNotAnswer(answer.status()) && !absl::IsNotFound(answer.status())) return answer.status();
    FillPart(PartOf(*parts[p], answer), *response.add_parts());
    if (!answer.ok()) continue;
    for (common::v1::StructureDifference& difference : *answer->mutable_differences()) {
      Hide(directory, call.scope, *difference.mutable_unit());
      Hide(directory, call.scope, *difference.mutable_parent_then());
      Hide(directory, call.scope, *difference.mutable_parent_now());
    }
    (*response.mutable_services())[parts[p]->service()] = *std::move(answer);
  }
  return response;
}

}  // namespace ronghe::gateway
