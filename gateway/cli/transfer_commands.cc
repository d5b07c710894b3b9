#include "gateway/cli/record_commands.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::MemberService;

}  // namespace

absl::Status RunTransferGet(const TransferOptions& options, Context& context) {
  v1::GetTransferRequest request;
  request.set_name(Named("transfers", options.name));
  return ShowRecord<MemberService>(context, &MemberService::Stub::GetTransfer, request);
}

absl::Status RunTransferList(const TransferOptions& options, Context& context) {
  v1::ListTransfersRequest request;
  request.set_parent(UnitName(options.unit));
  std::string filter = options.filter;
  const auto narrow = [&](const char* field, const std::string& value) {
    if (value.empty()) return;
    filter += fmt::format("{}{} = {}", filter.empty() ? "" : " AND ", field, ShortName(value));
  };
  narrow("worklist", options.worklist);
  narrow("side", options.side);
  request.set_filter(filter);
  return ShowRecords<MemberService, v1::Transfer>(context, &MemberService::Stub::ListTransfers, request,
                                                  &v1::ListTransfersResponse::mutable_transfers,
                                                  {"name", "full_name", "source_unit", "target_unit",
                                                   "outside_organization", "state", "letter_number", "expire_date"});
}

absl::Status RunTransferApply(const TransferOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateTransferRequest>(options, context);
  v1::Transfer& transfer = *request.mutable_transfer();
  transfer.set_member(Named("members", options.member));
  if (!options.unit.empty()) transfer.set_target_unit(UnitName(options.unit));
  transfer.set_outside_organization(options.outside);
  return ShowRecord<MemberService>(context, &MemberService::Stub::CreateTransfer, request);
}

absl::Status RunTransferReceive(const TransferOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateTransferRequest>(options, context);
  v1::Transfer& transfer = *request.mutable_transfer();
  transfer.set_target_unit(UnitName(options.unit));
  transfer.set_outside_organization(options.outside);
  transfer.set_letter_number(options.letter);
  common::Violations violations;
  SetDateText(transfer, "letter_date", options.date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return ShowRecord<MemberService>(context, &MemberService::Stub::CreateTransfer, request);
}

absl::Status RunTransferRelease(const TransferOptions& options, Context& context) {
  return ShowRecord<MemberService>(context, &MemberService::Stub::ReleaseTransfer,
                                   EventOf<v1::ReleaseTransferRequest>(options, context, "transfers"));
}

absl::Status RunTransferAccept(const TransferOptions& options, Context& context) {
  auto request = EventOf<v1::AcceptTransferRequest>(options, context, "transfers");
  if (!options.fields.empty()) RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_member()));
  return ShowRecord<MemberService>(context, &MemberService::Stub::AcceptTransfer, request);
}

absl::Status RunTransferWithdraw(const TransferOptions& options, Context& context) {
  return ShowRecord<MemberService>(context, &MemberService::Stub::WithdrawTransfer,
                                   EventOf<v1::WithdrawTransferRequest>(options, context, "transfers"));
}

absl::Status RunTransferReturn(const TransferOptions& options, Context& context) {
  auto request = EventOf<v1::ReturnTransferRequest>(options, context, "transfers");
  RONGHE_ASSIGN_OR_RETURN(const int reason, ValueOf(v1::TransferReturnReason_descriptor(), options.reason, "reason"));
  request.set_reason(static_cast<v1::TransferReturnReason>(reason));
  return ShowRecord<MemberService>(context, &MemberService::Stub::ReturnTransfer, request);
}

}  // namespace ronghe::gateway::cli
