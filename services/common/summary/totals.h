#pragma once

#include <memory>
#include <string>

#include "services/common/rollup/audit_schedule.h"
#include "services/common/rollup/auditor.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/summary/published_gate.h"
#include "services/common/summary/summary_feed_rpc.h"
#include "services/common/summary/summary_service.h"
#include "services/common/telemetry/metrics.h"

namespace ronghe::common {

// Everything a service needs to count: folding in its publisher, answers to requests, the feed of what changes. Made
// after the schema is up to date and before the publisher starts.
class Totals {
 public:
  // All outlive it.
  struct Parts {
    std::string service;  // `education`
    const MetricSet& metrics;
    sql::Database& database;
    ChangeLog& log;
    Publisher& publisher;
    Feed& feed;
    FeedHub& hub;
    const Directory& directory;
    const TokenSigner& signer;
    Calendar calendar;
    Wrapper& wrapper;
    FactSource& facts;  // for audits
  };
  explicit Totals(const Parts& parts);

  const SummaryService& summaries() const { return summaries_; }
  ServiceBinding& feed_binding() { return feed_rpc_; }
  // Recounts and compares.
  absl::StatusOr<v1::AuditSummariesResponse> Audit(const Call& call, const v1::AuditSummariesRequest& request);
  // Audits from time to time until Stop; a difference is logged as an alert and shown in `metrics`, which outlives
  // this. An interval of zero: never.
  void StartAudits(absl::Duration interval, Metrics& metrics);
  void StopAudits() { schedule_.reset(); }

 private:
  void Write(const AuditDifference& difference, v1::AuditDifference& message) const;

  const MetricSet& metrics_;
  Folder folder_;
  PublishedGate gate_;
  SummaryService summaries_;
  SummaryFeedRpc feed_rpc_;
  Auditor auditor_;
  Auditor scheduled_auditor_;
  std::unique_ptr<AuditSchedule> schedule_;
  ChangeLog& log_;
  const std::string service_;
  const Directory& directory_;
};

}  // namespace ronghe::common
