#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include "gateway/rest/http.h"
#include "gateway/rest/routes.h"

// Between HTTP and the messages of a route.
namespace ronghe::gateway {

// The request message, made of path, query, body and headers. INVALID_ARGUMENT with all that is wrong: a query
// parameter that is no field (UNKNOWN_FIELD) or already given by path or body (ALREADY_SET), JSON that does not fit, a
// condition that the method does not know (IF_MATCH_UNSUPPORTED).
absl::StatusOr<grpc::ByteBuffer> ToMessage(const Route& route, const RouteTable::Match& match, const Target& target,
                                           const HttpRequest& request);

// A response as JSON, with what HTTP says beside it.
struct JsonAnswer {
  std::string body;
  std::string etag;          // without quotes; empty if it has none
  std::string resume_token;  // empty if it has none
};
// INTERNAL for bytes that are no such message.
absl::StatusOr<JsonAnswer> ToJson(const Route& route, const grpc::ByteBuffer& bytes);

// As an entity tag is written, and back. `*` and none are empty; INVALID_ARGUMENT for lists, weak tags, missing quotes.
std::string QuotedEtag(const std::string& etag);
absl::StatusOr<std::string> EtagOf(std::string_view if_match);

}  // namespace ronghe::gateway
