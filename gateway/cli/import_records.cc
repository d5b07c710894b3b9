#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/record_commands.h"
#include "gateway/cli/resources.h"
#include "ronghe/education/v1/learning_record_service.grpc.pb.h"
#include "ronghe/organization/v1/import_service.grpc.pb.h"
#include "ronghe/rectification/v1/ledger_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace ov1 = organization::v1;
namespace rv1 = rectification::v1;
namespace ev1 = education::v1;
using common::v1::Import;
using ev1::LearningRecordService;
using ov1::ImportService;
using rv1::LedgerService;

bool IsOfLedger(const std::string& import) {
  return import.starts_with("problemImports/");
}

bool IsOfLearning(const std::string& import) {
  return import.starts_with("learningImports/");
}

const std::vector<std::string_view>& Columns() {
  static const auto* const columns = new std::vector<std::string_view>{
      "name", "collection", "parent", "state", "received_rows", "rejected_rows", "applied_rows", "create_time"};
  return *columns;
}

template <typename Request>
Request RevertOf(const ImportRecordOptions& options, Context& context) {
  Request request;
  request.set_name(Named("imports", options.import));
  request.set_request_id(context.environment.random.Uuid());
  return request;
}

}  // namespace

absl::Status RunImportShow(const ImportRecordOptions& options, Context& context) {
  if (IsOfLedger(options.import)) {
    rv1::GetProblemImportRequest request;
    request.set_name(options.import);
    return ShowRecord<LedgerService>(context, &LedgerService::Stub::GetProblemImport, request);
  }
  if (IsOfLearning(options.import)) {
    ev1::GetLearningImportRequest request;
    request.set_name(options.import);
    return ShowRecord<LearningRecordService>(context, &LearningRecordService::Stub::GetLearningImport, request);
  }
  ov1::GetImportRequest request;
  request.set_name(Named("imports", options.import));
  return ShowRecord<ImportService>(context, &ImportService::Stub::GetImport, request);
}

absl::Status RunImportList(const ImportRecordOptions& options, Context& context) {
  const std::string parent = UnitName(options.parent.empty() ? "-" : options.parent);
  if (options.problems) {
    rv1::ListProblemImportsRequest request;
    request.set_parent(parent);
    return ShowRecords<LedgerService, Import>(context, &LedgerService::Stub::ListProblemImports, request,
                                              &rv1::ListProblemImportsResponse::mutable_imports, Columns());
  }
  if (options.learning) {
    ev1::ListLearningImportsRequest request;
    request.set_parent(parent);
    return ShowRecords<LearningRecordService, Import>(context, &LearningRecordService::Stub::ListLearningImports,
                                                      request, &ev1::ListLearningImportsResponse::mutable_imports,
                                                      Columns());
  }
  ov1::ListImportsRequest request;
  request.set_parent(parent);
  return ShowRecords<ImportService, Import>(context, &ImportService::Stub::ListImports, request,
                                            &ov1::ListImportsResponse::mutable_imports, Columns());
}

absl::Status RunImportRevert(const ImportRecordOptions& options, Context& context) {
  if (IsOfLedger(options.import)) {
    return ShowRecord<LedgerService>(context, &LedgerService::Stub::RevertProblemImport,
                                     RevertOf<rv1::RevertProblemImportRequest>(options, context));
  }
  if (IsOfLearning(options.import)) {
    return ShowRecord<LearningRecordService>(context, &LearningRecordService::Stub::RevertLearningImport,
                                             RevertOf<ev1::RevertLearningImportRequest>(options, context));
  }
  return ShowRecord<ImportService>(context, &ImportService::Stub::RevertImport,
                                   RevertOf<ov1::RevertImportRequest>(options, context));
}

}  // namespace ronghe::gateway::cli
