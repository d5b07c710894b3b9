#pragma once

#include <string>

#include "services/common/rollup/folder.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/summary/published_gate.h"
#include "services/common/summary/summary_feed_rpc.h"
#include "services/common/summary/summary_service.h"

namespace ronghe::common {

// Everything a service needs to count: folding in its publisher, answers to requests, the feed of what changes. Made
// after the schema is up to date and before the publisher starts.
class Totals {
 public:
  // All outlive it.
  struct Parts {
    std::string service;  // `education`
    const google::protobuf::Descriptor* metrics;
    sql::Database& database;
    ChangeLog& log;
    Publisher& publisher;
    Feed& feed;
    FeedHub& hub;
    const Directory& directory;
    const TokenSigner& signer;
    Calendar calendar;
    Wrapper& wrapper;
  };
  explicit Totals(const Parts& parts);

  const MetricSet& metrics() const { return metrics_; }
  PublishedGate& gate() { return gate_; }
  const SummaryService& summaries() const { return summaries_; }
  ServiceBinding& feed_binding() { return feed_rpc_; }
  // Recounts and compares.
  absl::StatusOr<v1::AuditSummariesResponse> Audit(const Call& call, const v1::AuditSummariesRequest& request);

 private:
  MetricSet metrics_;
  Folder folder_;
  PublishedGate gate_;
  SummaryService summaries_;
  SummaryFeedRpc feed_rpc_;
};

}  // namespace ronghe::common
