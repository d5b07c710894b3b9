#include "services/common/audit/rpc/audit_codec.h"

#include <string>
#include <utility>
#include <vector>

#include <absl/strings/escaping.h>

#include "services/common/values/status.h"
#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"

namespace ronghe::common {
namespace {

namespace wire = organization::v1;

constexpr size_t kHashSize = 32;

bool IsHex(const std::string& text) {
  return text.size() == 2 * kHashSize && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

wire::AuditEntry EncodeAudit(const NamedAuditEntry& named) {
  const AuditEntry& entry = named.entry;
  wire::AuditEntry out;
  out.set_chain(entry.partition.value);
  out.set_sequence(entry.seq);
  WriteTimestamp(entry.time, *out.mutable_time());
  out.set_actor(entry.reading.actor);
  out.set_action(entry.reading.action);
  out.set_resource(entry.reading.resource);
  out.set_unit(named.unit);
  out.set_purpose(entry.reading.purpose);
  return out;
}

wire::AuditChain EncodeAudit(const AuditFinding& finding) {
  wire::AuditChain out;
  out.mutable_head()->set_chain(finding.head.partition.value);
  out.mutable_head()->set_sequence(finding.head.seq);
  out.mutable_head()->set_hash(absl::BytesToHexString(finding.head.hash));
  out.set_entries(finding.rows);
  out.set_intact(finding.intact);
  out.set_fault(static_cast<wire::AuditFault>(finding.fault));
  out.set_fault_sequence(finding.broken_at);
  return out;
}

}  // namespace

absl::StatusOr<wire::ListAuditEntriesResponse> AnswerAuditEntries(AuditApp& app, const Call& call,
                                                                  const wire::ListAuditEntriesRequest& request) {
  Violations violations;
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
  RONGHE_ASSIGN_OR_RETURN(Page<NamedAuditEntry> page, app.List(call, query));
  wire::ListAuditEntriesResponse response;
  for (const NamedAuditEntry& entry : page.items) *response.add_entries() = EncodeAudit(entry);
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<wire::VerifyAuditLogResponse> AnswerAuditVerification(AuditApp& app, const Call& call,
                                                                     const wire::VerifyAuditLogRequest& request) {
  Violations violations;
  std::vector<AuditHead> known;
  for (const wire::AuditHead& head : request.known_heads()) {
    if (!IsHex(head.hash()) || head.sequence() <= 0) {
      violations.Add("known_heads", "BAD_HEAD",
                     {"a head has a sequence from 1 and a hash of 64 hexadecimal digits",
                      "链头应含从1起的序号和64位十六进制哈希值"});
      continue;
    }
    known.push_back({PartitionId(head.chain()), head.sequence(), absl::HexStringToBytes(head.hash())});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<AuditFinding> findings, app.Verify(call, request.parent(), known));
  wire::VerifyAuditLogResponse response;
  response.set_intact(true);
  for (const AuditFinding& finding : findings) {
    *response.add_chains() = EncodeAudit(finding);
    if (!finding.intact) response.set_intact(false);
  }
  return response;
}

}  // namespace ronghe::common
