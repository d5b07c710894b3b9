#include "services/rectification/rpc/ledger_rpc.h"

#include <memory>
#include <utility>
#include <vector>

#include "services/common/import/rpc/import_upload.h"
#include "services/common/serve/wrapper.h"
#include "services/rectification/rpc/ledger_codec.h"

namespace ronghe::rectification {
namespace {

using common::Call;

common::ImportMessage ReadMessage(const google::protobuf::Message& message) {
  return common::ReadImportParts(static_cast<const v1::ImportProblemsRequest&>(message),
                                 [](const v1::LedgerRow& row) { return row.entry().SerializeAsString(); });
}

}  // namespace

LedgerRpc::LedgerRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::ImportProblemsRequest::descriptor()->file()->FindServiceByName("LedgerService")),
      wrapper_(wrapper),
      parts_(std::move(parts)),
      handlers_(parts_.imports) {
  BidiStream<v1::ImportProblemsRequest, common::v1::ImportProgress>(
      "ImportProblems", [this](const Call& call) -> absl::StatusOr<std::unique_ptr<common::Upload>> {
        return common::NewImportUpload(wrapper_.executor(), parts_.imports, call, "problems", ReadMessage);
      });
  ServerStream<v1::ExportProblemsRequest, v1::ExportProblemsResponse>(
      "ExportProblems", [this](const Call& call, const auto& request) { return Export(call, request); });
  Unary<v1::GetProblemImportRequest, common::v1::Import>(
      "GetProblemImport", [this](const Call& call, const auto& request) { return handlers_.Get(call, request); });
  Unary<v1::ListProblemImportsRequest, v1::ListProblemImportsResponse>(
      "ListProblemImports", [this](const Call& call, const auto& request) { return handlers_.List(call, request); });
  Unary<v1::ListProblemImportRowErrorsRequest, v1::ListProblemImportRowErrorsResponse>(
      "ListProblemImportRowErrors",
      [this](const Call& call, const auto& request) { return handlers_.Errors(call, request); });
  Unary<v1::RevertProblemImportRequest, common::v1::Import>(
      "RevertProblemImport", [this](const Call& call, const auto& request) { return handlers_.Revert(call, request); });
}

absl::StatusOr<std::unique_ptr<common::MessageSource>> LedgerRpc::Export(const Call& call,
                                                                         const v1::ExportProblemsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(ProblemQuery::Export next,
                          parts_.query.StartExport(call, request.parent(), request.filter()));
  return common::PagedSource(
      wrapper_, [this, next = std::move(next)]() mutable -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
        RONGHE_ASSIGN_OR_RETURN(const std::vector<ProblemRecord> records, next());
        if (records.empty()) return std::unique_ptr<google::protobuf::Message>();
        auto message = std::make_unique<v1::ExportProblemsResponse>();
        for (const ProblemRecord& record : records) {
          *message->add_entries() = ToLedger(record, parts_.names, parts_.zone);
        }
        return message;
      });
}

}  // namespace ronghe::rectification
