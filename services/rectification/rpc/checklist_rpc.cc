#include "services/rectification/rpc/checklist_rpc.h"

#include <utility>
#include <vector>

#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"

namespace ronghe::rectification {
namespace {

using common::Call;

Checklist ChecklistFrom(const v1::Checklist& sent) {
  Checklist checklist;
  checklist.title = sent.title();
  checklist.kinds = {sent.kinds().begin(), sent.kinds().end()};
  for (const v1::ChecklistItem& item : sent.items()) {
    checklist.items.push_back({item.code(), item.title(), item.basis(), item.category(),
                               static_cast<ProblemClass>(item.problem_class()), item.working_days()});
  }
  return checklist;
}

template <typename Items>
void WriteItems(const std::vector<ChecklistItem>& items, Items& out) {
  for (const ChecklistItem& item : items) {
    v1::ChecklistItem& one = *out.Add();
    one.set_code(item.code);
    one.set_title(item.title);
    one.set_basis(item.basis);
    one.set_category(item.category);
    one.set_problem_class(static_cast<v1::ProblemClass>(item.problem_class));
    one.set_working_days(item.working_days);
  }
}

}  // namespace

ChecklistRpc::ChecklistRpc(common::Wrapper& wrapper, CheckApp& app, common::RecordNames names)
    : ServiceBinding(wrapper, v1::CreateChecklistRequest::descriptor()->file()->FindServiceByName("ChecklistService")),
      app_(app),
      names_(std::move(names)) {
  BindChecklists();
  BindRounds();
  BindChecks();
}

void ChecklistRpc::BindChecklists() {
  Unary<v1::CreateChecklistRequest, v1::Checklist>(
      "CreateChecklist", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::Checklist> {
        RONGHE_ASSIGN_OR_RETURN(
            const StoredChecklist stored,
            app_.Create(call, r.checklist().unit(), ChecklistFrom(r.checklist()), common::WriteOptionsOf(call, r, "")));
        return Encode(stored);
      });
  Unary<v1::UpdateChecklistRequest, v1::Checklist>(
      "UpdateChecklist", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::Checklist> {
        const ChecklistUpdate update{ChecklistFrom(r.checklist()),
                                     {r.update_mask().paths().begin(), r.update_mask().paths().end()}};
        RONGHE_ASSIGN_OR_RETURN(
            const StoredChecklist stored,
            app_.Update(call, r.checklist().name(), update, common::WriteOptionsOf(call, r, r.checklist().etag())));
        return Encode(stored);
      });
  Unary<v1::GetChecklistRequest, v1::Checklist>(
      "GetChecklist", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::Checklist> {
        RONGHE_ASSIGN_OR_RETURN(const StoredChecklist stored, app_.Get(call, r.name(), r.version()));
        return Encode(stored);
      });
  Unary<v1::ListChecklistsRequest, v1::ListChecklistsResponse>(
      "ListChecklists", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::ListChecklistsResponse> {
        RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredChecklist> found, app_.List(call, r.parent()));
        v1::ListChecklistsResponse response;
        for (const StoredChecklist& one : found) *response.add_checklists() = Encode(one);
        return response;
      });
}

void ChecklistRpc::BindRounds() {
  Unary<v1::IssueCheckRoundRequest, v1::CheckRound>(
      "IssueCheckRound", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::CheckRound> {
        NewRound fields;
        common::WriteOptions options = common::WriteOptionsOf(call, r, "");
        common::Violations violations = common::StartWith(options);
        fields.checklist = r.round().checklist();
        fields.units = {r.round().units().begin(), r.round().units().end()};
        fields.due = common::ReadDate(r.round().due_date(), "round.due_date", violations);
        options.faults = violations.list();
        RONGHE_ASSIGN_OR_RETURN(const RoundView view, app_.Issue(call, fields, options));
        return Encode(view);
      });
  Unary<v1::GetCheckRoundRequest, v1::CheckRound>(
      "GetCheckRound", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::CheckRound> {
        RONGHE_ASSIGN_OR_RETURN(const RoundView view, app_.GetRound(call, r.name()));
        return Encode(view);
      });
  Unary<v1::ListCheckProgressRequest, v1::ListCheckProgressResponse>(
      "ListCheckProgress", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::ListCheckProgressResponse> {
        RONGHE_ASSIGN_OR_RETURN(const std::vector<UnitProgress> all, app_.Progress(call, r.parent(), r.round()));
        v1::ListCheckProgressResponse response;
        for (const UnitProgress& one : all) {
          v1::CheckProgress& out = *response.add_progress();
          out.set_unit("units/" + names_.code_of(one.unit));
          out.set_expected_count(one.counts.expected);
          out.set_done_count(one.counts.done);
          out.set_overdue_count(one.counts.overdue);
          out.set_failed_count(one.counts.failed);
        }
        return response;
      });
}

void ChecklistRpc::BindChecks() {
  Unary<v1::GetSelfCheckRequest, v1::SelfCheck>(
      "GetSelfCheck", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::SelfCheck> {
        RONGHE_ASSIGN_OR_RETURN(const CheckView view, app_.GetCheck(call, r.name()));
        return Encode(view, true);
      });
  Unary<v1::ListSelfChecksRequest, v1::ListSelfChecksResponse>(
      "ListSelfChecks", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::ListSelfChecksResponse> {
        RONGHE_ASSIGN_OR_RETURN(const CheckPage page, app_.ListChecks(call, {r.parent(), r.subtree(), r.filter(),
                                                                             r.page_size(), r.page_token()}));
        v1::ListSelfChecksResponse response;
        for (const CheckView& one : page.checks) *response.add_self_checks() = Encode(one, false);
        response.set_next_page_token(page.next_page_token);
        return response;
      });
  Unary<v1::SubmitSelfCheckRequest,
        v1::SelfCheck>("SubmitSelfCheck", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::SelfCheck> {
    std::vector<CheckAnswer> answers;
    for (const v1::CheckAnswer& one : r.answers()) {
      answers.push_back({one.item(), static_cast<CheckAnswerValue>(one.value()), one.basis(), one.description(), 0});
    }
    RONGHE_ASSIGN_OR_RETURN(const CheckView view,
                            app_.Submit(call, r.name(), answers, common::WriteOptionsOf(call, r, r.etag())));
    return Encode(view, true);
  });
}

v1::Checklist ChecklistRpc::Encode(const StoredChecklist& stored) const {
  v1::Checklist out;
  out.set_unit("units/" + names_.code_of(stored.checklist.unit));
  out.set_title(stored.checklist.title);
  for (const int kind : stored.checklist.kinds) out.add_kinds(static_cast<organization::v1::UnitKind>(kind));
  WriteItems(stored.checklist.items, *out.mutable_items());
  out.set_version(stored.version);
  if (stored.revision == 0) return out;
  out.set_name(NameOf(stored.id));
  common::WriteTimestamp(stored.create_time, *out.mutable_create_time());
  common::WriteTimestamp(stored.update_time, *out.mutable_update_time());
  out.set_etag(EtagOf(stored));
  out.set_revision(names_.token_of(common::PartitionOf(stored.id.value), stored.revision));
  return out;
}

v1::CheckRound ChecklistRpc::Encode(const RoundView& view) const {
  const StoredRound& stored = view.stored;
  v1::CheckRound out;
  out.set_checklist(NameOf(stored.round.checklist));
  out.set_version(stored.round.version);
  for (const common::UnitUid unit : stored.round.units) out.add_units("units/" + names_.code_of(unit));
  common::WriteDate(stored.round.due, *out.mutable_due_date());
  out.set_expected_count(view.counts.expected);
  out.set_done_count(view.counts.done);
  out.set_overdue_count(view.counts.overdue);
  out.set_failed_count(view.counts.failed);
  if (stored.revision == 0) return out;
  out.set_name(NameOf(stored.id));
  common::WriteTimestamp(stored.create_time, *out.mutable_create_time());
  out.set_revision(names_.token_of(common::PartitionOf(stored.id.value), stored.revision));
  return out;
}

v1::SelfCheck ChecklistRpc::Encode(const CheckView& view, bool whole) const {
  const SelfCheck& check = view.stored.check;
  v1::SelfCheck out;
  out.set_name(NameOf(view.stored.id));
  out.set_round(NameOf(check.round));
  out.set_checklist(NameOf(check.checklist));
  out.set_version(check.version);
  out.set_unit("units/" + names_.code_of(view.unit));
  out.set_state(static_cast<v1::SelfCheckState>(check.state));
  common::WriteDate(check.due, *out.mutable_due_date());
  out.set_overdue(check.overdue);
  out.set_on_time(check.on_time);
  out.set_failed_count(check.failed);
  if (check.submitted) common::WriteTimestamp(*check.submitted, *out.mutable_submit_time());
  if (whole) WriteItems(view.items, *out.mutable_items());
  for (const CheckAnswer& one : whole ? check.answers : std::vector<CheckAnswer>()) {
    v1::CheckAnswer& answer = *out.add_answers();
    answer.set_item(one.item);
    answer.set_value(static_cast<v1::CheckAnswerValue>(one.value));
    if (view.show_texts) {
      answer.set_basis(one.basis);
      answer.set_description(one.description);
    }
    if (one.problem != 0 && view.stored.revision != 0) answer.set_problem(NameOf(ProblemId(one.problem)));
  }
  if (view.stored.revision == 0) return out;
  out.set_etag(EtagOf(view.stored));
  out.set_revision(names_.token_of(common::PartitionOf(view.stored.id.value), view.stored.revision));
  return out;
}

}  // namespace ronghe::rectification
