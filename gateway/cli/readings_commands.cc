#include <charconv>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/record_commands.h"
#include "ronghe/education/v1/education_service.grpc.pb.h"
#include "ronghe/organization/v1/access_service.grpc.pb.h"
#include "ronghe/rectification/v1/rectification_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::AccessService;
using Rectification = rectification::v1::RectificationService;

using Education = education::v1::EducationService;

// The same question to the service whose records it is about.
template <typename Request, typename Response>
absl::StatusOr<Response> Ask(
    const ReadingsOptions& options, Context& context,
    grpc::Status (AccessService::Stub::*members)(grpc::ClientContext*, const Request&, Response*),
    grpc::Status (Rectification::Stub::*problems)(grpc::ClientContext*, const Request&, Response*),
    grpc::Status (Education::Stub::*education)(grpc::ClientContext*, const Request&, Response*),
    const Request& request) {
  if (options.service == "problems") return Send<Rectification>(context, problems, request);
  if (options.service == "education") return Send<Education>(context, education, request);
  return Send<AccessService>(context, members, request);
}

absl::StatusOr<v1::AuditHead> ReadHead(const std::string& text) {
  v1::AuditHead head;
  int64_t numbers[2] = {};
  const char* place = text.data();
  const char* const end = text.data() + text.size();
  for (int64_t& number : numbers) {
    const auto read = std::from_chars(place, end, number);
    if (read.ec != std::errc() || read.ptr == end || *read.ptr != ':') {
      return common::InvalidArgument(
          "known", "BAD_HEAD", {"a head is CHAIN:SEQUENCE:HASH, as verify prints it", "链头格式为 链:序号:哈希值"});
    }
    place = read.ptr + 1;
  }
  head.set_chain(numbers[0]);
  head.set_sequence(numbers[1]);
  head.set_hash(std::string(place, end));
  return head;
}

}  // namespace

absl::Status RunReadingsList(const ReadingsOptions& options, Context& context) {
  v1::ListAuditEntriesRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_actor(options.actor);
  if (!options.member.empty()) {
    request.set_resource(options.member.find('/') == std::string::npos ? "members/" + options.member : options.member);
  }
  if (!options.resource.empty()) request.set_resource(options.resource);
  std::vector<v1::AuditEntry> entries;
  do {
    request.set_page_size(std::min(1000, options.limit - static_cast<int>(entries.size())));
    RONGHE_ASSIGN_OR_RETURN(v1::ListAuditEntriesResponse response,
                            Ask(options, context, &AccessService::Stub::ListAuditEntries,
                                &Rectification::Stub::ListAuditEntries, &Education::Stub::ListAuditEntries, request));
    for (v1::AuditEntry& entry : *response.mutable_entries()) entries.push_back(std::move(entry));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && static_cast<int>(entries.size()) < options.limit);
  PrintList(context, entries, {"chain", "sequence", "time", "actor", "action", "resource", "unit", "purpose"});
  return absl::OkStatus();
}

absl::Status RunReadingsVerify(const ReadingsOptions& options, Context& context) {
  v1::VerifyAuditLogRequest request;
  request.set_parent(UnitName(options.unit));
  for (const std::string& text : options.known) {
    RONGHE_ASSIGN_OR_RETURN(*request.add_known_heads(), ReadHead(text));
  }
  RONGHE_ASSIGN_OR_RETURN(v1::VerifyAuditLogResponse response,
                          Ask(options, context, &AccessService::Stub::VerifyAuditLog,
                              &Rectification::Stub::VerifyAuditLog, &Education::Stub::VerifyAuditLog, request));
  if (context.console().json) {
    PrintResource(context, response);
  } else {
    const common::Text intact{"intact", "完好"};
    for (const v1::AuditChain& chain : response.chains()) {
      const common::Text broken{fmt::format("{} at {}", v1::AuditFault_Name(chain.fault()), chain.fault_sequence()),
                                fmt::format("{},第{}条", v1::AuditFault_Name(chain.fault()), chain.fault_sequence())};
      context.out() << fmt::format("{}:{}:{}  {}\n", chain.head().chain(), chain.head().sequence(), chain.head().hash(),
                                   context.console().Say(chain.intact() ? intact : broken));
    }
  }
  if (response.intact()) return absl::OkStatus();
  return common::FailedPrecondition("AUDIT_LOG_BROKEN",
                                    {"the audit log is not as it was written", "审计日志与写入时不一致"});
}

}  // namespace ronghe::gateway::cli
