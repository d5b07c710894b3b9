#pragma once

#include <functional>
#include <memory>

#include "ronghe/organization/v1/member_service.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/organization/app/member_app.h"
#include "services/organization/app/member_query.h"

namespace ronghe::organization {

// MemberService on gRPC: decode, call, map, encode.
class MemberRpc final : public common::ServiceBinding {
 public:
  // All outlive it. `import_members` begins an upload.
  struct Parts {
    MemberApp& members;
    MemberQuery& query;
    common::WatchService& watch;
    std::function<absl::StatusOr<std::unique_ptr<common::Upload>>(const common::Call&)> import_members;
  };
  MemberRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Member> CreateMember(const common::Call& call, const v1::CreateMemberRequest& request);
  absl::StatusOr<v1::Member> GetMember(const common::Call& call, const v1::GetMemberRequest& request);
  absl::StatusOr<v1::Member> RevealMember(const common::Call& call, const v1::RevealMemberRequest& request);
  absl::StatusOr<v1::ListMembersResponse> ListMembers(const common::Call& call, const v1::ListMembersRequest& request);
  absl::StatusOr<v1::Member> UpdateMember(const common::Call& call, const v1::UpdateMemberRequest& request);
  absl::StatusOr<v1::Member> MoveMember(const common::Call& call, const v1::MoveMemberRequest& request);
  absl::StatusOr<std::unique_ptr<common::MessageSource>> ExportMembers(const common::Call& call,
                                                                       const v1::ExportMembersRequest& request);

  common::Wrapper& wrapper_;
  Parts parts_;
};

}  // namespace ronghe::organization
