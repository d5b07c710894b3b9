#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::OrganizationService;

const std::vector<std::string_view> kListed = {"code", "title", "level", "kind", "parent", "state"};

// Sends a request whose answer is one unit, and shows it.
template <typename Request>
absl::Status Show(Context& context,
                  grpc::Status (OrganizationService::Stub::*method)(grpc::ClientContext*, const Request&, v1::Unit*),
                  const Request& request) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = OrganizationService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(v1::Unit unit,
                          (session->Call<OrganizationService::Stub, Request, v1::Unit>(*stub, method, request)));
  PrintResource(context, unit);
  return absl::OkStatus();
}

std::string RequestId(const UnitOptions& options, Context& context) {
  return options.request_id.empty() ? context.environment.random.Uuid() : options.request_id;
}

absl::Status SetDay(google::protobuf::Message& request, const char* field, const std::string& date) {
  common::Violations violations;
  SetDateText(request, field, date, violations);
  return violations.ToStatus();
}

}  // namespace

absl::Status RunUnitGet(const UnitOptions& options, Context& context) {
  v1::GetUnitRequest request;
  request.set_name(UnitName(options.unit));
  RONGHE_RETURN_IF_ERROR(SetDay(request, "as_of", options.date));
  return Show(context, &OrganizationService::Stub::GetUnit, request);
}

absl::Status RunUnitList(const UnitOptions& options, Context& context) {
  v1::ListUnitsRequest request;
  request.set_parent(UnitName(options.parent.empty() ? "-" : options.parent));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  request.set_page_size(1000);
  RONGHE_RETURN_IF_ERROR(SetDay(request, "as_of", options.date));
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = OrganizationService::NewStub(session->channel());
  std::vector<v1::Unit> units;
  RONGHE_RETURN_IF_ERROR((session->CallPages<OrganizationService::Stub, v1::ListUnitsRequest, v1::ListUnitsResponse>(
      *stub, &OrganizationService::Stub::ListUnits, request, [&](v1::ListUnitsResponse& response) {
        for (v1::Unit& unit : *response.mutable_units()) units.push_back(std::move(unit));
      })));
  PrintList(context, units, kListed);
  return absl::OkStatus();
}

absl::Status RunUnitHistory(const UnitOptions& options, Context& context) {
  v1::ListUnitHistoryRequest request;
  request.set_name(UnitName(options.unit));
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = OrganizationService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(
      v1::ListUnitHistoryResponse response,
      (session->Call<OrganizationService::Stub, v1::ListUnitHistoryRequest, v1::ListUnitHistoryResponse>(
          *stub, &OrganizationService::Stub::ListUnitHistory, request)));
  const std::vector<v1::Unit> versions(response.versions().begin(), response.versions().end());
  PrintList(context, versions,
            {"effective_date", "end_date", "code", "title", "level", "kind", "parent", "state", "record_time"});
  return absl::OkStatus();
}

absl::Status RunUnitCreate(const UnitOptions& options, Context& context) {
  v1::CreateUnitRequest request;
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_unit()));
  RONGHE_RETURN_IF_ERROR(SetDay(request, "effective_date", options.date));
  request.set_request_id(RequestId(options, context));
  request.set_validate_only(options.validate_only);
  return Show(context, &OrganizationService::Stub::CreateUnit, request);
}

absl::Status RunUnitUpdate(const UnitOptions& options, Context& context) {
  v1::UpdateUnitRequest request;
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_unit()));
  // What is given is changed, also to nothing.
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_unit()->set_name(UnitName(options.unit));
  request.mutable_unit()->set_etag(options.etag);
  RONGHE_RETURN_IF_ERROR(SetDay(request, "effective_date", options.date));
  request.set_request_id(RequestId(options, context));
  return Show(context, &OrganizationService::Stub::UpdateUnit, request);
}

absl::Status RunUnitMove(const UnitOptions& options, Context& context) {
  v1::MoveUnitRequest request;
  request.set_name(UnitName(options.unit));
  request.set_parent(UnitName(options.parent));
  RONGHE_RETURN_IF_ERROR(SetDay(request, "effective_date", options.date));
  request.set_request_id(RequestId(options, context));
  request.set_etag(options.etag);
  request.set_validate_only(options.validate_only);
  return Show(context, &OrganizationService::Stub::MoveUnit, request);
}

absl::Status RunUnitDissolve(const UnitOptions& options, Context& context) {
  v1::DissolveUnitRequest request;
  request.set_name(UnitName(options.unit));
  RONGHE_RETURN_IF_ERROR(SetDay(request, "effective_date", options.date));
  request.set_request_id(RequestId(options, context));
  request.set_etag(options.etag);
  request.set_validate_only(options.validate_only);
  request.set_closing(options.closing);
  return Show(context, &OrganizationService::Stub::DissolveUnit, request);
}

}  // namespace ronghe::gateway::cli
