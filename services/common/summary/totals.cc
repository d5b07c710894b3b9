#include "services/common/summary/totals.h"

#include <utility>

#include <fmt/format.h>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include "services/common/telemetry/log.h"
#include "services/common/values/status.h"
#include "services/common/values/timestamp.h"

namespace ronghe::common {
namespace {

constexpr int kListed = 100;
constexpr int kMaxListed = 1000;

}  // namespace

Totals::Totals(const Parts& parts)
    : metrics_(parts.metrics),
      folder_(metrics_, parts.calendar.zone()),
      gate_(parts.service, parts.database, parts.log, parts.publisher, parts.hub, parts.signer),
      summaries_({parts.database, metrics_, parts.directory, parts.log, gate_, parts.calendar}),
      feed_rpc_(parts.wrapper, {parts.database, parts.log, parts.feed, parts.hub}),
      auditor_(parts.database, metrics_, parts.facts, parts.calendar.clock()),
      scheduled_auditor_(parts.database, metrics_, parts.facts, parts.calendar.clock()),
      log_(parts.log),
      service_(parts.service),
      directory_(parts.directory) {
  parts.publisher.SetStep(folder_);
}

absl::StatusOr<v1::AuditSummariesResponse> Totals::Audit(const Call& call, const v1::AuditSummariesRequest& request) {
  if (request.max_differences() < 0 || request.max_differences() > kMaxListed) {
    return InvalidArgument(
        "max_differences", "OUT_OF_RANGE",
        {fmt::format("must lie between 1 and {}", kMaxListed), fmt::format("应在 1 到 {} 之间", kMaxListed)});
  }
  const int listed = request.max_differences() == 0 ? kListed : request.max_differences();
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, log_.Incarnation());
  RONGHE_ASSIGN_OR_RETURN(const AuditReport report, auditor_.Run(listed, call.deadline));
  v1::AuditSummariesResponse response;
  response.set_service(service_);
  response.set_units(report.units);
  response.set_totals(report.totals);
  response.set_difference_count(report.difference_count);
  for (const AuditDifference& difference : report.differences) Write(difference, *response.add_differences());
  WriteMark(report.mark, std::move(incarnation), *response.mutable_watermark());
  WriteTimestamp(report.start, *response.mutable_start_time());
  WriteTimestamp(report.end, *response.mutable_end_time());
  return response;
}

void Totals::StartAudits(absl::Duration interval, Metrics& metrics) {
  if (interval <= absl::ZeroDuration()) return;
  prometheus::Gauge& differences =
      metrics.AddGauge("ronghe_audit_differences", "totals that the last audit found wrong");
  prometheus::Gauge& seconds = metrics.AddGauge("ronghe_audit_seconds", "how long the last audit took");
  prometheus::Counter& failures = metrics.AddCounter("ronghe_audit_failures_total", "audits that could not be made");
  schedule_ = std::make_unique<AuditSchedule>(
      scheduled_auditor_, AuditSchedule::Options{.interval = interval},
      [&differences, &seconds, &failures](const absl::StatusOr<AuditReport>& report) {
        if (!report.ok()) {
          failures.Increment();
          Log(LogLevel::kWarning, "totals could not be audited", {{"cause", LogOf(report.status())}});
          return;
        }
        differences.Set(static_cast<double>(report->difference_count));
        seconds.Set(absl::ToDoubleSeconds(report->end - report->start));
        if (report->difference_count == 0) return;
        Log(LogLevel::kError, "ALERT: totals differ from the records",
            {{"differences", report->difference_count}, {"position", report->mark.position}});
      });
  schedule_->Start();
}

void Totals::Write(const AuditDifference& difference, v1::AuditDifference& message) const {
  const std::string code = directory_.CodeOf(difference.unit);
  message.set_unit(code.empty() ? fmt::format("units/-{}", difference.unit.value) : "units/" + code);
  if (difference.month != 0) message.set_period(MonthText(difference.month));
  message.set_kind(static_cast<v1::AuditDifferenceKind>(static_cast<int>(difference.kind) + 1));
  if (difference.kind != AuditDifference::Kind::kPlace) message.set_metric(metrics_.at(difference.metric).name);
  message.set_folded(difference.folded);
  message.set_counted(difference.counted);
}

}  // namespace ronghe::common
