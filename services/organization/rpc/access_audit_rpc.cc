#include <absl/strings/escaping.h>

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/access_rpc.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

using common::Call;

constexpr size_t kHashSize = 32;

bool IsHex(const std::string& text) {
  return text.size() == 2 * kHashSize && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

v1::AuditEntry ToProto(const NamedAuditEntry& named) {
  const AuditEntry& entry = named.entry;
  v1::AuditEntry out;
  out.set_chain(entry.partition.value);
  out.set_sequence(entry.seq);
  common::WriteTimestamp(entry.time, *out.mutable_time());
  out.set_actor(entry.reading.actor);
  out.set_action(entry.reading.action);
  out.set_resource(entry.reading.resource);
  out.set_unit(named.unit);
  out.set_purpose(entry.reading.purpose);
  return out;
}

v1::AuditChain ToProto(const AuditFinding& finding) {
  v1::AuditChain out;
  out.mutable_head()->set_chain(finding.head.partition.value);
  out.mutable_head()->set_sequence(finding.head.seq);
  out.mutable_head()->set_hash(absl::BytesToHexString(finding.head.hash));
  out.set_entries(finding.rows);
  out.set_intact(finding.intact);
  out.set_fault(static_cast<v1::AuditFault>(finding.fault));
  out.set_fault_sequence(finding.broken_at);
  return out;
}

}  // namespace

void AccessRpc::BindAudit() {
  Unary<v1::ListAuditEntriesRequest, v1::ListAuditEntriesResponse>(
      "ListAuditEntries", [this](const Call& c, const auto& r) { return ListAuditEntries(c, r); });
  Unary<v1::VerifyAuditLogRequest, v1::VerifyAuditLogResponse>(
      "VerifyAuditLog", [this](const Call& c, const auto& r) { return VerifyAuditLog(c, r); });
}

absl::StatusOr<v1::ListAuditEntriesResponse> AccessRpc::ListAuditEntries(const Call& call,
                                                                         const v1::ListAuditEntriesRequest& request) {
  common::Violations violations;
  ListAuditQuery query{
      .parent = request.parent(), .page_size = request.page_size(), .page_token = request.page_token()};
  query.filter.actor = request.actor();
  query.filter.resource = request.resource();
  if (request.has_start_time()) {
    query.filter.start = ReadTime(request.start_time(), "start_time", violations).value_or(absl::InfinitePast());
  }
  if (request.has_end_time()) {
    query.filter.end = ReadTime(request.end_time(), "end_time", violations).value_or(absl::InfiniteFuture());
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(common::Page<NamedAuditEntry> page, audit_.List(call, query));
  v1::ListAuditEntriesResponse response;
  for (const NamedAuditEntry& entry : page.items) *response.add_entries() = organization::ToProto(entry);
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<v1::VerifyAuditLogResponse> AccessRpc::VerifyAuditLog(const Call& call,
                                                                     const v1::VerifyAuditLogRequest& request) {
  common::Violations violations;
  std::vector<AuditHead> known;
  for (const v1::AuditHead& head : request.known_heads()) {
    if (!IsHex(head.hash()) || head.sequence() <= 0) {
      violations.Add("known_heads", "BAD_HEAD",
                     {"a head has a sequence from 1 and a hash of 64 hexadecimal digits",
                      "链头应含从1起的序号和64位十六进制哈希值"});
      continue;
    }
    known.push_back({common::PartitionId(head.chain()), head.sequence(), absl::HexStringToBytes(head.hash())});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<AuditFinding> findings, audit_.Verify(call, request.parent(), known));
  v1::VerifyAuditLogResponse response;
  response.set_intact(true);
  for (const AuditFinding& finding : findings) {
    *response.add_chains() = organization::ToProto(finding);
    if (!finding.intact) response.set_intact(false);
  }
  return response;
}

}  // namespace ronghe::organization
