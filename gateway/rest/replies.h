#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

#include "gateway/rest/http.h"
#include "gateway/rest/transcode.h"
#include "services/common/telemetry/metrics.h"

namespace ronghe::gateway {

// Every answer of the front, with the headers that all of them have: language, compression, CORS, no storing. Counts
// them. Thread-safe.
class Replies {
 public:
  Replies(std::vector<std::string> cors_origins, common::Metrics& metrics);

  // JSON or a page; compressed if the caller takes it and it is worth it.
  HttpReply Good(const HttpRequest& request, std::string_view content_type, std::string body) const;
  // A method's answer: ETag, 304 where the caller has it already.
  HttpReply Answer(const HttpRequest& request, JsonAnswer answer) const;
  // The head of a stream.
  HttpReply StreamHead(const HttpRequest& request, bool events) const;
  HttpReply Error(const HttpRequest& request, const grpc::Status& status) const;
  HttpReply Error(const HttpRequest& request, const absl::Status& status) const;
  // With a code that only HTTP knows.
  HttpReply Error(const HttpRequest& request, const absl::Status& status, int code) const;
  // To OPTIONS.
  HttpReply Options(const HttpRequest& request, const std::vector<std::string>& allowed) const;

 private:
  HttpReply Finish(const HttpRequest& request, HttpReply reply) const;
  HttpReply FromError(const HttpRequest& request, struct HttpError error) const;
  bool Allows(std::string_view origin) const;

  const std::vector<std::string> cors_origins_;
  std::array<prometheus::Counter*, 6> by_class_{};  // 2xx at 2
};

}  // namespace ronghe::gateway
