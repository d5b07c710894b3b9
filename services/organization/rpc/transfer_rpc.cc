// The transfers of MemberService.
#include "ronghe/organization/v1/transfer.pb.h"

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/member_codec.h"
#include "services/organization/rpc/member_rpc.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

template <typename Request>
WriteOptions TransferOptions(const Call& call, const Request& request, const std::string& etag) {
  WriteOptions options = common::WriteOptionsOf(call, request, etag);
  options.validate_only = request.validate_only();
  return options;
}

v1::Transfer TransferToProto(const TransferView& view) {
  const Transfer& transfer = view.stored.transfer;
  v1::Transfer out;
  out.set_name(view.name);
  out.set_member(view.member);
  out.set_full_name(view.full_name);
  out.set_source_unit(view.source);
  out.set_target_unit(view.target);
  out.set_outside_organization(transfer.outside);
  out.set_direction(static_cast<v1::TransferDirection>(transfer.direction));
  out.set_state(static_cast<v1::TransferState>(transfer.state));
  out.set_letter_number(transfer.letter_number);
  if (transfer.letter_day) WriteDate(*transfer.letter_day, *out.mutable_letter_date());
  if (transfer.expire_day) WriteDate(*transfer.expire_day, *out.mutable_expire_date());
  out.set_return_reason(static_cast<v1::TransferReturnReason>(transfer.reason));
  for (const TransferStep& step : view.stored.steps) {
    v1::TransferStep& added = *out.add_steps();
    added.set_state(static_cast<v1::TransferState>(step.state));
    common::WriteTimestamp(step.time, *added.mutable_time());
    added.set_actor(step.actor);
  }
  common::WriteTimestamp(view.stored.create_time, *out.mutable_create_time());
  common::WriteTimestamp(view.stored.update_time, *out.mutable_update_time());
  out.set_etag(EtagOf(view.stored));
  out.set_revision(view.revision);
  return out;
}

absl::StatusOr<v1::Transfer> Encode(const absl::StatusOr<TransferView>& view) {
  if (!view.ok()) return view.status();
  return TransferToProto(*view);
}

}  // namespace

void MemberRpc::BindTransfers() {
  Unary<v1::CreateTransferRequest, v1::Transfer>("CreateTransfer",
                                                 [this](const Call& c, const auto& r) { return CreateTransfer(c, r); });
  Unary<v1::GetTransferRequest, v1::Transfer>(
      "GetTransfer", [this](const Call& c, const auto& r) { return Encode(parts_.transfers.Get(c, r.name())); });
  Unary<v1::ListTransfersRequest, v1::ListTransfersResponse>(
      "ListTransfers", [this](const Call& c, const auto& r) { return ListTransfers(c, r); });
  Unary<v1::ReleaseTransferRequest, v1::Transfer>("ReleaseTransfer", [this](const Call& c, const auto& r) {
    return Encode(parts_.transfers.Release(c, r.name(), TransferOptions(c, r, r.etag())));
  });
  Unary<v1::AcceptTransferRequest, v1::Transfer>("AcceptTransfer",
                                                 [this](const Call& c, const auto& r) { return AcceptTransfer(c, r); });
  Unary<v1::WithdrawTransferRequest, v1::Transfer>("WithdrawTransfer", [this](const Call& c, const auto& r) {
    return Encode(parts_.transfers.Withdraw(c, r.name(), TransferOptions(c, r, r.etag())));
  });
  Unary<v1::ReturnTransferRequest, v1::Transfer>("ReturnTransfer", [this](const Call& c, const auto& r) {
    return Encode(parts_.transfers.Return(c, r.name(), r.reason(), TransferOptions(c, r, r.etag())));
  });
}

absl::StatusOr<v1::Transfer> MemberRpc::CreateTransfer(const Call& call, const v1::CreateTransferRequest& request) {
  const v1::Transfer& sent = request.transfer();
  const TransferRequest asked{sent.member(), sent.target_unit(), sent.outside_organization(), sent.letter_number(),
                              FromProto(sent.letter_date())};
  return Encode(parts_.transfers.Create(call, asked, TransferOptions(call, request, "")));
}

absl::StatusOr<v1::Transfer> MemberRpc::AcceptTransfer(const Call& call, const v1::AcceptTransferRequest& request) {
  std::optional<Member::Fields> facts;
  WriteOptions options = TransferOptions(call, request, request.etag());
  if (request.has_member()) {
    facts = FromProto(request.member());
    if (!request.member().unit().empty()) {
      options.faults.push_back({"member.unit", "NOT_ALLOWED", {"is that of the transfer", "以转接的接收组织为准"}});
    }
  }
  return Encode(parts_.transfers.Accept(call, request.name(), facts, options));
}

absl::StatusOr<v1::ListTransfersResponse> MemberRpc::ListTransfers(const Call& call,
                                                                   const v1::ListTransfersRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(
      common::Page<TransferView> page,
      parts_.transfers.List(call, request.parent(), request.page_size(), request.page_token(), request.filter()));
  v1::ListTransfersResponse response;
  for (const TransferView& view : page.items) *response.add_transfers() = TransferToProto(view);
  response.set_next_page_token(std::move(page.next));
  return response;
}

}  // namespace ronghe::organization
