#include "services/education/rpc/learning_rpc.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "services/common/import/rpc/import_upload.h"
#include "services/common/serve/wrapper.h"
#include "services/common/values/wire.h"

namespace ronghe::education {
namespace {

using common::Call;

common::ImportMessage ReadMessage(const google::protobuf::Message& message) {
  return common::ReadImportParts(static_cast<const v1::ImportLearningRecordsRequest&>(message),
                                 [](const v1::LearningRow& row) { return row.learning_record().SerializeAsString(); });
}

}  // namespace

LearningRpc::LearningRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper,
                     v1::CreateLearningRecordRequest::descriptor()->file()->FindServiceByName("LearningRecordService")),
      wrapper_(wrapper),
      parts_(std::move(parts)),
      handlers_(parts_.imports) {
  BindRecords();
  BindImports();
}

void LearningRpc::BindRecords() {
  Unary<v1::CreateLearningRecordRequest, v1::LearningRecord>(
      "CreateLearningRecord", [this](const Call& call, const auto& request) { return Create(call, request); });
  Unary<v1::GetLearningRecordRequest, v1::LearningRecord>(
      "GetLearningRecord", [this](const Call& call, const auto& request) -> absl::StatusOr<v1::LearningRecord> {
        RONGHE_ASSIGN_OR_RETURN(const LearningView view, parts_.app.Get(call, request.name()));
        return ToProto(view, parts_.names);
      });
  Unary<v1::ListLearningRecordsRequest, v1::ListLearningRecordsResponse>(
      "ListLearningRecords", [this](const Call& call, const auto& request) { return List(call, request); });
  Unary<v1::VoidLearningRecordRequest, v1::VoidLearningRecordResponse>(
      "VoidLearningRecord", [this](const Call& call, const auto& request) { return Void(call, request); });
}

void LearningRpc::BindImports() {
  BidiStream<v1::ImportLearningRecordsRequest, common::v1::ImportProgress>(
      "ImportLearningRecords", [this](const Call& call) -> absl::StatusOr<std::unique_ptr<common::Upload>> {
        return common::NewImportUpload(wrapper_.executor(), parts_.imports, call, "learningRecords", ReadMessage);
      });
  Unary<v1::GetLearningImportRequest, common::v1::Import>(
      "GetLearningImport", [this](const Call& call, const auto& request) { return handlers_.Get(call, request); });
  Unary<v1::ListLearningImportsRequest, v1::ListLearningImportsResponse>(
      "ListLearningImports", [this](const Call& call, const auto& request) { return handlers_.List(call, request); });
  Unary<v1::ListLearningImportRowErrorsRequest, v1::ListLearningImportRowErrorsResponse>(
      "ListLearningImportRowErrors",
      [this](const Call& call, const auto& request) { return handlers_.Errors(call, request); });
  Unary<v1::ReconcileLearningImportRequest, v1::ReconcileLearningImportResponse>(
      "ReconcileLearningImport", [this](const Call& call, const auto& request) { return Reconcile(call, request); });
  Unary<v1::RevertLearningImportRequest, common::v1::Import>(
      "RevertLearningImport",
      [this](const Call& call, const auto& request) { return handlers_.Revert(call, request); });
}

absl::StatusOr<v1::LearningRecord> LearningRpc::Create(const Call& call,
                                                       const v1::CreateLearningRecordRequest& request) {
  common::Violations violations;
  LearningFields fields = FromProto(request.learning_record(), "learning_record.", violations);
  RONGHE_ASSIGN_OR_RETURN(
      const LearningView view,
      parts_.app.Create(call, std::move(fields), common::WriteOptionsOf(call, request, "", std::move(violations))));
  return ToProto(view, parts_.names, request.validate_only());
}

absl::StatusOr<v1::ListLearningRecordsResponse> LearningRpc::List(const Call& call,
                                                                  const v1::ListLearningRecordsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const LearningPage page, parts_.app.List(call, request.parent(), request.year(),
                                                                   request.page_size(), request.page_token()));
  v1::ListLearningRecordsResponse response;
  for (const LearningView& view : page.page.items) *response.add_learning_records() = ToProto(view, parts_.names);
  response.set_next_page_token(page.page.next);
  response.set_credit_deci_hours(page.credit_deci_hours);
  return response;
}

absl::StatusOr<v1::VoidLearningRecordResponse> LearningRpc::Void(const Call& call,
                                                                 const v1::VoidLearningRecordRequest& request) {
  common::Violations violations;
  std::optional<LearningFields> replacement;
  if (request.has_replacement()) replacement = FromProto(request.replacement(), "replacement.", violations);
  RONGHE_ASSIGN_OR_RETURN(const VoidedLearning result,
                          parts_.app.Void(call, request.name(), request.reason(), std::move(replacement),
                                          common::WriteOptionsOf(call, request, "", std::move(violations))));
  v1::VoidLearningRecordResponse response;
  *response.mutable_learning_record() = ToProto(result.voided, parts_.names);
  if (result.replacement) {
    *response.mutable_replacement() = ToProto(*result.replacement, parts_.names, request.validate_only());
  }
  return response;
}

absl::StatusOr<v1::ReconcileLearningImportResponse> LearningRpc::Reconcile(
    const Call& call, const v1::ReconcileLearningImportRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t id, parts_.imports.IdOf(request.name()));
  RONGHE_RETURN_IF_ERROR(parts_.imports.Get(call, id).status());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<LearningTotal> totals, parts_.store.Totals(id, call.deadline));
  v1::ReconcileLearningImportResponse response;
  for (const LearningTotal& total : totals) {
    v1::LearningImportTotal& one = *response.add_totals();
    one.set_platform(total.platform);
    one.set_new_records(total.new_records);
    one.set_known_records(total.known_records);
    one.set_counted_records(total.counted_records);
    one.set_new_deci_hours(total.new_deci_hours);
    one.set_known_deci_hours(total.known_deci_hours);
    one.set_counted_deci_hours(total.counted_deci_hours);
  }
  return response;
}

}  // namespace ronghe::education
