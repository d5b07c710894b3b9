#include "gateway/rest/openapi.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <nlohmann/json.hpp>

#include "gateway/rest/fill.h"

namespace ronghe::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

constexpr int kQueryDepth = 3;
constexpr char kSchemas[] = "#/components/schemas/";
constexpr char kError[] = "google.rpc.Status";

// The comments of the protos.
class Comments {
 public:
  explicit Comments(std::string_view descriptors) {
    google::protobuf::FileDescriptorSet set;
    if (!set.ParseFromArray(descriptors.data(), static_cast<int>(descriptors.size()))) return;
    for (const auto& file : set.file()) pool_.BuildFile(file);
  }
  std::string Of(const google::protobuf::ServiceDescriptor* d) const {
    return Text(pool_.FindServiceByName(d->full_name()));
  }
  std::string Of(const google::protobuf::MethodDescriptor* d) const {
    return Text(pool_.FindMethodByName(d->full_name()));
  }
  std::string Of(const Descriptor* d) const { return Text(pool_.FindMessageTypeByName(d->full_name())); }
  std::string Of(const EnumDescriptor* d) const { return Text(pool_.FindEnumTypeByName(d->full_name())); }
  std::string Of(const FieldDescriptor* d) const { return Text(pool_.FindFieldByName(d->full_name())); }

 private:
  template <typename Any>
  static std::string Text(const Any* found) {
    google::protobuf::SourceLocation location;
    if (found == nullptr || !found->GetSourceLocation(&location)) return {};
    std::string text;
    bool line_start = true;
    for (const char c : location.leading_comments) {
      if (!(line_start && c == ' ')) text.push_back(c);
      line_start = c == '\n';
    }
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  google::protobuf::DescriptorPool pool_;
};

std::string FirstSentence(const std::string& text) {
  std::string line = text.substr(0, text.find("\n\n"));
  std::replace(line.begin(), line.end(), '\n', ' ');
  const size_t stop = line.find(". ");
  line = line.substr(0, stop);
  while (!line.empty() && line.back() == '.') line.pop_back();
  return line;
}

class Writer {
 public:
  Writer(const RouteTable& table, std::string_view descriptors) : table_(table), comments_(descriptors) {}

  std::string Write() {
    json paths = json::object();
    std::set<const google::protobuf::ServiceDescriptor*> services;
    std::set<std::string> ids;
    for (const Route& route : table_.routes()) {
      services.insert(route.method->service());
      std::string verb = route.verb;
      std::transform(verb.begin(), verb.end(), verb.begin(), [](unsigned char c) { return std::tolower(c); });
      json parameters = json::array();
      const std::string path = Path(route, parameters);
      paths[path][verb] = Operation(route, std::move(parameters), ids);
    }
    json tags = json::array();
    for (const auto* service : services) {
      tags.push_back({{"name", service->name()}, {"description", Described(comments_.Of(service), service->name())}});
    }
    std::sort(tags.begin(), tags.end(), [](const json& a, const json& b) { return a["name"] < b["name"]; });
    Schema(table_.routes().empty() ? nullptr : ErrorType());
    json api = {{"openapi", "3.1.0"},
                {"info",
                 {{"title", "Ronghe"},
                  {"version", "1"},
                  {"description", "Every method of the suite that does not take a stream, as HTTP and JSON."},
                  {"license", {{"name", "proprietary"}, {"identifier", "LicenseRef-Proprietary"}}}}},
                {"servers", json::array({{{"url", "/"}, {"description", "The gateway that served this."}}})},
                {"security", json::array({{{"bearer", json::array()}}})},
                {"tags", std::move(tags)},
                {"paths", std::move(paths)},
                {"components",
                 {{"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}},
                  {"responses",
                   {{"Error",
                     {{"description", "google.rpc.Status: a code, a message in the language asked for, and details."},
                      {"content", {{"application/json", {{"schema", {{"$ref", kSchemas + std::string(kError)}}}}}}}}}}},
                  {"schemas", std::move(schemas_)}}}};
    return api.dump();
  }

 private:
  static const Descriptor* ErrorType() {
    return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(kError);
  }
  static std::string Described(const std::string& text, const std::string& otherwise) {
    return text.empty() ? otherwise : text;
  }

  // `/v1/{name=units/*}:move` is `/v1/units/{units_id}:move`.
  std::string Path(const Route& route, json& parameters) {
    std::string path;
    for (size_t i = 0; i < route.segments.size(); ++i) {
      const std::string& segment = route.segments[i];
      if (segment != "*" && segment != "**") {
        path += "/" + segment;
        continue;
      }
      std::string name = fmt::format("segment_{}", i);
      std::string description;
      for (const Route::Variable& variable : route.variables) {
        const int end = variable.end < 0 ? static_cast<int>(route.segments.size()) : variable.end;
        if (static_cast<int>(i) < variable.begin || static_cast<int>(i) >= end) continue;
        const bool named = static_cast<int>(i) > variable.begin;
        name = named ? route.segments[i - 1] + "_id" : variable.field.back()->name();
        description = comments_.Of(variable.field.back());
      }
      path += "/{" + name + "}";
      parameters.push_back({{"name", name},
                            {"in", "path"},
                            {"required", true},
                            {"description", description},
                            {"schema", {{"type", "string"}}}});
    }
    return route.custom.empty() ? path : path + ":" + route.custom;
  }

  json Operation(const Route& route, json parameters, std::set<std::string>& ids) {
    const std::string comment = comments_.Of(route.method);
    std::string id = route.method->service()->name() + "_" + route.method->name();
    while (!ids.insert(id).second) id += "_";
    if (!route.whole_body) AddQuery(route, route.method->input_type(), "", 0, parameters);
    AddHeaders(route, parameters);
    json operation = {{"operationId", id},
                      {"tags", json::array({route.method->service()->name()})},
                      {"summary", Described(FirstSentence(comment), route.method->name())},
                      {"description", comment}};
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (route.HasBody()) {
      operation["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", Body(route)}}}}}};
    }
    const json answer = {
        {"schema", Schema(route.answer == nullptr ? route.method->output_type() : route.answer->message_type())}};
    json content = {{"application/json", answer}};
    if (route.method->server_streaming()) {
      content = {{"application/x-ndjson", answer}, {"text/event-stream", answer}};
    }
    const json error = {{"$ref", "#/components/responses/Error"}};
    operation["responses"] = {
        {"200",
         {{"description", route.method->server_streaming() ? "One message a line, or an event." : "Done."},
          {"content", std::move(content)}}},
        {"400", error},
        {"401", error},
        {"default", error}};
    return operation;
  }

  static bool InPath(const Route& route, const std::string& name) {
    return std::any_of(route.variables.begin(), route.variables.end(), [&](const Route::Variable& variable) {
      std::string own;
      for (const FieldDescriptor* field : variable.field) own += (own.empty() ? "" : ".") + field->name();
      return own == name;
    });
  }

  // A message that stands in a query as one text.
  static bool IsText(const Descriptor* type) {
    return type->full_name() == "google.type.Date" || type->full_name().rfind("google.protobuf.", 0) == 0;
  }

  void AddQuery(const Route& route, const Descriptor* type, const std::string& prefix, int depth, json& parameters) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const std::string name = prefix + field->name();
      if (InPath(route, name) || field == route.body || field->is_map()) continue;
      if (field->message_type() != nullptr && !IsText(field->message_type())) {
        if (!field->is_repeated() && depth < kQueryDepth) {
          AddQuery(route, field->message_type(), name + ".", depth + 1, parameters);
        }
        continue;
      }
      json schema = field->message_type() != nullptr && field->message_type()->full_name() == "google.type.Date"
                        ? json{{"type", "string"}, {"format", "date"}}
                        : One(field);
      if (field->is_repeated()) schema = {{"type", "array"}, {"items", std::move(schema)}};
      parameters.push_back(
          {{"name", name}, {"in", "query"}, {"description", comments_.Of(field)}, {"schema", std::move(schema)}});
    }
  }

  static void AddHeaders(const Route& route, json& parameters) {
    const auto add = [&](const char* name, const char* description) {
      parameters.push_back(
          {{"name", name}, {"in", "header"}, {"description", description}, {"schema", {{"type", "string"}}}});
    };
    if (!route.etag.empty() && route.verb != "GET")
      add("If-Match", "The resource's etag, in quotes: 412 if it changed.");
    if (route.request_id != nullptr) add("Idempotency-Key", "A UUID: the write happens once.");
    if (route.resume != nullptr) add("Last-Event-ID", "The id of the last event that was handled.");
  }

  json Body(const Route& route) {
    if (!route.whole_body) return Field(route.body, false);
    json schema = {{"type", "object"}};
    json properties = json::object();
    const Descriptor* type = route.method->input_type();
    for (int i = 0; i < type->field_count(); ++i) {
      if (!InPath(route, type->field(i)->name())) properties[type->field(i)->json_name()] = Field(type->field(i), true);
    }
    if (!properties.empty()) schema["properties"] = std::move(properties);
    return schema;
  }

  json Field(const FieldDescriptor* field, bool described) {
    json schema;
    if (field->is_map()) {
      schema = {{"type", "object"}, {"additionalProperties", One(field->message_type()->map_value())}};
    } else if (field->is_repeated()) {
      schema = {{"type", "array"}, {"items", One(field)}};
    } else {
      schema = One(field);
    }
    if (const std::string comment = comments_.Of(field); described && !comment.empty()) schema["description"] = comment;
    return schema;
  }

  json One(const FieldDescriptor* field) {
    switch (field->type()) {
      case FieldDescriptor::TYPE_MESSAGE:
        return Schema(field->message_type());
      case FieldDescriptor::TYPE_ENUM:
        return Schema(field->enum_type());
      case FieldDescriptor::TYPE_BOOL:
        return {{"type", "boolean"}};
      case FieldDescriptor::TYPE_DOUBLE:
      case FieldDescriptor::TYPE_FLOAT:
        return {{"type", "number"}};
      case FieldDescriptor::TYPE_STRING:
        return {{"type", "string"}};
      case FieldDescriptor::TYPE_BYTES:
        return {{"type", "string"}, {"contentEncoding", "base64"}};
      default:
        break;
    }
    const bool is_long =
        field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 || field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
    return is_long ? json{{"type", "string"}, {"format", "int64"}} : json{{"type", "integer"}, {"format", "int32"}};
  }

  json Schema(const EnumDescriptor* type) {
    if (!schemas_.contains(type->full_name())) {
      json values = json::array();
      for (int i = 0; i < type->value_count(); ++i) values.push_back(type->value(i)->name());
      schemas_[type->full_name()] = {
          {"type", "string"}, {"description", comments_.Of(type)}, {"enum", std::move(values)}};
    }
    return {{"$ref", kSchemas + type->full_name()}};
  }

  json Schema(const Descriptor* type) {
    if (type == nullptr) return json::object();
    const std::string& name = type->full_name();
    if (name == "google.protobuf.Timestamp") return {{"type", "string"}, {"format", "date-time"}};
    if (name == "google.protobuf.Any") {
      return {{"type", "object"}, {"properties", {{"@type", {{"type", "string"}}}}}, {"additionalProperties", true}};
    }
    if (name.rfind("google.protobuf.", 0) == 0) return {{"type", "string"}};
    if (!schemas_.contains(name)) {
      schemas_[name] = json::object();  // before its fields, which may lead back to it
      json properties = json::object();
      for (int i = 0; i < type->field_count(); ++i) {
        properties[type->field(i)->json_name()] = Field(type->field(i), true);
      }
      schemas_[name] = {{"type", "object"}, {"description", comments_.Of(type)}, {"properties", std::move(properties)}};
    }
    return {{"$ref", kSchemas + name}};
  }

  const RouteTable& table_;
  const Comments comments_;
  json schemas_ = json::object();
};

}  // namespace

std::string OpenApi(const RouteTable& table, std::string_view descriptors) {
  return Writer(table, descriptors).Write();
}

}  // namespace ronghe::gateway
