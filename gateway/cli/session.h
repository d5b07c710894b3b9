#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include "gateway/cli/console.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"

namespace ronghe::gateway::cli {

// A connection to the suite with the caller's token. One thread at a time, but for contexts of other threads' streams.
class Session {
 public:
  // `token` without "Bearer "; empty: none is sent. `timeout` is that of a unary call.
  Session(std::shared_ptr<grpc::Channel> channel, std::string token, absl::Duration timeout, const common::Clock& clock,
          common::Random& random)
      : channel_(std::move(channel)), token_(std::move(token)), timeout_(timeout), clock_(clock), random_(random) {}

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const common::Clock& clock() const { return clock_; }
  std::string NewRequestId() { return random_.Uuid(); }
  // Sets token, request id and deadline.
  void Prepare(grpc::ClientContext& context, absl::Duration timeout);

  // `session.Call(*stub, &Service::Stub::GetUnit, request)`
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    Prepare(context, timeout_);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return common::FromGrpc(status);
    return response;
  }

  // All pages of a list; `take` gets each response and returns its next page token.
  template <typename Stub, typename Request, typename Response>
  absl::Status CallPages(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                         Request request, const std::function<void(Response&)>& take) {
    do {
      absl::StatusOr<Response> response = Call(stub, method, request);
      if (!response.ok()) return response.status();
      request.set_page_token(response->next_page_token());
      take(*response);
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::string token_;
  absl::Duration timeout_;
  const common::Clock& clock_;
  common::Random& random_;
};

// Where to connect to.
struct ConnectOptions {
  std::string address;     // `host:port`
  std::string ca_file;     // PEM; empty: no TLS
  std::string token_file;  // `-`: standard input
  bool token_required = true;
  absl::Duration timeout;
};
// INVALID_ARGUMENT on `token` or `ca` for files that cannot be read. Does not wait for the connection.
absl::StatusOr<std::unique_ptr<Session>> Connect(const ConnectOptions& options, std::istream& standard_input,
                                                 const common::Clock& clock, common::Random& random);

}  // namespace ronghe::gateway::cli
