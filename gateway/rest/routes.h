#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>

#include "gateway/rest/uri.h"

namespace ronghe::gateway {

// One google.api.http rule of a method, resolved against the types of its request and response. Immutable.
struct Route {
  // A variable of the path: the segments [begin, end) are its value, joined by slashes; end -1: to the path's end.
  struct Variable {
    std::vector<const google::protobuf::FieldDescriptor*> field;
    int begin = 0;
    int end = 0;
  };
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string verb;                   // HTTP's: `GET`
  std::string path;                   // as it is written in the annotation
  std::vector<std::string> segments;  // literals, `*`, and `**` at the end
  std::string custom;                 // after the colon
  std::vector<Variable> variables;
  bool whole_body = false;                                         // body: "*"
  const google::protobuf::FieldDescriptor* body = nullptr;         // body: "field"
  const google::protobuf::FieldDescriptor* answer = nullptr;       // response_body: "field"
  std::vector<const google::protobuf::FieldDescriptor*> etag;      // where If-Match goes; empty: nowhere
  const google::protobuf::FieldDescriptor* request_id = nullptr;   // where Idempotency-Key goes
  const google::protobuf::FieldDescriptor* update_mask = nullptr;  // made from the body where the caller gives none
  const google::protobuf::FieldDescriptor* resume = nullptr;       // where Last-Event-ID goes
  const google::protobuf::FieldDescriptor* resume_from = nullptr;  // of the response: the token
  const google::protobuf::FieldDescriptor* answer_etag = nullptr;  // of the response
  bool HasBody() const { return whole_body || body != nullptr; }
};

// Reads the path template of a rule: `/v1/{name=units/*}:move`, `/v1/echo`, `/v1/{code}/a/{rest=**}`.
// FAILED_PRECONDITION naming method and fault: the process must not start.
absl::StatusOr<std::vector<Route>> RoutesOf(const google::protobuf::MethodDescriptor* method);

// All routes. Thread-safe once built.
class RouteTable {
 public:
  // All annotated methods of the services that do not take a stream. FAILED_PRECONDITION for an annotation that cannot
  // be served, or two that mean the same address.
  static absl::StatusOr<RouteTable> Create(const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  struct Match {
    const Route* route = nullptr;            // null: no such address, or not with this verb
    std::vector<std::string_view> segments;  // of the target, for the route's variables
    std::vector<std::string> allowed;        // HTTP verbs with which the address exists
  };
  // HEAD is found as GET. Literals go before `*`. A colon in a resource's id is written %3A: after others stands a
  // verb.
  Match Find(std::string_view verb, const Target& target) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;  // the more literal first
};

// The value of a variable.
std::string ValueOf(const Route::Variable& variable, const std::vector<std::string_view>& segments);

}  // namespace ronghe::gateway
