#include "gateway/rest/routes.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include "google/api/annotations.pb.h"

#include "gateway/proxy/routes.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

absl::Status BadRule(const MethodDescriptor* method, std::string_view what) {
  const std::string all = fmt::format("{}: its google.api.http cannot be served: {}", method->full_name(), what);
  return common::FailedPrecondition("BAD_HTTP_RULE", {all, all});
}

std::vector<const FieldDescriptor*> FieldPath(const Descriptor* message, std::string_view path) {
  std::vector<const FieldDescriptor*> fields;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const FieldDescriptor* field =
        message == nullptr ? nullptr : message->FindFieldByName(std::string(path.substr(0, dot)));
    if (field == nullptr || field->is_repeated()) return {};
    fields.push_back(field);
    message = field->message_type();
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return fields;
}

// Takes a template apart, variable by variable.
class TemplateReader {
 public:
  TemplateReader(const MethodDescriptor* method, Route& route) : method_(method), route_(route) {}

  absl::Status Read(std::string_view text) {
    if (text.empty() || text.front() != '/') return BadRule(method_, "a path begins with a slash");
    const size_t brace = text.rfind('}');
    const size_t colon = text.rfind(':');
    const size_t slash = text.rfind('/');
    const bool verb = colon != std::string_view::npos && (brace == std::string_view::npos || colon > brace) &&
                      colon > (brace == std::string_view::npos ? slash : brace);
    if (verb) {
      route_.custom = std::string(text.substr(colon + 1));
      if (route_.custom.empty()) return BadRule(method_, "the verb is empty");
      text = text.substr(0, colon);
    }
    text.remove_prefix(1);
    while (true) {
      RONGHE_RETURN_IF_ERROR(ReadOne(text));
      if (text.empty()) return absl::OkStatus();
      if (text.front() != '/') return BadRule(method_, "a variable is a whole segment");
      text.remove_prefix(1);
    }
  }

 private:
  absl::Status ReadOne(std::string_view& text) {
    if (!text.starts_with('{')) {
      const size_t end = std::min(text.find('/'), text.size());
      RONGHE_RETURN_IF_ERROR(Add(text.substr(0, end)));
      text.remove_prefix(end);
      return absl::OkStatus();
    }
    const size_t close = text.find('}');
    if (close == std::string_view::npos) return BadRule(method_, "a variable does not end");
    const std::string_view variable = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    const size_t equals = variable.find('=');
    Route::Variable read;
    read.field = FieldPath(method_->input_type(), variable.substr(0, equals));
    if (read.field.empty() || read.field.back()->type() == FieldDescriptor::TYPE_MESSAGE) {
      return BadRule(method_, fmt::format("{} is no field of the request", variable.substr(0, equals)));
    }
    read.begin = static_cast<int>(route_.segments.size());
    std::string_view pattern = equals == std::string_view::npos ? "*" : variable.substr(equals + 1);
    while (!pattern.empty()) {
      const size_t end = std::min(pattern.find('/'), pattern.size());
      RONGHE_RETURN_IF_ERROR(Add(pattern.substr(0, end)));
      pattern.remove_prefix(std::min(end + 1, pattern.size()));
    }
    read.end = route_.segments.back() == "**" ? -1 : static_cast<int>(route_.segments.size());
    route_.variables.push_back(std::move(read));
    return absl::OkStatus();
  }

  absl::Status Add(std::string_view segment) {
    if (segment.empty()) return BadRule(method_, "a segment is empty");
    if (!route_.segments.empty() && route_.segments.back() == "**") return BadRule(method_, "** must be the last");
    route_.segments.emplace_back(segment);
    return absl::OkStatus();
  }

  const MethodDescriptor* method_;
  Route& route_;
};

const FieldDescriptor* TextField(const Descriptor* message, const char* name) {
  const FieldDescriptor* field = message == nullptr ? nullptr : message->FindFieldByName(name);
  const bool fits = field != nullptr && !field->is_repeated() && field->type() == FieldDescriptor::TYPE_STRING;
  return fits ? field : nullptr;
}

// Fields that HTTP has headers for.
void FindHeaderFields(Route& route) {
  const Descriptor* request = route.method->input_type();
  const Descriptor* response = route.method->output_type();
  if (const auto* etag = TextField(request, "etag")) {
    route.etag = {etag};
  } else if (route.body != nullptr) {
    if (const auto* inner = TextField(route.body->message_type(), "etag")) route.etag = {route.body, inner};
  }
  route.request_id = TextField(request, "request_id");
  route.resume = TextField(request, "resume_token");
  route.resume_from = TextField(response, "resume_token");
  route.answer_etag = TextField(route.answer == nullptr ? response : route.answer->message_type(), "etag");
  const FieldDescriptor* mask = request->FindFieldByName("update_mask");
  if (route.verb == "PATCH" && mask != nullptr && mask->message_type() != nullptr &&
      mask->message_type()->full_name() == "google.protobuf.FieldMask") {
    route.update_mask = mask;
  }
}

absl::StatusOr<Route> OneRoute(const MethodDescriptor* method, const google::api::HttpRule& rule) {
  Route route;
  route.method = method;
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet:
      route.verb = "GET", route.path = rule.get();
      break;
    case google::api::HttpRule::kPut:
      route.verb = "PUT", route.path = rule.put();
      break;
    case google::api::HttpRule::kPost:
      route.verb = "POST", route.path = rule.post();
      break;
    case google::api::HttpRule::kDelete:
      route.verb = "DELETE", route.path = rule.delete_();
      break;
    case google::api::HttpRule::kPatch:
      route.verb = "PATCH", route.path = rule.patch();
      break;
    default:
      return BadRule(method, "it has no pattern of a known kind");
  }
  RONGHE_RETURN_IF_ERROR(TemplateReader(method, route).Read(route.path));
  if (rule.body() == "*") {
    route.whole_body = true;
  } else if (!rule.body().empty()) {
    route.body = method->input_type()->FindFieldByName(rule.body());
    if (route.body == nullptr) return BadRule(method, "body is no field of the request");
  }
  if (!rule.response_body().empty()) {
    route.answer = method->output_type()->FindFieldByName(rule.response_body());
    if (route.answer == nullptr || route.answer->message_type() == nullptr || route.answer->is_repeated()) {
      return BadRule(method, "response_body is no message of the response");
    }
  }
  FindHeaderFields(route);
  return route;
}

// Comes before others: literals, then `*`, then `**`; with a verb before without.
bool MoreLiteral(const Route& a, const Route& b) {
  const auto rank = [](const std::string& segment) { return segment == "**" ? 2 : segment == "*" ? 1 : 0; };
  if (a.custom.empty() != b.custom.empty()) return !a.custom.empty();
  for (size_t i = 0; i < std::min(a.segments.size(), b.segments.size()); ++i) {
    if (rank(a.segments[i]) != rank(b.segments[i])) return rank(a.segments[i]) < rank(b.segments[i]);
  }
  return a.segments.size() > b.segments.size();
}

bool Fits(const Route& route, const Target& target) {
  const std::vector<std::string>& asked = target.segments;
  const std::vector<std::string>& own = route.segments;
  const bool open = own.back() == "**";
  if (open ? asked.size() + 1 < own.size() : asked.size() != own.size()) return false;
  if (route.custom != target.verb) return false;
  for (size_t i = 0; i < asked.size(); ++i) {
    const bool is_last = i + 1 == asked.size();
    const std::string& segment = is_last && route.custom.empty() ? target.last : asked[i];
    if (segment.empty()) return false;
    if (i + 1 >= own.size() && open) continue;
    if (own[i] != "*" && own[i] != segment) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::vector<Route>> RoutesOf(const MethodDescriptor* method) {
  std::vector<Route> routes;
  if (!method->options().HasExtension(google::api::http)) return routes;
  const google::api::HttpRule& rule = method->options().GetExtension(google::api::http);
  RONGHE_ASSIGN_OR_RETURN(Route first, OneRoute(method, rule));
  routes.push_back(std::move(first));
  for (const google::api::HttpRule& other : rule.additional_bindings()) {
    RONGHE_ASSIGN_OR_RETURN(Route more, OneRoute(method, other));
    routes.push_back(std::move(more));
  }
  return routes;
}

absl::StatusOr<RouteTable> RouteTable::Create(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  RouteTable table;
  std::set<std::string> seen;
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      if (service->method(i)->client_streaming() || IsForSuiteOnly(service->method(i))) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<Route> routes, RoutesOf(service->method(i)));
      for (Route& route : routes) {
        if (!seen.insert(fmt::format("{} {}:{}", route.verb, fmt::join(route.segments, "/"), route.custom)).second) {
          return BadRule(route.method, "another method has the same address");
        }
        table.routes_.push_back(std::move(route));
      }
    }
  }
  std::stable_sort(table.routes_.begin(), table.routes_.end(), MoreLiteral);
  return table;
}

RouteTable::Match RouteTable::Find(std::string_view verb, const Target& target) const {
  Match match;
  const std::string_view wanted = verb == "HEAD" ? "GET" : verb;
  for (const Route& route : routes_) {
    if (!Fits(route, target)) continue;
    if (route.verb != wanted) {
      match.allowed.push_back(route.verb);
      continue;
    }
    match.route = &route;
    match.segments.assign(target.segments.begin(), target.segments.end());
    if (route.custom.empty()) match.segments.back() = target.last;
    return match;
  }
  return match;
}

std::string ValueOf(const Route::Variable& variable, const std::vector<std::string_view>& segments) {
  const auto end = variable.end < 0 ? segments.end() : segments.begin() + variable.end;
  return fmt::format("{}", fmt::join(segments.begin() + variable.begin, end, "/"));
}

}  // namespace ronghe::gateway
