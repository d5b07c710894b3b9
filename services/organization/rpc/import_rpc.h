#pragma once

#include "ronghe/organization/v1/import_service.pb.h"

#include "services/common/import/rpc/import_binding.h"

namespace ronghe::organization {

// ImportService.
class ImportRpc final : public common::ServiceBinding {
 public:
  // Both must outlive it.
  ImportRpc(common::Wrapper& wrapper, common::ImportApp& app);

 private:
  struct Messages {
    using Get = v1::GetImportRequest;
    using List = v1::ListImportsRequest;
    using ListResponse = v1::ListImportsResponse;
    using Errors = v1::ListImportRowErrorsRequest;
    using ErrorsResponse = v1::ListImportRowErrorsResponse;
    using Revert = v1::RevertImportRequest;
  };
  common::ImportHandlers<Messages> handlers_;
};

}  // namespace ronghe::organization
