#include "services/organization/rpc/import_rpc.h"

namespace ronghe::organization {

ImportRpc::ImportRpc(common::Wrapper& wrapper, common::ImportApp& app)
    : ServiceBinding(wrapper, v1::GetImportRequest::descriptor()->file()->FindServiceByName("ImportService")),
      handlers_(app) {
  using common::Call;
  Unary<v1::GetImportRequest, common::v1::Import>(
      "GetImport", [this](const Call& call, const auto& request) { return handlers_.Get(call, request); });
  Unary<v1::ListImportsRequest, v1::ListImportsResponse>(
      "ListImports", [this](const Call& call, const auto& request) { return handlers_.List(call, request); });
  Unary<v1::ListImportRowErrorsRequest, v1::ListImportRowErrorsResponse>(
      "ListImportRowErrors", [this](const Call& call, const auto& request) { return handlers_.Errors(call, request); });
  Unary<v1::RevertImportRequest, common::v1::Import>(
      "RevertImport", [this](const Call& call, const auto& request) { return handlers_.Revert(call, request); });
}

}  // namespace ronghe::organization
