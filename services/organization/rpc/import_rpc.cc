#include "services/organization/rpc/import_rpc.h"

#include "services/organization/app/owner_registry.h"
#include "services/organization/rpc/import_codec.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

absl::StatusOr<int64_t> IdOf(const std::string& name) {
  const int64_t id = IdFromName(name, "imports");
  if (id != 0) return id;
  return common::InvalidArgument("name", "BAD_NAME", {"must be imports/{id}", "格式应为 imports/{id}"});
}

}  // namespace

ImportRpc::ImportRpc(common::Wrapper& wrapper, ImportApp& app)
    : ServiceBinding(wrapper, v1::GetImportRequest::descriptor()->file()->FindServiceByName("ImportService")),
      app_(app) {
  Unary<v1::GetImportRequest, common::v1::Import>(
      "GetImport", [this](const common::Call& call, const v1::GetImportRequest& r) { return Get(call, r); });
  Unary<v1::ListImportsRequest, v1::ListImportsResponse>(
      "ListImports", [this](const common::Call& call, const v1::ListImportsRequest& r) { return List(call, r); });
  Unary<v1::ListImportRowErrorsRequest, v1::ListImportRowErrorsResponse>(
      "ListImportRowErrors",
      [this](const common::Call& call, const v1::ListImportRowErrorsRequest& r) { return ListRowErrors(call, r); });
  Unary<v1::RevertImportRequest, common::v1::Import>(
      "RevertImport", [this](const common::Call& call, const v1::RevertImportRequest& r) { return Revert(call, r); });
}

absl::StatusOr<common::v1::Import> ImportRpc::Get(const common::Call& call, const v1::GetImportRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t id, IdOf(request.name()));
  RONGHE_ASSIGN_OR_RETURN(const Import import, app_.Get(call, id));
  return ToProto(import, app_);
}

absl::StatusOr<v1::ListImportsResponse> ImportRpc::List(const common::Call& call,
                                                        const v1::ListImportsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(common::Page<Import> page,
                          app_.List(call, request.parent(), request.page_size(), request.page_token()));
  v1::ListImportsResponse response;
  for (const Import& import : page.items) *response.add_imports() = ToProto(import, app_);
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<v1::ListImportRowErrorsResponse> ImportRpc::ListRowErrors(
    const common::Call& call, const v1::ListImportRowErrorsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t id, IdOf(request.name()));
  RONGHE_ASSIGN_OR_RETURN(common::Page<RowIssue> page,
                          app_.RowIssues(call, id, request.page_size(), request.page_token()));
  v1::ListImportRowErrorsResponse response;
  for (const RowIssue& issue : page.items) *response.add_row_errors() = ToProto(issue);
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<common::v1::Import> ImportRpc::Revert(const common::Call& call, const v1::RevertImportRequest& request) {
  common::Violations violations;
  const common::RequestKey key = KeyOf(call, request.request_id(), request, violations);
  const absl::StatusOr<int64_t> id = IdOf(request.name());
  violations.AddAll(id.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const Import import, app_.Revert(call, *id, key));
  return ToProto(import, app_);
}

}  // namespace ronghe::organization
