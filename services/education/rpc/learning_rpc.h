#pragma once

#include "ronghe/education/v1/learning_record_service.pb.h"

#include "services/common/import/rpc/import_binding.h"
#include "services/common/serve/binding.h"
#include "services/education/rpc/learning_codec.h"

namespace ronghe::education {

// LearningRecordService on gRPC.
class LearningRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    LearningApp& app;
    LearningStore& store;
    common::ImportApp& imports;
    common::RecordNames names;
  };
  LearningRpc(common::Wrapper& wrapper, Parts parts);

 private:
  struct Messages {
    using Get = v1::GetLearningImportRequest;
    using List = v1::ListLearningImportsRequest;
    using ListResponse = v1::ListLearningImportsResponse;
    using Errors = v1::ListLearningImportRowErrorsRequest;
    using ErrorsResponse = v1::ListLearningImportRowErrorsResponse;
    using Revert = v1::RevertLearningImportRequest;
  };
  void BindRecords();
  void BindImports();
  absl::StatusOr<v1::LearningRecord> Create(const common::Call& call, const v1::CreateLearningRecordRequest& request);
  absl::StatusOr<v1::ListLearningRecordsResponse> List(const common::Call& call,
                                                       const v1::ListLearningRecordsRequest& request);
  absl::StatusOr<v1::VoidLearningRecordResponse> Void(const common::Call& call,
                                                      const v1::VoidLearningRecordRequest& request);
  absl::StatusOr<v1::ReconcileLearningImportResponse> Reconcile(const common::Call& call,
                                                                const v1::ReconcileLearningImportRequest& request);

  common::Wrapper& wrapper_;
  Parts parts_;
  common::ImportHandlers<Messages> handlers_;
};

}  // namespace ronghe::education
