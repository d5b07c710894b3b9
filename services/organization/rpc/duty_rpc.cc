#include "services/organization/rpc/duty_rpc.h"

#include <fmt/format.h>

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/record_codec.h"
#include "services/organization/rpc/wire.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

DutyFields FieldsOf(const v1::Duty& duty, common::Violations& violations) {
  return {duty.kind(),
          duty.title(),
          duty.scope(),
          ReadDate(duty.start_date(), "duty.start_date", violations),
          ReadDate(duty.end_date(), "duty.end_date", violations),
          duty.objective()};
}

std::vector<DutyApp::Party> PartiesOf(const google::protobuf::RepeatedPtrField<v1::DutyParty>& parties,
                                      std::string_view path, common::Violations& violations) {
  std::vector<DutyApp::Party> out;
  for (int i = 0; i < parties.size(); ++i) {
    const v1::DutyParty& party = parties[i];
    const std::string field = fmt::format("{}[{}].start_date", path, i);
    out.push_back({{party.role(), party.member(), party.partner_unit(), party.outside_party(), party.description()},
                   ReadDate(party.start_date(), field, violations)});
  }
  return out;
}

// The options of a write with what else its form got wrong.
template <typename Request>
WriteOptions OptionsWith(const Call& call, const Request& request, const std::string& etag,
                         const common::Violations& violations) {
  WriteOptions options = DatedOptionsOf(call, request, {}, "", etag);
  options.faults.insert(options.faults.end(), violations.list().begin(), violations.list().end());
  return options;
}

}  // namespace

v1::Duty DutyRpc::ToProto(const StoredDuty& duty) {
  v1::Duty out;
  WriteRecordInfo(duty, parts_.tree, parts_.gate, out);
  out.set_kind(static_cast<v1::DutyKind>(duty.kind));
  out.set_title(duty.title);
  out.set_scope(duty.scope);
  WriteDate(duty.from, *out.mutable_start_date());
  if (duty.until) WriteDate(*duty.until, *out.mutable_end_date());
  out.set_objective(duty.objective);
  out.set_state(static_cast<v1::DutyState>(duty.state));
  out.set_end_reason(duty.end_reason);
  for (const StoredPart& part : duty.parts) {
    v1::DutyParty& party = *out.add_parties();
    party.set_part(part.part);
    party.set_role(static_cast<v1::DutyRole>(part.role));
    if (part.member) party.set_member(MemberName(part.member));
    if (part.unit) party.set_partner_unit("units/" + parts_.tree.CodeOf(part.unit));
    party.set_outside_party(static_cast<v1::OutsideParty>(part.outside));
    party.set_description(part.description);
    WriteDate(part.days.from, *party.mutable_start_date());
    if (part.days.until) WriteDate(*part.days.until, *party.mutable_end_date());
    party.set_end_reason(static_cast<v1::PartEndReason>(part.end_reason));
  }
  return out;
}

v1::DutyResult DutyRpc::ToProto(const StoredDutyResult& result) {
  v1::DutyResult out;
  WriteRecordInfo(result, parts_.tree, parts_.gate, out);
  out.set_duty(NameOf(result.duty));
  out.set_month(common::MonthText(result.month));
  out.set_state(static_cast<v1::DutyResultState>(result.state));
  out.set_outcome(static_cast<v1::DutyOutcome>(result.outcome));
  out.set_summary(result.summary);
  return out;
}

absl::StatusOr<v1::Duty> DutyRpc::Encode(const absl::StatusOr<StoredDuty>& duty) {
  if (!duty.ok()) return duty.status();
  return ToProto(*duty);
}

absl::StatusOr<v1::DutyResult> DutyRpc::Encode(const Call& call, const absl::StatusOr<StoredDutyResult>& result) {
  if (!result.ok()) return result.status();
  v1::DutyResult out = ToProto(*result);
  RONGHE_ASSIGN_OR_RETURN(const std::vector<DutyAmendment> amendments, parts_.duties.AmendmentsOf(call, result->id));
  for (const DutyAmendment& amendment : amendments) {
    v1::DutyAmendment& added = *out.add_amendments();
    added.set_outcome(static_cast<v1::DutyOutcome>(amendment.outcome));
    added.set_summary(amendment.summary);
    added.set_reason(amendment.reason);
    common::WriteTimestamp(amendment.time, *added.mutable_amend_time());
  }
  return out;
}

DutyRpc::DutyRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::CreateDutyRequest::descriptor()->file()->FindServiceByName("DutyService")),
      parts_(parts) {
  Unary<v1::CreateDutyRequest, v1::Duty>("CreateDuty", [this](const Call& c, const auto& r) { return Create(c, r); });
  Unary<v1::GetDutyRequest, v1::Duty>("GetDuty", [this](const Call& c, const auto& r) { return Get(c, r); });
  Unary<v1::ListDutiesRequest, v1::ListDutiesResponse>("ListDuties",
                                                       [this](const Call& c, const auto& r) { return List(c, r); });
  Unary<v1::UpdateDutyRequest, v1::Duty>("UpdateDuty", [this](const Call& c, const auto& r) { return Update(c, r); });
  Unary<v1::StartDutyRequest, v1::Duty>("StartDuty", [this](const Call& c, const auto& r) { return Start(c, r); });
  Unary<v1::CompleteDutyRequest, v1::Duty>("CompleteDuty",
                                           [this](const Call& c, const auto& r) { return Complete(c, r); });
  Unary<v1::EndDutyRequest, v1::Duty>("EndDuty", [this](const Call& c, const auto& r) { return End(c, r); });
  Unary<v1::CancelDutyRequest, v1::Duty>("CancelDuty", [this](const Call& c, const auto& r) { return Cancel(c, r); });
  Unary<v1::AddDutyPartiesRequest, v1::Duty>("AddDutyParties",
                                             [this](const Call& c, const auto& r) { return AddParties(c, r); });
  Unary<v1::EndDutyPartRequest, v1::Duty>("EndDutyPart",
                                          [this](const Call& c, const auto& r) { return EndPart(c, r); });
  Unary<v1::RecordDutyResultRequest, v1::DutyResult>("RecordDutyResult",
                                                     [this](const Call& c, const auto& r) { return Record(c, r); });
  Unary<v1::AmendDutyResultRequest, v1::DutyResult>("AmendDutyResult",
                                                    [this](const Call& c, const auto& r) { return Amend(c, r); });
  Unary<v1::GetDutyResultRequest, v1::DutyResult>("GetDutyResult",
                                                  [this](const Call& c, const auto& r) { return GetResult(c, r); });
  Unary<v1::ListDutyResultsRequest, v1::ListDutyResultsResponse>(
      "ListDutyResults", [this](const Call& c, const auto& r) { return ListResults(c, r); });
}

absl::StatusOr<v1::Duty> DutyRpc::Create(const Call& call, const v1::CreateDutyRequest& request) {
  common::Violations violations;
  const DutyFields fields = FieldsOf(request.duty(), violations);
  const auto parties = PartiesOf(request.duty().parties(), "duty.parties", violations);
  return Encode(
      parts_.duties.Create(call, request.duty().unit(), fields, parties, OptionsWith(call, request, "", violations)));
}

absl::StatusOr<v1::Duty> DutyRpc::Get(const Call& call, const v1::GetDutyRequest& request) {
  return Encode(parts_.duties.GetDuty(call, request.name()));
}

absl::StatusOr<v1::ListDutiesResponse> DutyRpc::List(const Call& call, const v1::ListDutiesRequest& request) {
  ListRecordsQuery query = RecordsQueryOf(request);
  query.member = request.member();
  RONGHE_ASSIGN_OR_RETURN(auto page, parts_.query.ListDuties(call, query));
  v1::ListDutiesResponse response;
  for (const StoredDuty& record : page.records) *response.add_duties() = ToProto(record);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

absl::StatusOr<v1::Duty> DutyRpc::Update(const Call& call, const v1::UpdateDutyRequest& request) {
  common::Violations violations;
  const auto& paths = request.update_mask().paths();
  const DutyApp::Changes changes{FieldsOf(request.duty(), violations), {paths.begin(), paths.end()}};
  return Encode(parts_.duties.Update(call, request.duty().name(), changes,
                                     OptionsWith(call, request, request.duty().etag(), violations)));
}

absl::StatusOr<v1::Duty> DutyRpc::Start(const Call& call, const v1::StartDutyRequest& request) {
  return Encode(parts_.duties.Start(call, request.name(),
                                    DatedOptionsOf(call, request, request.start_date(), "start_date", request.etag())));
}

absl::StatusOr<v1::Duty> DutyRpc::Complete(const Call& call, const v1::CompleteDutyRequest& request) {
  return Encode(parts_.duties.Complete(call, request.name(),
                                       DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

absl::StatusOr<v1::Duty> DutyRpc::End(const Call& call, const v1::EndDutyRequest& request) {
  return Encode(parts_.duties.End(call, request.name(), request.reason(),
                                  DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

absl::StatusOr<v1::Duty> DutyRpc::Cancel(const Call& call, const v1::CancelDutyRequest& request) {
  return Encode(parts_.duties.Cancel(call, request.name(), request.reason(),
                                     DatedOptionsOf(call, request, {}, "", request.etag())));
}

absl::StatusOr<v1::Duty> DutyRpc::AddParties(const Call& call, const v1::AddDutyPartiesRequest& request) {
  common::Violations violations;
  const auto parties = PartiesOf(request.parties(), "parties", violations);
  return Encode(
      parts_.duties.AddParties(call, request.name(), parties, OptionsWith(call, request, request.etag(), violations)));
}

absl::StatusOr<v1::Duty> DutyRpc::EndPart(const Call& call, const v1::EndDutyPartRequest& request) {
  return Encode(parts_.duties.EndPart(call, request.name(), request.part(),
                                      DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

absl::StatusOr<v1::DutyResult> DutyRpc::Record(const Call& call, const v1::RecordDutyResultRequest& request) {
  return Encode(call, parts_.duties.Record(call, request.name(), {request.outcome(), request.summary()},
                                           DatedOptionsOf(call, request, {}, "", request.etag())));
}

absl::StatusOr<v1::DutyResult> DutyRpc::Amend(const Call& call, const v1::AmendDutyResultRequest& request) {
  return Encode(call, parts_.duties.Amend(call, request.name(), {request.outcome(), request.summary()},
                                          request.reason(), DatedOptionsOf(call, request, {}, "", request.etag())));
}

absl::StatusOr<v1::DutyResult> DutyRpc::GetResult(const Call& call, const v1::GetDutyResultRequest& request) {
  return Encode(call, parts_.duties.GetResult(call, request.name()));
}

absl::StatusOr<v1::ListDutyResultsResponse> DutyRpc::ListResults(const Call& call,
                                                                 const v1::ListDutyResultsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(auto page,
                          parts_.query.ListResults(call, RecordsQueryOf(request), request.month(), request.duty()));
  v1::ListDutyResultsResponse response;
  for (const StoredDutyResult& record : page.records) *response.add_results() = ToProto(record);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

}  // namespace ronghe::organization
