#include "services/common/serve/call_frame.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <grpc/support/time.h>

#include "services/common/serve/codec.h"
#include "services/common/serve/wrapper_impl.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/trace.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// Twenty counties beside each other, with a write in each, and more.
constexpr int kMaxTokens = 64;

LogLevel LevelOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return LogLevel::kDebug;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return LogLevel::kError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return LogLevel::kWarning;
    default:
      return LogLevel::kInfo;
  }
}

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

}  // namespace

absl::Status Fill(Wrapper& wrapper, const google::protobuf::MethodDescriptor* descriptor, bool own, Method& method) {
  method.descriptor = descriptor;
  method.path = "/" + descriptor->service()->full_name() + "/" + descriptor->name();
  method.metrics = &wrapper.impl().call_metrics->Add(method.path.substr(1));
  if (!own) return absl::OkStatus();
  const auto* field = descriptor->input_type()->FindFieldByName("min_revision");
  if (field != nullptr && field->is_repeated() && field->type() == google::protobuf::FieldDescriptor::TYPE_STRING) {
    method.min_revision = field;
  }
  RONGHE_ASSIGN_OR_RETURN(method.access, MethodAccess::Read(descriptor));
  return absl::OkStatus();
}

CallFrame::CallFrame(Wrapper& w, const Method& m, grpc::CallbackServerContext* c, bool stream)
    : wrapper(w), method(m), context(c), started(w.clock().Now()) {
  method.metrics->Begin();
  ReadMetadata();
  ReadDeadline(stream);
  call.cancelled = [this] { return gone.load(std::memory_order_relaxed); };
  context->AddTrailingMetadata("x-request-id", call.request_id);
}

void CallFrame::ReadMetadata() {
  std::string_view parent;
  for (const auto& [key, value] : context->client_metadata()) {
    switch (key.size()) {
      case std::string_view("traceparent").size():
        if (View(key) == "traceparent") parent = View(value);
        break;
      case std::string_view("x-request-id").size():
        if (View(key) == "x-request-id" && ValidRequestId(View(value))) call.request_id.assign(View(value));
        break;
      case std::string_view("authorization").size():
        if (View(key) == "authorization") call.authorization.assign(View(value));
        break;
      case std::string_view("x-ronghe-service").size():
        if (View(key) == "x-ronghe-service") service_authorization.assign(View(value));
        break;
      default:
        break;
    }
  }
  IdSource& ids = wrapper.impl().ids;
  if (call.request_id.empty()) call.request_id = ids.Uuid();
  call.traceparent = ContinueTrace(parent, ids);
}

void CallFrame::ReadDeadline(bool stream) {
  gpr_timespec deadline = context->raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) != 0) {
    gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
    call.deadline = started + absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
  } else if (!stream) {
    call.deadline = started + wrapper.impl().options.default_deadline;
  }
}

absl::Status CallFrame::Identify() {
  RONGHE_ASSIGN_OR_RETURN(identity, wrapper.impl().parts.authorizer.Identify(
                                        {.authorization = call.authorization, .service = service_authorization}));
  call.actor = identity.actor;
  // A process's own token is for the process it was sent to, not to be passed on.
  if (identity.is_service) call.authorization.clear();
  return absl::OkStatus();
}

absl::Status CallFrame::WaitForRevisions(const google::protobuf::Message& request) {
  const google::protobuf::Reflection* reflection = request.GetReflection();
  int count = reflection->FieldSize(request, method.min_revision);
  if (count == 0) return absl::OkStatus();
  if (count > kMaxTokens) {
    return InvalidArgument(
        "min_revision", "TOO_MANY",
        {fmt::format("at most {} revisions", kMaxTokens), fmt::format("最多 {} 个版本标记", kMaxTokens)});
  }
  const Wrapper::Impl& impl = wrapper.impl();
  absl::Time deadline = std::min(call.deadline, started + impl.options.default_deadline);
  for (int i = 0; i < count; ++i) {
    std::string scratch;
    const std::string& token = reflection->GetRepeatedStringReference(request, method.min_revision, i, &scratch);
    RONGHE_ASSIGN_OR_RETURN(RevisionToken revision,
                            ReadRevisionToken(impl.parts.signer, token, fmt::format("min_revision[{}]", i)));
    if (impl.gate) RONGHE_RETURN_IF_ERROR(impl.gate(revision, deadline));
  }
  return absl::OkStatus();
}

absl::Status CallFrame::Admit(const google::protobuf::Message& request) {
  // The wait comes before the permission, which may depend on what is being waited for.
  if (method.min_revision != nullptr) RONGHE_RETURN_IF_ERROR(WaitForRevisions(request));
  const Wrapper::Impl& impl = wrapper.impl();
  absl::Time deadline = std::min(call.deadline, started + impl.options.default_deadline);
  RONGHE_ASSIGN_OR_RETURN(call.scope, impl.parts.authorizer.Authorize(identity, *method.access, request, deadline));
  return absl::OkStatus();
}

absl::Status CallFrame::WhyGone() const {
  return wrapper.clock().Now() >= call.deadline ? DeadlineExceeded() : Cancelled();
}

grpc::Status CallFrame::Close(absl::Status status) {
  Report(status);
  return ToGrpc(status);
}

void CallFrame::Close(const grpc::Status& status) {
  if (status.ok()) {
    Report(absl::OkStatus());
  } else {
    Report(StatusFromDetails(static_cast<absl::StatusCode>(status.error_code()), status.error_message(),
                             status.error_details()));
  }
}

void CallFrame::Report(const absl::Status& status) {
  absl::Duration took = wrapper.clock().Now() - started;
  method.metrics->End(status.code(), took);
  LogLevel level = LevelOf(status.code());
  if (!LogEnabled(level)) return;
  std::string code = absl::StatusCodeToString(status.code());
  double seconds = absl::ToDoubleSeconds(took);
  std::string_view path(method.path);
  if (status.ok()) {
    Log(level, call, "call served", {{"method", path.substr(1)}, {"seconds", seconds}});
    return;
  }
  // Only faults of ours have words for the log; those of others may quote the request.
  bool fault = level == LogLevel::kError;
  Log(level, call, "call failed",
      {{"method", path.substr(1)},
       {"code", code},
       {"reason", ReasonOf(status)},
       {"seconds", seconds},
       {"principal", call.actor.principal_id},
       {"caller_service", call.actor.service},
       {"error", fault ? std::string_view(status.message().data(), status.message().size()) : std::string_view()}});
}

}  // namespace ronghe::common
