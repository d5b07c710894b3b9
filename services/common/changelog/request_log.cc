#include <utility>

#include <fmt/format.h>

#include "services/common/changelog/changelog.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr absl::Duration kRemembered = absl::Hours(48);

constexpr sql::Query kClaim{
    "request_log_claim",
    "INSERT INTO request_log (partition_id, caller, request_id, digest, resource, source_partition, revision, "
    "expire_us) "
    "VALUES (?, ?, ?, ?, '', ?, 0, ?) ON CONFLICT (partition_id, caller, request_id) DO NOTHING"};
constexpr sql::Query kReadRequest{"request_log_read",
                                  "SELECT digest, resource, source_partition, revision FROM request_log "
                                  "WHERE partition_id = ? AND caller = ? AND request_id = ?"};
constexpr sql::Query kRemember{
    "request_log_remember",
    "UPDATE request_log SET resource = ?, revision = ? WHERE partition_id = ? AND caller = ? AND request_id = ?"};

// By caller and id together: a retry finds it also after the resource has moved to another partition.
int64_t PartitionOfRequest(const RequestKey& key) {
  return RegistryPartitionOf(fmt::format("{}\n{}", key.caller, key.request_id)).value;
}

}  // namespace

absl::StatusOr<std::optional<PriorWrite>> WriteTxn::Claim(const RequestKey& key) {
  if (key.request_id.empty()) return std::nullopt;
  const int64_t registry = PartitionOfRequest(key);
  // Another transaction that claims the same key is waited for here.
  RONGHE_ASSIGN_OR_RETURN(const int64_t inserted,
                          session_->Execute(kClaim, {registry, key.caller, key.request_id, key.digest, partition_.value,
                                                     absl::ToUnixMicros(now_ + kRemembered)}));
  if (inserted == 1) {
    claimed_ = key;
    return std::nullopt;
  }
  PriorWrite prior;
  std::string digest;
  RONGHE_ASSIGN_OR_RETURN(const bool found, session_->SelectOne(kReadRequest, {registry, key.caller, key.request_id},
                                                                [&](const sql::Row& row) {
                                                                  digest = row.Text(0);
                                                                  prior.resource = row.Text(1);
                                                                  prior.partition = row.Int(2);
                                                                  prior.revision = row.Int(3);
                                                                  return absl::OkStatus();
                                                                }));
  // It expired and was dropped in between: run again, it is new now.
  if (!found) return Aborted("CONFLICT", {"Concurrent change, call again.", "并发修改,请重试。"});
  if (digest != key.digest) {
    return AlreadyExists("REQUEST_ID_REUSED", prior.resource,
                         {"The request id was used before for another request.", "该请求标识已用于另一请求。"});
  }
  replayed_ = true;
  return std::optional<PriorWrite>(std::move(prior));
}

absl::Status WriteTxn::RememberRequest(int64_t revision) {
  if (!claimed_.has_value()) return absl::OkStatus();
  if (remembered_.empty()) return Internal("a claimed write did not say what to remember");
  // This transaction has inserted the row.
  return session_->Queue(
      kRemember, {remembered_, revision, PartitionOfRequest(*claimed_), claimed_->caller, claimed_->request_id});
}

}  // namespace ronghe::common
