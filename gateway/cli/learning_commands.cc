#include "gateway/cli/learning_commands.h"

#include <vector>

#include "gateway/cli/record_commands.h"
#include "ronghe/education/v1/learning_record_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = education::v1;
using Service = v1::LearningRecordService;
using Stub = Service::Stub;

}  // namespace

absl::Status RunLearningCreate(const LearningOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateLearningRecordRequest>(options, context);
  v1::LearningRecord& record = *request.mutable_learning_record();
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, record));
  record.set_member(Named("members", options.member));
  record.set_credit_deci_hours(options.credit);
  return ShowRecord<Service>(context, &Stub::CreateLearningRecord, request);
}

absl::Status RunLearningGet(const LearningOptions& options, Context& context) {
  v1::GetLearningRecordRequest request;
  request.set_name(Named("learningRecords", options.name));
  return ShowRecord<Service>(context, &Stub::GetLearningRecord, request);
}

absl::Status RunLearningList(const LearningOptions& options, Context& context) {
  v1::ListLearningRecordsRequest request;
  request.set_parent(Named("members", options.member));
  request.set_year(options.year);
  return ShowRecords<Service, v1::LearningRecord>(
      context, &Stub::ListLearningRecords, request, &v1::ListLearningRecordsResponse::mutable_learning_records,
      {"name", "date", "source", "platform", "course", "credit_deci_hours", "state", "counted", "unit"});
}

absl::Status RunLearningVoid(const LearningOptions& options, Context& context) {
  auto request = WriteOf<v1::VoidLearningRecordRequest>(options, context);
  request.set_name(Named("learningRecords", options.name));
  request.set_reason(options.reason);
  if (!options.fields.empty() || options.credit != 0) {
    RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_replacement()));
    request.mutable_replacement()->set_credit_deci_hours(options.credit);
  }
  RONGHE_ASSIGN_OR_RETURN(const auto response,
                          (Send<Service, v1::VoidLearningRecordRequest, v1::VoidLearningRecordResponse>(
                              context, &Stub::VoidLearningRecord, request)));
  PrintResource(context, response.has_replacement() ? response.replacement() : response.learning_record());
  return absl::OkStatus();
}

absl::Status RunLearningReconcile(const LearningOptions& options, Context& context) {
  v1::ReconcileLearningImportRequest request;
  request.set_name(Named("learningImports", options.import));
  RONGHE_ASSIGN_OR_RETURN(const auto response,
                          (Send<Service, v1::ReconcileLearningImportRequest, v1::ReconcileLearningImportResponse>(
                              context, &Stub::ReconcileLearningImport, request)));
  const std::vector<v1::LearningImportTotal> totals(response.totals().begin(), response.totals().end());
  PrintList(context, totals,
            {"platform", "new_records", "known_records", "counted_records", "new_deci_hours", "known_deci_hours",
             "counted_deci_hours"});
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
