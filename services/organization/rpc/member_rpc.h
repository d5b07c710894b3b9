#pragma once

#include <functional>
#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/wrapper.h"
#include "services/organization/app/member_app.h"
#include "services/organization/app/member_query.h"

namespace ronghe::organization {

// MemberService. ImportMembers is served by the engine of imports, whose upload it opens.
class MemberRpc final : public common::ServiceBinding {
 public:
  // All must outlive it.
  struct Parts {
    MemberApp& app;
    MemberQuery& query;
    common::WatchService& watch;
    // Opens the upload of ImportMembers.
    std::function<absl::StatusOr<std::unique_ptr<common::Upload>>(const common::Call&)> import;
  };
  MemberRpc(common::Wrapper& wrapper, Parts parts);

 private:
  void BindReads();
  void BindWrites();
  void BindStreams();

  common::Wrapper& wrapper_;
  Parts parts_;
};

}  // namespace ronghe::organization
