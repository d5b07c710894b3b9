#include "gateway/cli/record_commands.h"
#include "ronghe/organization/v1/duty_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::DutyService;

absl::Status BadParty() {
  return common::InvalidArgument("party", "BAD_FORM",
                                 {"write ROLE=members/ID, ROLE=units/CODE or ROLE=household:DESCRIPTION",
                                  "请写作 角色=members/编号、角色=units/代码 或 角色=household:说明"});
}

// `leader=members/12`, `partner=units/370783001`, `partner=household:3组困难户`.
template <typename Parties>
absl::Status AddParties(const std::vector<std::string>& texts, Parties& parties) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) return BadParty();
    v1::DutyParty& party = *parties.Add();
    RONGHE_ASSIGN_OR_RETURN(const int role, ValueOf(v1::DutyRole_descriptor(), text.substr(0, equals), "party"));
    party.set_role(static_cast<v1::DutyRole>(role));
    const std::string who = text.substr(equals + 1);
    const size_t colon = who.find(':');
    if (who.starts_with("members/")) {
      party.set_member(who);
    } else if (who.starts_with("units/")) {
      party.set_partner_unit(who);
    } else if (colon != std::string::npos) {
      RONGHE_ASSIGN_OR_RETURN(const int kind, ValueOf(v1::OutsideParty_descriptor(), who.substr(0, colon), "party"));
      party.set_outside_party(static_cast<v1::OutsideParty>(kind));
      party.set_description(who.substr(colon + 1));
    } else {
      return BadParty();
    }
  }
  return absl::OkStatus();
}

// A result's request: what came of the month.
template <typename Request>
absl::StatusOr<Request> ResultOf(const DutyOptions& options, Context& context) {
  auto request = EventOf<Request>(options, context, "dutyResults");
  RONGHE_ASSIGN_OR_RETURN(const int outcome, ValueOf(v1::DutyOutcome_descriptor(), options.outcome, "outcome"));
  request.set_outcome(static_cast<v1::DutyOutcome>(outcome));
  request.set_summary(options.summary);
  return request;
}

}  // namespace

absl::Status RunDutyGet(const DutyOptions& options, Context& context) {
  v1::GetDutyRequest request;
  request.set_name(Named("duties", options.name));
  return ShowRecord<DutyService>(context, &DutyService::Stub::GetDuty, request);
}

absl::Status RunDutyList(const DutyOptions& options, Context& context) {
  v1::ListDutiesRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  if (!options.member.empty()) request.set_member(Named("members", options.member));
  return ShowRecords<DutyService, v1::Duty>(context, &DutyService::Stub::ListDuties, request,
                                            &v1::ListDutiesResponse::mutable_duties,
                                            {"name", "unit", "kind", "title", "start_date", "end_date", "state"});
}

absl::Status RunDutyCreate(const DutyOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateDutyRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_duty()));
  RONGHE_RETURN_IF_ERROR(AddParties(options.parties, *request.mutable_duty()->mutable_parties()));
  return ShowRecord<DutyService>(context, &DutyService::Stub::CreateDuty, request);
}

absl::Status RunDutyUpdate(const DutyOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdateDutyRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_duty()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_duty()->set_name(Named("duties", options.name));
  request.mutable_duty()->set_etag(options.etag);
  return ShowRecord<DutyService>(context, &DutyService::Stub::UpdateDuty, request);
}

absl::Status RunDutyStart(const DutyOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::StartDutyRequest>(options, context, "duties", "start_date"));
  return ShowRecord<DutyService>(context, &DutyService::Stub::StartDuty, request);
}

absl::Status RunDutyComplete(const DutyOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::CompleteDutyRequest>(options, context, "duties", "end_date"));
  return ShowRecord<DutyService>(context, &DutyService::Stub::CompleteDuty, request);
}

absl::Status RunDutyEnd(const DutyOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::EndDutyRequest>(options, context, "duties", "end_date"));
  request.set_reason(options.reason);
  return ShowRecord<DutyService>(context, &DutyService::Stub::EndDuty, request);
}

absl::Status RunDutyCancel(const DutyOptions& options, Context& context) {
  auto request = EventOf<v1::CancelDutyRequest>(options, context, "duties");
  request.set_reason(options.reason);
  return ShowRecord<DutyService>(context, &DutyService::Stub::CancelDuty, request);
}

absl::Status RunDutyJoin(const DutyOptions& options, Context& context) {
  auto request = EventOf<v1::AddDutyPartiesRequest>(options, context, "duties");
  RONGHE_RETURN_IF_ERROR(AddParties(options.parties, *request.mutable_parties()));
  return ShowRecord<DutyService>(context, &DutyService::Stub::AddDutyParties, request);
}

absl::Status RunDutyLeave(const DutyOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::EndDutyPartRequest>(options, context, "duties", "end_date"));
  request.set_part(options.part);
  return ShowRecord<DutyService>(context, &DutyService::Stub::EndDutyPart, request);
}

absl::Status RunDutyResults(const DutyOptions& options, Context& context) {
  v1::ListDutyResultsRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  request.set_month(options.month);
  if (!options.name.empty()) request.set_duty(Named("duties", options.name));
  return ShowRecords<DutyService, v1::DutyResult>(context, &DutyService::Stub::ListDutyResults, request,
                                                  &v1::ListDutyResultsResponse::mutable_results,
                                                  {"name", "unit", "duty", "month", "state", "outcome", "summary"});
}

absl::Status RunDutyResult(const DutyOptions& options, Context& context) {
  v1::GetDutyResultRequest request;
  request.set_name(Named("dutyResults", options.name));
  return ShowRecord<DutyService>(context, &DutyService::Stub::GetDutyResult, request);
}

absl::Status RunDutyRecord(const DutyOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(const auto request, ResultOf<v1::RecordDutyResultRequest>(options, context));
  return ShowRecord<DutyService>(context, &DutyService::Stub::RecordDutyResult, request);
}

absl::Status RunDutyAmend(const DutyOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, ResultOf<v1::AmendDutyResultRequest>(options, context));
  request.set_reason(options.reason);
  return ShowRecord<DutyService>(context, &DutyService::Stub::AmendDutyResult, request);
}

}  // namespace ronghe::gateway::cli
