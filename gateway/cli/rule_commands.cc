#include <google/protobuf/text_format.h>

#include "gateway/cli/commands.h"
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

}  // namespace ronghe::gateway::cli
