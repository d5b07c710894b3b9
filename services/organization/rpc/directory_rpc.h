#pragma once

#include "ronghe/organization/v1/directory_service.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/serve/binding.h"
#include "services/organization/rpc/directory_source.h"

namespace ronghe::organization {

// DirectoryService on gRPC.
class DirectoryRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  DirectoryRpc(common::Wrapper& wrapper, DirectorySource& source, common::FeedHub& hub);

 private:
  absl::StatusOr<std::unique_ptr<common::MessageSource>> StreamDirectory(const v1::StreamDirectoryRequest& request);

  common::Wrapper& wrapper_;
  DirectorySource& source_;
  common::FeedHub& hub_;
};

}  // namespace ronghe::organization
