#include "gateway/cli/checklist_commands.h"

#include <memory>

#include "gateway/cli/record_commands.h"
#include "gateway/cli/row_source.h"
#include "ronghe/rectification/v1/checklist_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = rectification::v1;
using Service = v1::ChecklistService;
using Stub = Service::Stub;

// The rows of a file as messages; every line that cannot be read is named.
template <typename Message>
absl::Status ReadRows(const std::string& file, Context& context, google::protobuf::RepeatedPtrField<Message>& out) {
  RONGHE_ASSIGN_OR_RETURN(const std::unique_ptr<RowSource> source,
                          RowSource::Open(file, "", Message::default_instance(), *context.environment.console.in));
  common::Violations violations;
  while (true) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<RowSource::Row> row, source->Next());
    if (!row.has_value()) break;
    for (const common::Violation& one : row->violations.list()) {
      violations.Add(fmt::format("{}:{} {}", file, row->line, one.field), one.reason, one.text);
    }
    out.Add(std::move(static_cast<Message&>(*row->message)));
  }
  return violations.ToStatus();
}

absl::Status FillChecklist(const ChecklistOptions& options, Context& context, v1::Checklist& checklist) {
  checklist.set_title(options.title);
  for (const std::string& kind : options.kinds) {
    RONGHE_ASSIGN_OR_RETURN(const int value, ValueOf(organization::v1::UnitKind_descriptor(), kind, "kinds"));
    checklist.add_kinds(static_cast<organization::v1::UnitKind>(value));
  }
  if (options.file.empty()) return absl::OkStatus();
  return ReadRows(options.file, context, *checklist.mutable_items());
}

}  // namespace

absl::Status RunChecklistCreate(const ChecklistOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateChecklistRequest>(options, context);
  request.mutable_checklist()->set_unit(UnitName(options.unit));
  RONGHE_RETURN_IF_ERROR(FillChecklist(options, context, *request.mutable_checklist()));
  return ShowRecord<Service>(context, &Stub::CreateChecklist, request);
}

absl::Status RunChecklistUpdate(const ChecklistOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdateChecklistRequest>(options, context);
  request.mutable_checklist()->set_name(Named("checklists", options.name));
  request.mutable_checklist()->set_etag(options.etag);
  RONGHE_RETURN_IF_ERROR(FillChecklist(options, context, *request.mutable_checklist()));
  return ShowRecord<Service>(context, &Stub::UpdateChecklist, request);
}

absl::Status RunChecklistGet(const ChecklistOptions& options, Context& context) {
  v1::GetChecklistRequest request;
  request.set_name(Named("checklists", options.name));
  request.set_version(options.version);
  return ShowRecord<Service>(context, &Stub::GetChecklist, request);
}

absl::Status RunChecklistList(const ChecklistOptions& options, Context& context) {
  v1::ListChecklistsRequest request;
  request.set_parent(UnitName(options.unit));
  RONGHE_ASSIGN_OR_RETURN(const auto response, (Send<Service, v1::ListChecklistsRequest, v1::ListChecklistsResponse>(
                                                   context, &Stub::ListChecklists, request)));
  const std::vector<v1::Checklist> all(response.checklists().begin(), response.checklists().end());
  PrintList(context, all, {"name", "unit", "title", "version", "update_time"});
  return absl::OkStatus();
}

absl::Status RunChecklistIssue(const ChecklistOptions& options, Context& context) {
  auto request = WriteOf<v1::IssueCheckRoundRequest>(options, context);
  v1::CheckRound& round = *request.mutable_round();
  round.set_checklist(Named("checklists", options.name));
  for (const std::string& unit : options.units) round.add_units(UnitName(unit));
  common::Violations violations;
  SetDateText(round, "due_date", options.due_date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return ShowRecord<Service>(context, &Stub::IssueCheckRound, request);
}

absl::Status RunChecklistRound(const ChecklistOptions& options, Context& context) {
  v1::GetCheckRoundRequest request;
  request.set_name(Named("checkRounds", options.name));
  return ShowRecord<Service>(context, &Stub::GetCheckRound, request);
}

absl::Status RunChecklistProgress(const ChecklistOptions& options, Context& context) {
  v1::ListCheckProgressRequest request;
  request.set_parent(UnitName(options.unit));
  if (!options.round.empty()) request.set_round(Named("checkRounds", options.round));
  RONGHE_ASSIGN_OR_RETURN(const auto response,
                          (Send<Service, v1::ListCheckProgressRequest, v1::ListCheckProgressResponse>(
                              context, &Stub::ListCheckProgress, request)));
  const std::vector<v1::CheckProgress> all(response.progress().begin(), response.progress().end());
  PrintList(context, all, {"unit", "expected_count", "done_count", "overdue_count", "failed_count"});
  return absl::OkStatus();
}

absl::Status RunSelfCheckList(const ChecklistOptions& options, Context& context) {
  v1::ListSelfChecksRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  return ShowRecords<Service, v1::SelfCheck>(
      context, &Stub::ListSelfChecks, request, &v1::ListSelfChecksResponse::mutable_self_checks,
      {"name", "unit", "checklist", "due_date", "state", "overdue", "failed_count"});
}

absl::Status RunSelfCheckGet(const ChecklistOptions& options, Context& context) {
  v1::GetSelfCheckRequest request;
  request.set_name(Named("selfChecks", options.name));
  return ShowRecord<Service>(context, &Stub::GetSelfCheck, request);
}

absl::Status RunSelfCheckSubmit(const ChecklistOptions& options, Context& context) {
  auto request = EventOf<v1::SubmitSelfCheckRequest>(options, context, "selfChecks");
  RONGHE_RETURN_IF_ERROR(ReadRows(options.file, context, *request.mutable_answers()));
  return ShowRecord<Service>(context, &Stub::SubmitSelfCheck, request);
}

}  // namespace ronghe::gateway::cli
