#pragma once

#include <functional>
#include <memory>

#include "ronghe/organization/v1/member_service.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/organization/app/member_app.h"
#include "services/organization/app/member_query.h"
#include "services/organization/app/member_search.h"
#include "services/organization/app/membership_app.h"
#include "services/organization/app/transfer_app.h"

namespace ronghe::organization {

// MemberService on gRPC: decode, call, map, encode.
class MemberRpc final : public common::ServiceBinding {
 public:
  // All outlive it. `import_members` begins an upload.
  struct Parts {
    MemberApp& members;
    MemberQuery& query;
    MembershipApp& membership;
    MemberSearch& search;
    TransferApp& transfers;
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

  // The life of a membership, in member_life_rpc.cc.
  void BindLife();
  absl::StatusOr<v1::Member> ConfirmMember(const common::Call& call, const v1::ConfirmMemberRequest& request);
  absl::StatusOr<v1::Member> ExtendProbation(const common::Call& call, const v1::ExtendProbationRequest& request);
  absl::StatusOr<v1::Member> FloatMember(const common::Call& call, const v1::FloatMemberRequest& request);
  absl::StatusOr<v1::Member> ReturnMember(const common::Call& call, const v1::ReturnMemberRequest& request);
  absl::StatusOr<v1::Member> LeaveMember(const common::Call& call, const v1::LeaveMemberRequest& request);
  absl::StatusOr<v1::Member> RestoreMember(const common::Call& call, const v1::RestoreMemberRequest& request);
  absl::StatusOr<v1::SearchMembersResponse> SearchMembers(const common::Call& call,
                                                          const v1::SearchMembersRequest& request);
  absl::StatusOr<v1::ListMemberHistoryResponse> ListMemberHistory(const common::Call& call,
                                                                  const v1::ListMemberHistoryRequest& request);

  // Transfers, in transfer_rpc.cc.
  void BindTransfers();
  absl::StatusOr<v1::Transfer> CreateTransfer(const common::Call& call, const v1::CreateTransferRequest& request);
  absl::StatusOr<v1::Transfer> AcceptTransfer(const common::Call& call, const v1::AcceptTransferRequest& request);
  absl::StatusOr<v1::ListTransfersResponse> ListTransfers(const common::Call& call,
                                                          const v1::ListTransfersRequest& request);

  common::Wrapper& wrapper_;
  Parts parts_;
};

}  // namespace ronghe::organization
