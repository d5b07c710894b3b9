#include "gateway/rest/front.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "gateway/rest/exchange.h"
#include "gateway/rest/gzip.h"
#include "gateway/rest/openapi.h"
#include "gateway/rest/replies.h"
#include "gateway/rest/routes.h"
#include "gateway/rest/transcode.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

using common::Text;

constexpr absl::Duration kLongestTimeout = absl::Minutes(10);

absl::Status Invalid(std::string field, std::string reason, Text text) {
  return common::InvalidArgument(std::move(field), std::move(reason), std::move(text));
}

// Of a `Bearer …`; empty where there is none.
std::string_view TokenOf(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  if (!absl::EqualsIgnoreCase(std::string(authorization.substr(0, kScheme.size())), std::string(kScheme))) return {};
  return authorization.substr(kScheme.size());
}

bool IsJson(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::string lower = absl::AsciiStrToLower(absl::StripAsciiWhitespace(std::string(type)));
  const std::string parameters = absl::AsciiStrToLower(std::string(content_type.substr(type.size())));
  const bool charset = parameters.find("charset") == std::string::npos || parameters.find("utf-8") != std::string::npos;
  return lower == "application/json" && charset;
}

// Seconds, with a fraction if wanted. Zero: none was asked for; nullopt: it is none.
std::optional<absl::Duration> TimeoutOf(std::string_view text) {
  if (text.empty()) return absl::ZeroDuration();
  double seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(seconds) || seconds <= 0) {
    return std::nullopt;
  }
  return std::min(absl::Seconds(seconds), kLongestTimeout);
}

absl::Status FaultOf(int code) {
  switch (code) {
    case 413:
      return common::ResourceExhausted("BODY_TOO_LARGE", {"the body is larger than allowed", "请求正文超过允许的大小"},
                                       absl::ZeroDuration());
    case 431:
      return common::ResourceExhausted("HEAD_TOO_LARGE", {"the head is larger than allowed", "请求头超过允许的大小"},
                                       absl::ZeroDuration());
    case 417:
      return Invalid("expect", "EXPECTATION", {"only 100-continue is known", "仅支持 100-continue"});
    case 501:
      return Invalid("transfer-encoding", "ENCODING", {"only chunked is known", "仅支持 chunked"});
    case 505:
      return Invalid("version", "VERSION", {"HTTP/1.1 is spoken here", "仅支持 HTTP/1.1"});
    default:
      return Invalid("request", "NOT_HTTP", {"the request is not well-formed", "请求格式不正确"});
  }
}

}  // namespace

struct Front::Impl final : HttpService {
  Impl(const Parts& p, const Options& o, RouteTable t)
      : parts(p),
        options(o),
        table(std::move(t)),
        rate(o.rate, p.clock),
        replies(o.cors_origins, p.metrics),
        openapi(OpenApi(table, BuiltDescriptors())) {}

  std::optional<HttpReply> Refuse(HttpRequest& head) override;
  std::optional<HttpReply> RefuseRoute(HttpRequest& head, Asked& asked) const;
  std::optional<HttpReply> RefuseBody(const HttpRequest& head, const Route& route) const;
  std::optional<HttpReply> RefuseCaller(const HttpRequest& head);
  void Serve(std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder) override;
  std::optional<HttpReply> Unzip(HttpRequest& request) const;
  HttpReply Docs(const HttpRequest& head) const;
  HttpReply Fault(int code, const HttpRequest& head) override { return replies.Error(head, FaultOf(code), code); }

  const Parts parts;
  const Options options;
  const RouteTable table;
  RateLimiter rate;
  const Replies replies;
  const std::string openapi;
  HttpCalls calls;
  HttpCalls streams;
  std::shared_ptr<grpc::Channel> channel;
  std::optional<grpc::GenericStub> stub;
  std::unique_ptr<HttpServer> server;
};

HttpReply Front::Impl::Docs(const HttpRequest& head) const {
  HttpReply reply = replies.Good(head, "text/html; charset=utf-8", std::string(DocsPage()));
  reply.headers.emplace_back("Content-Security-Policy",
                             "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; "
                             "style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'");
  return reply;
}

std::optional<HttpReply> Front::Impl::RefuseRoute(HttpRequest& head, Asked& asked) const {
  if (head.verb == "OPTIONS" && head.target == "*") {
    return replies.Options(head, {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"});
  }
  if (head.verb == "GET" || head.verb == "HEAD") {
    if (head.target == "/openapi.json") return replies.Good(head, "application/json; charset=utf-8", openapi);
    if (head.target == "/docs") return Docs(head);
  }
  absl::StatusOr<Target> target = ParseTarget(head.target);
  if (!target.ok()) return replies.Error(head, target.status());
  asked.target = *std::move(target);
  asked.match = table.Find(head.verb, asked.target);
  const Route* route = asked.match.route;
  const bool head_of_stream = route != nullptr && head.verb == "HEAD" && route->method->server_streaming();
  if (route != nullptr && !head_of_stream) return std::nullopt;
  std::set<std::string> allowed(asked.match.allowed.begin(), asked.match.allowed.end());
  if (head_of_stream) allowed.insert("GET");
  if (allowed.empty()) {
    const std::string path = head.target.substr(0, std::min(head.target.find('?'), size_t{200}));
    return replies.Error(head, common::NotFound(path));
  }
  if (allowed.contains("GET") && !head_of_stream) allowed.insert("HEAD");
  allowed.insert("OPTIONS");
  const std::vector<std::string> list(allowed.begin(), allowed.end());
  if (head.verb == "OPTIONS") return replies.Options(head, list);
  const Text text{"this address does not know the method", "此地址不支持该方法"};
  HttpReply reply = replies.Error(head, Invalid("method", "METHOD_NOT_ALLOWED", text), 405);
  reply.headers.emplace_back("Allow", fmt::format("{}", fmt::join(list, ", ")));
  return reply;
}

std::optional<HttpReply> Front::Impl::RefuseBody(const HttpRequest& head, const Route& route) const {
  if (!head.has_body) return std::nullopt;
  if (!route.HasBody()) {
    return replies.Error(head, Invalid("body", "BODY_NOT_EXPECTED", {"takes no body", "此方法不接受请求正文"}));
  }
  if (head.Count("content-type") > 0 && !IsJson(head.Header("content-type"))) {
    const Text text{"must be application/json in UTF-8", "应为 UTF-8 编码的 application/json"};
    return replies.Error(head, Invalid("content-type", "CONTENT_TYPE", text), 415);
  }
  const std::string coding = absl::AsciiStrToLower(std::string(head.Header("content-encoding")));
  if (!coding.empty() && coding != "identity" && coding != "gzip") {
    HttpReply reply = replies.Error(
        head, Invalid("content-encoding", "CONTENT_ENCODING", {"must be gzip or none", "应为 gzip 或不压缩"}), 415);
    reply.headers.emplace_back("Accept-Encoding", "gzip");
    return reply;
  }
  return std::nullopt;
}

std::optional<HttpReply> Front::Impl::RefuseCaller(const HttpRequest& head) {
  const absl::StatusOr<common::Claims> claims = parts.verifier.Verify(TokenOf(head.Header("authorization")));
  // Who cannot be known is known by where the call comes from.
  const std::string caller =
      claims.ok() ? fmt::format("{}|{}", claims->issuer, claims->subject) : fmt::format("@{}", head.remote);
  const absl::Duration wait = rate.Take(caller);
  if (wait > absl::ZeroDuration()) {
    const Text text{"too many requests; call again later", "请求过于频繁，请稍后再试"};
    return replies.Error(head, common::ResourceExhausted("RATE_LIMITED", text, wait));
  }
  if (!claims.ok()) return replies.Error(head, claims.status());
  return std::nullopt;
}

std::optional<HttpReply> Front::Impl::Refuse(HttpRequest& head) {
  auto asked = std::make_shared<Asked>();
  if (auto refused = RefuseRoute(head, *asked)) return refused;
  if (auto refused = RefuseCaller(head)) return refused;
  if (auto refused = RefuseBody(head, *asked->match.route)) return refused;
  const std::optional<absl::Duration> timeout = TimeoutOf(head.Header("request-timeout"));
  if (!timeout.has_value()) {
    const Text text{"must be a number of seconds above zero", "应为大于零的秒数"};
    return replies.Error(head, Invalid("request-timeout", "BAD_VALUE", text));
  }
  asked->timeout = *timeout;
  head.found = std::move(asked);
  return std::nullopt;
}

std::optional<HttpReply> Front::Impl::Unzip(HttpRequest& request) const {
  if (request.body.empty() || !absl::EqualsIgnoreCase(std::string(request.Header("content-encoding")), "gzip")) {
    return std::nullopt;
  }
  std::string text;
  switch (Gunzip(request.body, options.http.body_bytes, text)) {
    case Unzipped::kDone:
      request.body = std::move(text);
      return std::nullopt;
    case Unzipped::kTooLarge:
      return replies.Error(request, FaultOf(413), 413);
    case Unzipped::kBroken:
      break;
  }
  return replies.Error(request, Invalid("body", "NOT_GZIP", {"is not in gzip's form", "不是合法的 gzip 数据"}));
}

void Front::Impl::Serve(std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder) {
  if (std::optional<HttpReply> refused = Unzip(*request)) return responder->Answer(*std::move(refused));
  const Asked& asked = *static_cast<const Asked*>(request->found.get());
  absl::StatusOr<grpc::ByteBuffer> message = ToMessage(*asked.match.route, asked.match, asked.target, *request);
  if (!message.ok()) return responder->Answer(replies.Error(*request, message.status()));
  const ExchangeParts exchange{*stub, replies, calls, streams, options.deadline, options.heartbeat};
  if (!asked.match.route->method->server_streaming()) {
    return CallUnary(exchange, std::move(request), std::move(responder), *std::move(message));
  }
  streams.Begin();
  if (streams.count() > options.max_streams) {
    streams.End();
    const Text text{"too many streams are open", "打开的流过多"};
    const absl::Status full = common::ResourceExhausted("STREAMS_FULL", text, absl::Seconds(1));
    return responder->Answer(replies.Error(*request, full));
  }
  CallStream(exchange, std::move(request), std::move(responder), *std::move(message));
}

absl::StatusOr<std::unique_ptr<Front>> Front::Create(
    const Parts& parts, const Options& options,
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  RONGHE_ASSIGN_OR_RETURN(RouteTable table, RouteTable::Create(services));
  return std::unique_ptr<Front>(new Front(std::make_unique<Impl>(parts, options, std::move(table))));
}

Front::Front(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Front::~Front() {
  Stop(absl::ZeroDuration());
}

absl::StatusOr<int> Front::Start(const std::shared_ptr<grpc::Channel>& channel) {
  impl_->channel = channel;
  impl_->stub.emplace(channel);
  RONGHE_ASSIGN_OR_RETURN(impl_->server, HttpServer::Start(impl_->options.http, *impl_, impl_->parts.clock));
  return impl_->server->port();
}

void Front::Drain() {
  if (impl_->server != nullptr) impl_->server->Drain();
}

bool Front::Stop(absl::Duration grace) {
  if (impl_->server == nullptr) return true;
  const bool in_time = impl_->server->Stop(grace);
  impl_->server.reset();
  return in_time;
}

}  // namespace ronghe::gateway
