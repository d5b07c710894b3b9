#include "gateway/cli/record_commands.h"
#include "ronghe/organization/v1/workplace_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::WorkplaceService;

const std::vector<std::string_view>& WorkplaceColumns() {
  static const auto* const columns = new std::vector<std::string_view>{
      "name", "unit", "kind", "title", "credit_code", "external_id", "state", "covered", "covering_units"};
  return *columns;
}
const std::vector<std::string_view>& CoverColumns() {
  static const auto* const columns = new std::vector<std::string_view>{"name",     "unit",  "workplace",  "start_date",
                                                                       "end_date", "state", "end_reason", "counts"};
  return *columns;
}

// A batch's request: the unit, the workplaces, the day.
template <typename Request>
absl::StatusOr<Request> BatchOf(const WorkplaceOptions& options, Context& context, const char* day) {
  auto request = WriteOf<Request>(options, context);
  request.set_unit(UnitName(options.unit));
  for (const std::string& name : options.workplaces) request.add_workplaces(Named("workplaces", name));
  common::Violations violations;
  SetDateText(request, day, options.date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return request;
}

template <typename Response>
absl::Status ShowCovers(Context& context, const absl::StatusOr<Response>& response) {
  RONGHE_RETURN_IF_ERROR(response.status());
  PrintList(context, std::vector<v1::Cover>(response->covers().begin(), response->covers().end()), CoverColumns());
  return absl::OkStatus();
}

}  // namespace

absl::Status RunWorkplaceGet(const WorkplaceOptions& options, Context& context) {
  v1::GetWorkplaceRequest request;
  request.set_name(Named("workplaces", options.name));
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::GetWorkplace, request);
}

absl::Status RunWorkplaceList(const WorkplaceOptions& options, Context& context) {
  v1::ListWorkplacesRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  return ShowRecords<WorkplaceService, v1::Workplace>(context, &WorkplaceService::Stub::ListWorkplaces, request,
                                                      &v1::ListWorkplacesResponse::mutable_workplaces,
                                                      WorkplaceColumns());
}

absl::Status RunWorkplaceUncovered(const WorkplaceOptions& options, Context& context) {
  v1::ListUncoveredWorkplacesRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_filter(options.filter);
  return ShowRecords<WorkplaceService, v1::Workplace>(context, &WorkplaceService::Stub::ListUncoveredWorkplaces,
                                                      request, &v1::ListUncoveredWorkplacesResponse::mutable_workplaces,
                                                      {"name", "unit", "kind", "title", "credit_code", "external_id"});
}

absl::Status RunWorkplaceCreate(const WorkplaceOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateWorkplaceRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_workplace()));
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::CreateWorkplace, request);
}

absl::Status RunWorkplaceUpdate(const WorkplaceOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdateWorkplaceRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_workplace()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_workplace()->set_name(Named("workplaces", options.name));
  request.mutable_workplace()->set_etag(options.etag);
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::UpdateWorkplace, request);
}

absl::Status RunWorkplaceMove(const WorkplaceOptions& options, Context& context) {
  auto request = EventOf<v1::MoveWorkplaceRequest>(options, context, "workplaces");
  request.set_unit(UnitName(options.unit));
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::MoveWorkplace, request);
}

absl::Status RunWorkplaceClose(const WorkplaceOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::CloseWorkplaceRequest>(options, context, "workplaces", "end_date"));
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::CloseWorkplace, request);
}

absl::Status RunWorkplaceRestore(const WorkplaceOptions& options, Context& context) {
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::RestoreWorkplace,
                                      EventOf<v1::RestoreWorkplaceRequest>(options, context, "workplaces"));
}

absl::Status RunCoverGet(const WorkplaceOptions& options, Context& context) {
  v1::GetCoverRequest request;
  request.set_name(Named("covers", options.name));
  return ShowRecord<WorkplaceService>(context, &WorkplaceService::Stub::GetCover, request);
}

absl::Status RunCoverList(const WorkplaceOptions& options, Context& context) {
  v1::ListCoversRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  if (!options.workplace.empty()) request.set_workplace(Named("workplaces", options.workplace));
  return ShowRecords<WorkplaceService, v1::Cover>(context, &WorkplaceService::Stub::ListCovers, request,
                                                  &v1::ListCoversResponse::mutable_covers, CoverColumns());
}

absl::Status RunCoverAssign(const WorkplaceOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(const auto request, BatchOf<v1::BatchAssignCoversRequest>(options, context, "start_date"));
  return ShowCovers(context, Send<WorkplaceService>(context, &WorkplaceService::Stub::BatchAssignCovers, request));
}

absl::Status RunCoverEnd(const WorkplaceOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(const auto request, BatchOf<v1::BatchEndCoversRequest>(options, context, "end_date"));
  return ShowCovers(context, Send<WorkplaceService>(context, &WorkplaceService::Stub::BatchEndCovers, request));
}

}  // namespace ronghe::gateway::cli
