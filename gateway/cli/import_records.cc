#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "ronghe/organization/v1/import_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using common::v1::Import;
using v1::ImportService;

std::string ImportName(const std::string& import) {
  return import.find('/') == std::string::npos ? fmt::format("imports/{}", import) : import;
}

}  // namespace

absl::Status RunImportShow(const ImportRecordOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = ImportService::NewStub(session->channel());
  v1::GetImportRequest request;
  request.set_name(ImportName(options.import));
  RONGHE_ASSIGN_OR_RETURN(Import import, (session->Call<ImportService::Stub, v1::GetImportRequest, Import>(
                                             *stub, &ImportService::Stub::GetImport, request)));
  PrintResource(context, import);
  return absl::OkStatus();
}

absl::Status RunImportList(const ImportRecordOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = ImportService::NewStub(session->channel());
  v1::ListImportsRequest request;
  request.set_parent(UnitName(options.parent.empty() ? "-" : options.parent));
  request.set_page_size(1000);
  std::vector<Import> imports;
  RONGHE_RETURN_IF_ERROR((session->CallPages<ImportService::Stub, v1::ListImportsRequest, v1::ListImportsResponse>(
      *stub, &ImportService::Stub::ListImports, request, [&](v1::ListImportsResponse& response) {
        imports.insert(imports.end(), response.imports().begin(), response.imports().end());
      })));
  PrintList(context, imports,
            {"name", "collection", "parent", "state", "received_rows", "rejected_rows", "applied_rows", "create_time"});
  return absl::OkStatus();
}

absl::Status RunImportRevert(const ImportRecordOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = ImportService::NewStub(session->channel());
  v1::RevertImportRequest request;
  request.set_name(ImportName(options.import));
  request.set_request_id(session->NewRequestId());
  RONGHE_ASSIGN_OR_RETURN(Import import, (session->Call<ImportService::Stub, v1::RevertImportRequest, Import>(
                                             *stub, &ImportService::Stub::RevertImport, request)));
  PrintResource(context, import);
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
