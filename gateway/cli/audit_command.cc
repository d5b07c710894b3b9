#include <array>
#include <memory>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/table.h"
#include "ronghe/assessment/v1/assessment_service.grpc.pb.h"
#include "ronghe/education/v1/education_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "ronghe/rectification/v1/rectification_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"

namespace ronghe::gateway::cli {
namespace {

using common::v1::AuditDifference;
using common::v1::AuditSummariesRequest;
using common::v1::AuditSummariesResponse;

// A recount reads everything.
constexpr absl::Duration kPatience = absl::Minutes(30);

template <typename Service>
absl::StatusOr<AuditSummariesResponse> Audit(Session& session, const AuditSummariesRequest& request) {
  const auto stub = Service::NewStub(session.channel());
  grpc::ClientContext context;
  session.Prepare(context, kPatience);
  AuditSummariesResponse response;
  const grpc::Status status = stub->AuditSummaries(&context, request, &response);
  if (!status.ok()) return common::FromGrpc(status);
  return response;
}

struct Audited {
  const char* service;
  absl::StatusOr<AuditSummariesResponse> (*audit)(Session&, const AuditSummariesRequest&);
};
constexpr std::array<Audited, 4> kServices = {{
    {"organization", Audit<organization::v1::OrganizationService>},
    {"education", Audit<education::v1::EducationService>},
    {"rectification", Audit<rectification::v1::RectificationService>},
    {"assessment", Audit<assessment::v1::AssessmentService>},
}};

common::Text KindText(common::v1::AuditDifferenceKind kind) {
  switch (kind) {
    case common::v1::AUDIT_DIFFERENCE_KIND_OWN:
      return {"own", "本级"};
    case common::v1::AUDIT_DIFFERENCE_KIND_SUM:
      return {"total", "汇总"};
    case common::v1::AUDIT_DIFFERENCE_KIND_EDGE:
      return {"beside the parent", "上级处的副本"};
    case common::v1::AUDIT_DIFFERENCE_KIND_PLACE:
      return {"under unit no.", "上级编号"};
    default:
      return {"?", "?"};
  }
}

double Seconds(const AuditSummariesResponse& response) {
  const auto at = [](const google::protobuf::Timestamp& time) {
    return static_cast<double>(time.seconds()) + time.nanos() / 1e9;
  };
  return at(response.end_time()) - at(response.start_time());
}

void PrintAll(Context& context, const std::vector<AuditSummariesResponse>& responses) {
  const Console& console = context.console();
  Table table({{console.Say({"service", "服务"})},
               {console.Say({"units", "组织数"}), true},
               {console.Say({"totals", "汇总行"}), true},
               {console.Say({"differences", "差异"}), true},
               {console.Say({"seconds", "秒"}), true},
               {console.Say({"position", "位置"}), true}});
  Table differences({{console.Say({"service", "服务"})},
                     {console.Say({"unit", "组织"})},
                     {console.Say({"month", "月份"})},
                     {console.Say({"metric", "指标"})},
                     {console.Say({"what", "类别"})},
                     {console.Say({"folded", "汇总值"}), true},
                     {console.Say({"recounted", "重算值"}), true}});
  for (const AuditSummariesResponse& response : responses) {
    table.AddRow({response.service(), Thousands(response.units()), Thousands(response.totals()),
                  Thousands(response.difference_count()), fmt::format("{:.2f}", Seconds(response)),
                  Thousands(response.watermark().position())});
    for (const AuditDifference& one : response.differences()) {
      // Of a place they are numbers of units.
      const bool place = one.kind() == common::v1::AUDIT_DIFFERENCE_KIND_PLACE;
      const auto figure = [&](int64_t value) { return place ? std::to_string(value) : Thousands(value); };
      differences.AddRow({response.service(), std::string(CodeOf(one.unit())), one.period(), one.metric(),
                          console.Say(KindText(one.kind())), figure(one.folded()), figure(one.counted())});
    }
  }
  context.out() << table.Render();
  if (differences.rows() > 0) context.out() << '\n' << differences.Render();
}

}  // namespace

absl::Status RunAudit(const AuditOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  AuditSummariesRequest request;
  request.set_max_differences(options.limit);
  std::vector<AuditSummariesResponse> responses;
  int64_t differences = 0;
  for (const Audited& audited : kServices) {
    if (!options.service.empty() && options.service != audited.service) continue;
    RONGHE_ASSIGN_OR_RETURN(AuditSummariesResponse response, audited.audit(*session, request));
    differences += response.difference_count();
    if (context.console().json) context.out() << ToJson(response) << '\n';
    responses.push_back(std::move(response));
  }
  if (!context.console().json) PrintAll(context, responses);
  if (differences == 0) return absl::OkStatus();
  return common::FailedPrecondition(
      "TOTALS_DIFFER", {fmt::format("{} totals are not what the records say; nothing was changed", differences),
                        fmt::format("{} 项汇总与原始记录不符；未作任何更改", differences)});
}

}  // namespace ronghe::gateway::cli
