#pragma once

#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/support/status.h>

namespace ronghe::gateway {

// An error as HTTP says it.
struct HttpError {
  int code = 500;
  std::string body;                                   // google.rpc.Status as JSON, with all its details
  std::string language;                               // of the message: `en` or `zh-CN`
  absl::Duration retry_after = absl::ZeroDuration();  // zero: no use in calling again
};

// The code that HTTP has for a status: 400, 401, 403, 404, 409, 412 where the caller made a condition, 429, 499, 500,
// 501, 503, 504.
int HttpCode(int grpc_code, bool conditional);

// `accept_language` chooses the language of the message; the details have both. `conditional`: the request had
// If-Match, so ABORTED means 412.
HttpError ToHttp(const grpc::Status& status, std::string_view accept_language, bool conditional = false);
HttpError ToHttp(const absl::Status& status, std::string_view accept_language);
// As above with another code, for what only HTTP knows (405, 413, 415, 431).
HttpError ToHttp(const absl::Status& status, std::string_view accept_language, int code);

// Whether an Accept-Language prefers Chinese to English.
bool PrefersChinese(std::string_view accept_language);

}  // namespace ronghe::gateway
