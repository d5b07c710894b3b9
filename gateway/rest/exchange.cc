#include "gateway/rest/exchange.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <grpc/support/time.h>

#include "gateway/rest/errors.h"
#include "gateway/rest/transcode.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

// Until then a stream that fails still gets a code of its own.
constexpr absl::Duration kFirstMessage = absl::Milliseconds(500);
constexpr char kDelivered[] = "x-request-id";

const Asked& AskedOf(const HttpRequest& request) {
  return *static_cast<const Asked*>(request.found.get());
}

std::string MethodPath(const Route& route) {
  return fmt::format("/{}/{}", route.method->service()->full_name(), route.method->name());
}

// Only what a caller may say reaches the server; what processes of the suite say to each other does not.
void Prepare(grpc::ClientContext& context, const HttpRequest& request, absl::Duration deadline) {
  for (const char* name : {"authorization", "traceparent", kDelivered}) {
    const std::string_view value = request.Header(name);
    const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (!value.empty() && std::all_of(value.begin(), value.end(), printable)) {
      context.AddMetadata(name, std::string(value));
    }
  }
  const absl::Duration asked = AskedOf(request).timeout;
  const absl::Duration left = asked > absl::ZeroDuration() ? asked : deadline;
  if (left > absl::ZeroDuration()) {
    const gpr_timespec span = gpr_time_from_micros(absl::ToInt64Microseconds(left), GPR_TIMESPAN);
    context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span));
  }
}

void AddRequestId(const grpc::ClientContext& context, HttpReply& reply) {
  const auto& trailers = context.GetServerTrailingMetadata();
  if (const auto it = trailers.find(kDelivered); it != trailers.end()) {
    reply.headers.emplace_back("X-Request-Id", std::string(it->second.data(), it->second.size()));
  }
}

// The library's own words are not passed on.
grpc::Status Named(const grpc::Status& status) {
  if (status.ok() || !status.error_details().empty()) return status;
  absl::Status named;
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      named = common::DeadlineExceeded();
      break;
    case grpc::StatusCode::CANCELLED:
      named = common::Cancelled();
      break;
    case grpc::StatusCode::UNAVAILABLE:
      named = common::Unavailable("DRAINING", {"this process is stopping; call again", "本进程正在停止，请重试"});
      break;
    default:
      named = absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }
  return grpc::Status(status.error_code(), common::PublicMessage(named), common::SerializedDetails(named));
}

struct UnaryExchange {
  UnaryExchange(const ExchangeParts& p, std::shared_ptr<HttpRequest> q, std::shared_ptr<Responder> r,
                grpc::ByteBuffer m)
      : parts(p), request(std::move(q)), responder(std::move(r)) {
    message.Swap(&m);
  }

  const ExchangeParts parts;
  const std::shared_ptr<HttpRequest> request;
  const std::shared_ptr<Responder> responder;
  grpc::ByteBuffer message;
  grpc::ByteBuffer response;
  grpc::ClientContext context;

  void Answer(const grpc::Status& status) {
    const Replies& replies = parts.replies;
    HttpReply reply;
    if (status.ok()) {
      absl::StatusOr<JsonAnswer> json = ToJson(*AskedOf(*request).match.route, response);
      reply = json.ok() ? replies.Answer(*request, *std::move(json)) : replies.Error(*request, json.status());
    } else {
      reply = replies.Error(*request, Named(status));
    }
    AddRequestId(context, reply);
    responder->Answer(std::move(reply));
  }
};

// A stream of the server's messages on its way to a reader. What comes from gRPC is handed over to the connection's
// strand, on which everything below the line happens. A message is asked for when the last one was taken.
class StreamExchange final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                             public std::enable_shared_from_this<StreamExchange> {
 public:
  StreamExchange(const ExchangeParts& parts, std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder,
                 grpc::ByteBuffer message)
      : parts_(parts), request_(std::move(request)), responder_(std::move(responder)) {
    message_.Swap(&message);
    events_ = request_->Header("accept").find("text/event-stream") != std::string_view::npos;
  }

  void Start() {
    keep_ = shared_from_this();
    parts_.calls.Begin();
    Prepare(context_, *request_, absl::ZeroDuration());
    parts_.stub.PrepareBidiStreamingCall(&context_, MethodPath(*AskedOf(*request_).match.route), {}, this);
    AddHold();
    StartWriteLast(&message_, grpc::WriteOptions());
    StartRead(&read_);
    StartCall();
    responder_->OnGone([self = shared_from_this()] { self->Lost(); });
    responder_->After(kFirstMessage, [self = shared_from_this()] {
      self->begin_ = true;
      self->Pump();
      self->SetHeartbeat();
    });
  }

 private:
  void OnReadDone(bool ok) override {
    responder_->Run([self = shared_from_this(), ok] { self->OnMessage(ok); });
  }
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<StreamExchange> last = std::move(keep_);
    responder_->Run([last, status] { last->OnStatus(status); });
    parts_.calls.End();
  }

  // ---- on the strand
  void OnMessage(bool ok) {
    reading_ = false;
    if (!ok || lost_) return Release();
    absl::StatusOr<JsonAnswer> json = ToJson(*AskedOf(*request_).match.route, read_);
    if (!json.ok()) {
      context_.TryCancel();
      fault_ = json.status();
      return Release();
    }
    read_.Clear();
    text_ = events_ ? Event(*json) : json->body + "\n";
    read_next_ = true;
    Pump();
  }

  static std::string Event(const JsonAnswer& json) {
    if (json.resume_token.empty()) return fmt::format("data: {}\n\n", json.body);
    return fmt::format("id: {}\ndata: {}\n\n", json.resume_token, json.body);
  }

  void OnStatus(const grpc::Status& status) {
    finished_ = true;
    status_ = fault_.ok() ? Named(status)
                          : grpc::Status(grpc::StatusCode::INTERNAL, common::PublicMessage(fault_),
                                         common::SerializedDetails(fault_));
    Pump();
  }

  void Pump() {
    if (writing_ || lost_ || ended_) return;
    if (!begun_ && finished_ && !status_.ok() && text_.empty()) {
      ended_ = true;
      HttpReply reply = parts_.replies.Error(*request_, status_);
      AddRequestId(context_, reply);
      return responder_->Answer(std::move(reply));
    }
    if (!begun_ && (begin_ || finished_ || !text_.empty())) {
      begun_ = writing_ = true;
      return responder_->Begin(parts_.replies.StreamHead(*request_, events_),
                               [self = shared_from_this()](bool ok) { self->OnWritten(ok); });
    }
    if (!text_.empty()) return Write(std::exchange(text_, {}));
    if (read_next_) {
      read_next_ = false;
      reading_ = true;
      return StartRead(&read_);
    }
    if (finished_) Finish();
  }

  void Finish() {
    if (!said_end_) {
      said_end_ = true;
      std::string last;
      if (!status_.ok()) {
        const std::string error = ToHttp(status_, request_->Header("accept-language")).body;
        last = events_ ? fmt::format("event: error\ndata: {}\n\n", error) : fmt::format("{{\"error\":{}}}\n", error);
      } else if (events_) {
        last = "event: end\ndata: {}\n\n";
      }
      if (!last.empty()) return Write(std::move(last));
    }
    ended_ = true;
    responder_->End();
  }

  void Write(std::string text) {
    writing_ = true;
    responder_->Write(std::move(text), [self = shared_from_this()](bool ok) { self->OnWritten(ok); });
  }

  void OnWritten(bool ok) {
    writing_ = false;
    if (!ok) return Lost();
    Pump();
  }

  void SetHeartbeat() {
    responder_->After(parts_.heartbeat, [self = shared_from_this()] {
      if (self->events_ && self->begun_ && !self->writing_ && !self->lost_ && !self->ended_) self->Write(":\n\n");
      self->SetHeartbeat();
    });
  }

  void Lost() {
    if (lost_) return;
    lost_ = true;
    context_.TryCancel();
    if (!reading_) Release();
  }

  void Release() {
    if (!std::exchange(released_, true)) RemoveHold();
  }

  const ExchangeParts parts_;
  const std::shared_ptr<HttpRequest> request_;
  const std::shared_ptr<Responder> responder_;
  grpc::ClientContext context_;
  grpc::ByteBuffer message_;
  grpc::ByteBuffer read_;
  std::shared_ptr<StreamExchange> keep_;  // until gRPC is done
  grpc::Status status_;
  absl::Status fault_;
  std::string text_;
  bool events_ = false;
  bool begin_ = false;  // do not wait for a message any longer
  bool begun_ = false;
  bool writing_ = false;
  bool reading_ = true;
  bool read_next_ = false;
  bool finished_ = false;
  bool said_end_ = false;
  bool ended_ = false;
  bool lost_ = false;
  bool released_ = false;
  // Given back when nobody holds the exchange any more.
  struct Place {
    explicit Place(HttpCalls& s) : streams(s) {}
    ~Place() { streams.End(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    HttpCalls& streams;
  } place_{parts_.streams};
};

}  // namespace

void CallUnary(const ExchangeParts& parts, std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder,
               grpc::ByteBuffer message) {
  auto exchange = std::make_shared<UnaryExchange>(parts, std::move(request), std::move(responder), std::move(message));
  UnaryExchange& e = *exchange;
  Prepare(e.context, *e.request, parts.deadline);
  e.responder->OnGone([exchange] { exchange->context.TryCancel(); });
  parts.calls.Begin();
  parts.stub.UnaryCall(&e.context, MethodPath(*AskedOf(*e.request).match.route), {}, &e.message, &e.response,
                       [exchange](grpc::Status status) {
                         HttpCalls& calls = exchange->parts.calls;
                         exchange->responder->Run([exchange, status] { exchange->Answer(status); });
                         calls.End();
                       });
}

void CallStream(const ExchangeParts& parts, std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder,
                grpc::ByteBuffer message) {
  std::make_shared<StreamExchange>(parts, std::move(request), std::move(responder), std::move(message))->Start();
}

}  // namespace ronghe::gateway
