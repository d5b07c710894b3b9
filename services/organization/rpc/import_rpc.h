#pragma once

#include "ronghe/organization/v1/import_service.pb.h"

#include "services/common/serve/binding.h"
#include "services/organization/app/import_app.h"

namespace ronghe::organization {

// ImportService.
class ImportRpc final : public common::ServiceBinding {
 public:
  // Both must outlive it.
  ImportRpc(common::Wrapper& wrapper, ImportApp& app);

 private:
  absl::StatusOr<common::v1::Import> Get(const common::Call& call, const v1::GetImportRequest& request);
  absl::StatusOr<v1::ListImportsResponse> List(const common::Call& call, const v1::ListImportsRequest& request);
  absl::StatusOr<v1::ListImportRowErrorsResponse> ListRowErrors(const common::Call& call,
                                                                const v1::ListImportRowErrorsRequest& request);
  absl::StatusOr<common::v1::Import> Revert(const common::Call& call, const v1::RevertImportRequest& request);

  ImportApp& app_;
};

}  // namespace ronghe::organization
