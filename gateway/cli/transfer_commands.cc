#include <cctype>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using Service = v1::MemberService;

template <typename Request>
absl::Status Show(Context& context,
                  grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, v1::Transfer*),
                  const Request& request) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = Service::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(v1::Transfer transfer,
                          (session->Call<Service::Stub, Request, v1::Transfer>(*stub, method, request)));
  PrintResource(context, transfer);
  return absl::OkStatus();
}

std::string Named(std::string_view collection, const std::string& name) {
  return name.find('/') == std::string::npos ? fmt::format("{}/{}", collection, name) : name;
}

std::string Upper(std::string text) {
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

template <typename Request>
Request WriteOf(const TransferOptions& options, Context& context) {
  Request request;
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  request.set_validate_only(options.validate_only);
  return request;
}

// A custom method's request.
template <typename Request>
Request EventOf(const TransferOptions& options, Context& context) {
  auto request = WriteOf<Request>(options, context);
  request.set_name(Named("transfers", options.transfer));
  request.set_etag(options.etag);
  return request;
}

}  // namespace

absl::Status RunTransferGet(const TransferOptions& options, Context& context) {
  v1::GetTransferRequest request;
  request.set_name(Named("transfers", options.transfer));
  return Show(context, &Service::Stub::GetTransfer, request);
}

absl::Status RunTransferList(const TransferOptions& options, Context& context) {
  v1::ListTransfersRequest request;
  request.set_parent(UnitName(options.unit));
  std::string filter = options.filter;
  const auto narrow = [&](const char* field, const std::string& value) {
    if (value.empty()) return;
    filter += fmt::format("{}{} = {}", filter.empty() ? "" : " AND ", field, Upper(value));
  };
  narrow("worklist", options.worklist);
  narrow("side", options.side);
  request.set_filter(filter);
  request.set_page_size(1000);
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = Service::NewStub(session->channel());
  std::vector<v1::Transfer> transfers;
  RONGHE_RETURN_IF_ERROR((session->CallPages<Service::Stub, v1::ListTransfersRequest, v1::ListTransfersResponse>(
      *stub, &Service::Stub::ListTransfers, request, [&](v1::ListTransfersResponse& response) {
        for (v1::Transfer& transfer : *response.mutable_transfers()) transfers.push_back(std::move(transfer));
      })));
  PrintList(context, transfers,
            {"name", "full_name", "source_unit", "target_unit", "outside_organization", "state", "letter_number",
             "expire_date"});
  return absl::OkStatus();
}

absl::Status RunTransferApply(const TransferOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateTransferRequest>(options, context);
  v1::Transfer& transfer = *request.mutable_transfer();
  transfer.set_member(Named("members", options.member));
  if (!options.unit.empty()) transfer.set_target_unit(UnitName(options.unit));
  transfer.set_outside_organization(options.outside);
  return Show(context, &Service::Stub::CreateTransfer, request);
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
  return Show(context, &Service::Stub::CreateTransfer, request);
}

absl::Status RunTransferRelease(const TransferOptions& options, Context& context) {
  return Show(context, &Service::Stub::ReleaseTransfer, EventOf<v1::ReleaseTransferRequest>(options, context));
}

absl::Status RunTransferAccept(const TransferOptions& options, Context& context) {
  auto request = EventOf<v1::AcceptTransferRequest>(options, context);
  if (!options.fields.empty()) RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_member()));
  return Show(context, &Service::Stub::AcceptTransfer, request);
}

absl::Status RunTransferWithdraw(const TransferOptions& options, Context& context) {
  return Show(context, &Service::Stub::WithdrawTransfer, EventOf<v1::WithdrawTransferRequest>(options, context));
}

absl::Status RunTransferReturn(const TransferOptions& options, Context& context) {
  auto request = EventOf<v1::ReturnTransferRequest>(options, context);
  const google::protobuf::EnumDescriptor* type = v1::TransferReturnReason_descriptor();
  for (int i = 1; i < type->value_count(); ++i) {
    if (ShortNameOf(type->value(i)) == Upper(options.reason)) {
      request.set_reason(static_cast<v1::TransferReturnReason>(type->value(i)->number()));
    }
  }
  if (request.reason() == v1::TRANSFER_RETURN_REASON_UNSPECIFIED) {
    return common::InvalidArgument("reason", "UNKNOWN_VALUE", {"is not a known reason", "不是已知的原因"});
  }
  return Show(context, &Service::Stub::ReturnTransfer, request);
}

}  // namespace ronghe::gateway::cli
