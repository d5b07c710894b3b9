#include "tests/faults/fold_import.h"

#include <chrono>
#include <optional>
#include <utility>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "tests/faults/patient_client.h"
#include "tests/support/eventually.h"

namespace ronghe::tests {
namespace {

namespace cv1 = common::v1;
namespace ov1 = organization::v1;

constexpr std::chrono::seconds kImportAttempt{30};
constexpr absl::Duration kImportPatience = absl::Minutes(3);

std::unique_ptr<grpc::ClientContext> Context(const std::string& token) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + kImportAttempt);
  context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

// The import as the stream last told of it, if it came to an end.
template <typename Request, typename Stream, typename Rows>
std::optional<cv1::Import> SendOnce(Stream& stream, const std::string& parent, const std::string& request_id,
                                    const Rows& rows, grpc::Status& status) {
  Request start;
  start.mutable_start()->set_parent(parent);
  start.mutable_start()->set_request_id(request_id);
  Request some;
  *some.mutable_rows() = rows;
  Request commit;
  commit.mutable_commit()->set_rows(rows.rows_size());
  // What a server does not read any more, it says why.
  if (stream.Write(start) && stream.Write(some) && stream.Write(commit)) stream.WritesDone();
  cv1::ImportProgress progress;
  std::optional<cv1::Import> last;
  while (stream.Read(&progress)) {
    last = progress.import();
    for (const cv1::ImportRowError& error : progress.row_errors()) last->set_failure(error.reason());
  }
  status = stream.Finish();
  return status.ok() ? last : std::nullopt;
}

// `once` sends it and tells how it went.
std::string Repeat(int64_t rows, const std::atomic<bool>& stop,
                   const std::function<std::optional<cv1::Import>(grpc::Status&)>& once) {
  const absl::Time limit = absl::Now() + kImportPatience;
  std::string last = "nothing was tried";
  while (!stop && absl::Now() < limit) {
    grpc::Status status;
    const std::optional<cv1::Import> import = once(status);
    if (import.has_value()) {
      const bool applied = import->state() == cv1::IMPORT_STATE_APPLIED;
      if (applied && import->applied_rows() == rows) return "";
      last = fmt::format("an import ended as {}", import->ShortDebugString());
      if (applied || import->state() == cv1::IMPORT_STATE_FAILED) return last;
    } else {
      last = fmt::format("an import was answered {} {}", status.error_code(), status.error_message());
      if (!Passes(status.error_code())) return last;
    }
    for (int i = 0; i < 10; ++i) Pause();
  }
  return stop ? "" : last;
}

}  // namespace

struct ImportUpload::Stubs {
  std::unique_ptr<ov1::MemberService::Stub> members;
  std::unique_ptr<ov1::OrganizationService::Stub> units;
};

ImportUpload::ImportUpload(const std::string& address, std::string token)
    : token_(std::move(token)), stubs_(std::make_unique<Stubs>()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  const auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  stubs_->members = ov1::MemberService::NewStub(channel);
  stubs_->units = ov1::OrganizationService::NewStub(channel);
}
ImportUpload::~ImportUpload() = default;

std::string ImportUpload::Members(const std::string& parent, const std::string& request_id, const ov1::MemberRows& rows,
                                  const std::atomic<bool>& stop) {
  return Repeat(rows.rows_size(), stop, [&](grpc::Status& status) {
    const auto context = Context(token_);
    const auto stream = stubs_->members->ImportMembers(context.get());
    return SendOnce<ov1::ImportMembersRequest>(*stream, parent, request_id, rows, status);
  });
}

std::string ImportUpload::Units(const std::string& parent, const std::string& request_id, const ov1::UnitRows& rows,
                                const std::atomic<bool>& stop) {
  return Repeat(rows.rows_size(), stop, [&](grpc::Status& status) {
    const auto context = Context(token_);
    const auto stream = stubs_->units->ImportUnits(context.get());
    return SendOnce<ov1::ImportUnitsRequest>(*stream, parent, request_id, rows, status);
  });
}

}  // namespace ronghe::tests
