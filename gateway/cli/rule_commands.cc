#include <google/protobuf/text_format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

namespace ronghe::gateway::cli {

namespace v1 = organization::v1;

absl::Status RunRules(const RulesOptions& options, Context& context) {
  v1::GetRulePackRequest request;
  common::Violations violations;
  SetDateText(request, "as_of", options.as_of, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::OrganizationService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(v1::RulePack pack,
                          (session->Call<v1::OrganizationService::Stub, v1::GetRulePackRequest, v1::RulePack>(
                              *stub, &v1::OrganizationService::Stub::GetRulePack, request)));
  if (context.console().json) {
    PrintResource(context, pack);
    return absl::OkStatus();
  }
  // As --rule-pack takes it.
  pack.clear_name();
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  if (!printer.PrintToString(pack, &text)) return common::Internal("a rule pack cannot be printed");
  context.out() << text;
  return absl::OkStatus();
}

absl::Status RunDivision(const DivisionOptions& options, Context& context) {
  using Stub = v1::OrganizationService::Stub;
  v1::ResolveDivisionCodeRequest request;
  request.set_code(options.code);
  common::Violations violations;
  SetDateText(request, "coded_date", options.coded, violations);
  SetDateText(request, "as_of", options.as_of, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::OrganizationService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(v1::ResolveDivisionCodeResponse response,
                          (session->Call<Stub, v1::ResolveDivisionCodeRequest, v1::ResolveDivisionCodeResponse>(
                              *stub, &Stub::ResolveDivisionCode, request)));
  PrintResource(context, response);
  if (context.console().json || response.changes().empty()) return absl::OkStatus();
  const std::vector<v1::DivisionChange> changes(response.changes().begin(), response.changes().end());
  context.out() << '\n';
  PrintList(context, changes, {"effective_date", "old_code", "title", "new_codes", "source"});
  return absl::OkStatus();
}

absl::Status RunAlerts(const AlertOptions& options, Context& context) {
  using Stub = v1::OrganizationService::Stub;
  v1::ListAlertsRequest request;
  request.set_unit(UnitName(options.unit));
  request.set_filter(options.filter);
  request.set_page_size(options.limit > 0 ? std::min(options.limit, 1000) : 1000);
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::OrganizationService::NewStub(session->channel());
  std::vector<v1::Alert> alerts;
  do {
    RONGHE_ASSIGN_OR_RETURN(
        v1::ListAlertsResponse response,
        (session->Call<Stub, v1::ListAlertsRequest, v1::ListAlertsResponse>(*stub, &Stub::ListAlerts, request)));
    for (v1::Alert& alert : *response.mutable_alerts()) {
      if (options.limit == 0 || static_cast<int>(alerts.size()) < options.limit) alerts.push_back(std::move(alert));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && (options.limit == 0 || static_cast<int>(alerts.size()) < options.limit));
  PrintList(context, alerts, {"severity", "unit", "rule", "since_date", "value", "limit", "source"});
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
