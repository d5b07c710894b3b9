#pragma once

#include <absl/time/time.h>

#include "ronghe/rectification/v1/ledger_service.pb.h"

#include "services/common/import/rpc/import_binding.h"
#include "services/rectification/app/problem_query.h"
#include "services/rectification/rpc/problem_codec.h"

namespace ronghe::rectification {

// LedgerService: imports and exports of problems.
class LedgerRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    common::ImportApp& imports;
    ProblemQuery& query;
    common::RecordNames names;
    absl::TimeZone zone;
  };
  LedgerRpc(common::Wrapper& wrapper, Parts parts);

 private:
  struct Messages {
    using Get = v1::GetProblemImportRequest;
    using List = v1::ListProblemImportsRequest;
    using ListResponse = v1::ListProblemImportsResponse;
    using Errors = v1::ListProblemImportRowErrorsRequest;
    using ErrorsResponse = v1::ListProblemImportRowErrorsResponse;
    using Revert = v1::RevertProblemImportRequest;
  };
  absl::StatusOr<std::unique_ptr<common::MessageSource>> Export(const common::Call& call,
                                                                const v1::ExportProblemsRequest& request);

  common::Wrapper& wrapper_;
  Parts parts_;
  common::ImportHandlers<Messages> handlers_;
};

}  // namespace ronghe::rectification
