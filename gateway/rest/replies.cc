#include "gateway/rest/replies.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <prometheus/counter.h>

#include "gateway/rest/errors.h"
#include "gateway/rest/gzip.h"

namespace ronghe::gateway {
namespace {

constexpr size_t kWorthCompressing = 1024;
constexpr char kJson[] = "application/json; charset=utf-8";
constexpr char kExposed[] = "ETag, Retry-After, X-Request-Id, Content-Language";
constexpr char kAccepted[] =
    "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, Idempotency-Key, Accept-Language, "
    "Last-Event-ID, Request-Timeout, Traceparent, X-Request-Id";

bool Names(std::string_view if_none_match, const std::string& etag) {
  if (if_none_match == "*") return true;
  return if_none_match.find(QuotedEtag(etag)) != std::string_view::npos;
}

}  // namespace

Replies::Replies(std::vector<std::string> cors_origins, common::Metrics& metrics)
    : cors_origins_(std::move(cors_origins)) {
  for (size_t i = 2; i < by_class_.size(); ++i) {
    by_class_[i] = &metrics.AddCounter("ronghe_http_requests_total", "Answers over HTTP, by the class of their code.",
                                       {{"code", fmt::format("{}xx", i)}});
  }
}

bool Replies::Allows(std::string_view origin) const {
  return !origin.empty() && std::any_of(cors_origins_.begin(), cors_origins_.end(), [&](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

HttpReply Replies::Finish(const HttpRequest& request, HttpReply reply) const {
  std::string vary = "Accept-Encoding, Accept-Language";
  if (!cors_origins_.empty()) vary += ", Origin";
  reply.headers.emplace_back("Vary", std::move(vary));
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (const std::string_view origin = request.Header("origin"); Allows(origin)) {
    reply.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
    reply.headers.emplace_back("Access-Control-Expose-Headers", kExposed);
  }
  const size_t kind = static_cast<size_t>(reply.code) / 100;
  if (kind >= 2 && kind < by_class_.size()) by_class_[kind]->Increment();
  return reply;
}

HttpReply Replies::Good(const HttpRequest& request, std::string_view content_type, std::string body) const {
  HttpReply reply;
  reply.headers.emplace_back("Content-Type", std::string(content_type));
  if (body.size() >= kWorthCompressing && TakesGzip(request.Header("accept-encoding"))) {
    if (std::string zipped = Gzip(body); !zipped.empty() && zipped.size() < body.size()) {
      body = std::move(zipped);
      reply.headers.emplace_back("Content-Encoding", "gzip");
    }
  }
  reply.body = std::move(body);
  return Finish(request, std::move(reply));
}

HttpReply Replies::Answer(const HttpRequest& request, JsonAnswer answer) const {
  const bool reads = request.verb == "GET" || request.verb == "HEAD";
  if (reads && !answer.etag.empty() && Names(request.Header("if-none-match"), answer.etag)) {
    HttpReply unchanged;
    unchanged.code = 304;
    unchanged.headers.emplace_back("ETag", QuotedEtag(answer.etag));
    return Finish(request, std::move(unchanged));
  }
  HttpReply reply = Good(request, kJson, std::move(answer.body));
  if (!answer.etag.empty()) reply.headers.emplace_back("ETag", QuotedEtag(answer.etag));
  return reply;
}

HttpReply Replies::StreamHead(const HttpRequest& request, bool events) const {
  HttpReply reply;
  reply.headers.emplace_back("Content-Type", events ? "text/event-stream" : "application/x-ndjson");
  reply.headers.emplace_back("X-Accel-Buffering", "no");
  return Finish(request, std::move(reply));
}

HttpReply Replies::FromError(const HttpRequest& request, HttpError error) const {
  HttpReply reply;
  reply.code = error.code;
  reply.body = std::move(error.body);
  reply.headers.emplace_back("Content-Type", kJson);
  reply.headers.emplace_back("Content-Language", error.language);
  if (error.code == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (error.code == 429 || error.code == 503) {
    // Whole seconds, and never none: a caller that comes again at once is why it is told to wait.
    const int64_t seconds = std::max<int64_t>(1, absl::ToInt64Seconds(error.retry_after + absl::Milliseconds(999)));
    reply.headers.emplace_back("Retry-After", fmt::format("{}", seconds));
  }
  return Finish(request, std::move(reply));
}

HttpReply Replies::Error(const HttpRequest& request, const grpc::Status& status) const {
  return FromError(request, ToHttp(status, request.Header("accept-language"), request.Count("if-match") > 0));
}

HttpReply Replies::Error(const HttpRequest& request, const absl::Status& status) const {
  return FromError(request, ToHttp(status, request.Header("accept-language")));
}

HttpReply Replies::Error(const HttpRequest& request, const absl::Status& status, int code) const {
  return FromError(request, ToHttp(status, request.Header("accept-language"), code));
}

HttpReply Replies::Options(const HttpRequest& request, const std::vector<std::string>& allowed) const {
  HttpReply reply;
  reply.code = 204;
  const std::string all = fmt::format("{}", fmt::join(allowed, ", "));
  reply.headers.emplace_back("Allow", all);
  if (Allows(request.Header("origin")) && request.Count("access-control-request-method") > 0) {
    reply.headers.emplace_back("Access-Control-Allow-Methods", all);
    reply.headers.emplace_back("Access-Control-Allow-Headers", kAccepted);
    reply.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  return Finish(request, std::move(reply));
}

}  // namespace ronghe::gateway
