#include <algorithm>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/width.h"
#include "ronghe/assessment/v1/assessment_service.grpc.pb.h"
#include "ronghe/education/v1/education_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "ronghe/rectification/v1/rectification_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

using common::v1::Change;
using common::v1::WatchRequest;
using common::v1::WatchResponse;
using Reader = std::unique_ptr<grpc::ClientReader<WatchResponse>>;

constexpr absl::Duration kFirstPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

Reader OpenWatch(const std::string& service, const std::shared_ptr<grpc::Channel>& channel,
                 grpc::ClientContext& context, const WatchRequest& request) {
  if (service == "education") return education::v1::EducationService::NewStub(channel)->Watch(&context, request);
  if (service == "rectification") {
    return rectification::v1::RectificationService::NewStub(channel)->Watch(&context, request);
  }
  if (service == "assessment") return assessment::v1::AssessmentService::NewStub(channel)->Watch(&context, request);
  return organization::v1::OrganizationService::NewStub(channel)->Watch(&context, request);
}

void Print(const Change& change, Context& context) {
  if (context.console().json) {
    context.out() << ToJson(change) << '\n';
    return;
  }
  const auto* kind = google::protobuf::GetEnumDescriptor<common::v1::ChangeKind>()->FindValueByNumber(change.kind());
  const absl::Time time = absl::FromUnixSeconds(change.time().seconds());
  context.out() << fmt::format(
      "{:>10} {} {:<17} {}{}\n", change.position(), absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()),
      kind == nullptr ? std::to_string(change.kind()) : ShortNameOf(kind), Printable(change.resource()),
      change.unit().empty() || change.unit() == change.resource() ? ""
                                                                  : fmt::format(" ({})", Printable(change.unit())));
}

// Interruptions that call for another try from the same place.
bool MayResume(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status RunWatch(const WatchOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  WatchRequest request;
  request.set_resume_token(options.resume_token);
  for (const std::string& unit : options.units) request.add_units(UnitName(unit));
  for (const std::string& kind : options.kinds) request.add_kinds(kind);
  int64_t seen = 0;
  absl::Duration pause = kFirstPause;
  while (true) {
    grpc::ClientContext call;
    session->Prepare(call, context.timeout_given ? context.connect.timeout : absl::InfiniteDuration());
    Reader reader = OpenWatch(options.service, session->channel(), call, request);
    WatchResponse response;
    while (reader->Read(&response)) {
      for (const Change& change : response.changes()) {
        Print(change, context);
        if (++seen == options.count) break;
      }
      context.out().flush();
      // Only what has been printed is behind us.
      if (!response.resume_token().empty()) request.set_resume_token(response.resume_token());
      pause = kFirstPause;
      if (options.count > 0 && seen >= options.count) {
        call.TryCancel();
        (void)reader->Finish();
        return absl::OkStatus();
      }
    }
    const grpc::Status status = reader->Finish();
    if (const absl::Status failure = common::FromGrpc(status); !MayResume(failure)) return failure;
    context.err() << context.console().Say({"connection lost, resuming", "连接中断，正在恢复"}) << '\n' << std::flush;
    context.environment.pause(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace ronghe::gateway::cli
