#include <vector>

#include <absl/time/time.h>
#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/resources.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"

namespace ronghe::gateway::cli {

namespace v1 = organization::v1;

// It reads everything.
constexpr absl::Duration kPatience = absl::Minutes(30);

absl::Status RunIntegrity(const IntegrityOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  const auto stub = v1::OrganizationService::NewStub(session->channel());
  grpc::ClientContext call;
  session->Prepare(call, kPatience);
  v1::CheckIntegrityRequest request;
  request.set_max_findings(options.limit);
  v1::CheckIntegrityResponse response;
  const grpc::Status status = stub->CheckIntegrity(&call, request, &response);
  if (!status.ok()) return common::FromGrpc(status);
  int64_t found = 0;
  for (const v1::IntegrityCount& count : response.counts()) found += count.found();
  if (context.console().json) {
    PrintResource(context, response);
  } else {
    PrintList(context, std::vector<v1::IntegrityCount>(response.counts().begin(), response.counts().end()),
              {"check", "examined", "found"});
    if (found > 0) {
      context.out() << '\n';
      PrintList(context, std::vector<v1::IntegrityFinding>(response.findings().begin(), response.findings().end()),
                {"check", "resource", "related"});
    }
  }
  if (found == 0) return absl::OkStatus();
  return common::FailedPrecondition("REGISTER_UNSOUND", {fmt::format("{} findings; nothing was changed", found),
                                                         fmt::format("发现 {} 处问题；未作任何更改", found)});
}

}  // namespace ronghe::gateway::cli
