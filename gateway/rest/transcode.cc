#include "gateway/rest/transcode.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <nlohmann/json.hpp>

#include "gateway/rest/fill.h"
#include "gateway/rest/json_text.h"
#include "services/common/values/status.h"
#include "services/common/values/utf8.h"

namespace ronghe::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::json;

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string NameOf(const std::vector<const FieldDescriptor*>& path) {
  std::string name;
  for (const FieldDescriptor* field : path) name += (name.empty() ? "" : ".") + field->name();
  return name;
}

// The message in which the last field of the path stands.
Message& Inside(Message& message, const std::vector<const FieldDescriptor*>& path) {
  Message* inner = &message;
  for (size_t i = 0; i + 1 < path.size(); ++i) inner = inner->GetReflection()->MutableMessage(inner, path[i]);
  return *inner;
}

class RequestMaker {
 public:
  RequestMaker(const Route& route, const RouteTable::Match& match, const Target& target, const HttpRequest& request)
      : route_(route),
        match_(match),
        target_(target),
        request_(request),
        message_(NewMessage(route.method->input_type())) {}

  absl::StatusOr<grpc::ByteBuffer> Make() {
    RONGHE_RETURN_IF_ERROR(TakeBody());
    TakePath();
    TakeQuery();
    TakeHeaders();
    RONGHE_RETURN_IF_ERROR(violations_.ToStatus());
    grpc::ByteBuffer bytes;
    bool own = false;
    const grpc::Status packed = grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(*message_, &bytes, &own);
    if (!packed.ok()) return common::Internal("a request cannot be packed");
    return bytes;
  }

 private:
  absl::Status TakeBody() {
    if (!route_.HasBody() || request_.body.empty()) return absl::OkStatus();
    RONGHE_ASSIGN_OR_RETURN(const json body, ReadJson(request_.body));
    if (route_.whole_body) {
      FillFromJson(body, "", *message_, violations_);
      return absl::OkStatus();
    }
    if (route_.body->is_repeated() || route_.body->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      FillFromJson(json{{route_.body->name(), body}}, "", *message_, violations_);
      return absl::OkStatus();
    }
    Message* inner = message_->GetReflection()->MutableMessage(message_.get(), route_.body);
    FillFromJson(body, route_.body->name(), *inner, violations_);
    if (route_.update_mask != nullptr) TakeMask(body, *inner);
    return absl::OkStatus();
  }

  // What the body of a PATCH names is what is to be changed; null clears.
  void TakeMask(const json& body, const Message& inner) {
    if (!body.is_object()) return;
    auto* mask = message_->GetReflection()->MutableMessage(message_.get(), route_.update_mask);
    for (const auto& [name, value] : body.items()) {
      const FieldDescriptor* field = FindField(inner.GetDescriptor(), name);
      if (field == nullptr || field->name() == "name" || field->name() == "etag") continue;
      static_cast<google::protobuf::FieldMask*>(mask)->add_paths(field->name());
    }
    made_mask_ = true;
  }

  void TakePath() {
    for (const Route::Variable& variable : route_.variables) {
      const std::string name = NameOf(variable.field);
      const std::string value = ValueOf(variable, match_.segments);
      Message& inside = Inside(*message_, variable.field);
      const FieldDescriptor* field = variable.field.back();
      // A body that names the resource too must name the same.
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string given = inside.GetReflection()->GetString(inside, field);
        if (!given.empty() && given != value) {
          violations_.Add(name, "ALREADY_SET", {"differs from the path", "与路径中的值不一致"});
        }
        inside.GetReflection()->SetString(&inside, field, value);
      } else {
        inside.GetReflection()->ClearField(&inside, field);
        FillFromText(value, name, field, inside, violations_);
      }
      taken_.insert(name);
    }
  }

  void TakeQuery() {
    std::set<std::string> seen;
    for (const auto& [key, value] : target_.query) {
      std::vector<const FieldDescriptor*> path;
      const google::protobuf::Descriptor* type = message_->GetDescriptor();
      std::string_view rest = key;
      while (type != nullptr && !rest.empty()) {
        const size_t dot = rest.find('.');
        const FieldDescriptor* field = FindField(type, rest.substr(0, dot));
        rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
        if (field == nullptr || (!rest.empty() && field->is_repeated())) {
          path.clear();
          break;
        }
        path.push_back(field);
        type = field->message_type();
      }
      if (path.empty() || !rest.empty()) {
        violations_.Add(common::CleanUtf8(key, 100), "UNKNOWN_FIELD", {"there is no such parameter", "没有这个参数"});
        continue;
      }
      TakeParameter(path, value, seen);
    }
  }

  void TakeParameter(const std::vector<const FieldDescriptor*>& path, const std::string& value,
                     std::set<std::string>& seen) {
    const std::string name = NameOf(path);
    const FieldDescriptor* field = path.back();
    const bool in_body = route_.whole_body ? request_.has_body : route_.body == path.front();
    if (in_body || taken_.contains(name) || (!seen.insert(name).second && !field->is_repeated())) {
      violations_.Add(name, "ALREADY_SET", {"is given more than once", "重复给出"});
      return;
    }
    Message& inside = Inside(*message_, path);
    if (field == route_.update_mask && path.size() == 1 && made_mask_) {
      inside.GetReflection()->ClearField(&inside, field);  // the caller's own goes before ours
    }
    FillFromText(value, name, field, inside, violations_);
  }

  void PutText(const std::vector<const FieldDescriptor*>& path, std::string_view value) {
    Message& inside = Inside(*message_, path);
    const std::string given = inside.GetReflection()->GetString(inside, path.back());
    if (!given.empty() && given != value) {
      violations_.Add(NameOf(path), "ALREADY_SET", {"differs from the header", "与请求头中的值不一致"});
      return;
    }
    inside.GetReflection()->SetString(&inside, path.back(), std::string(value));
  }

  void TakeHeaders() {
    if (request_.Count("if-match") > 0 && route_.verb != "GET") {
      const absl::StatusOr<std::string> etag = EtagOf(request_.Header("if-match"));
      if (!etag.ok()) {
        violations_.AddAll(etag.status());
      } else if (route_.etag.empty()) {
        violations_.Add("if-match", "IF_MATCH_UNSUPPORTED", {"this method knows no condition", "此方法不支持条件请求"});
      } else if (!etag->empty()) {
        PutText(route_.etag, *etag);
      }
    }
    const std::string_view key = request_.Header("idempotency-key");
    if (!key.empty() && route_.request_id != nullptr) PutText({route_.request_id}, key);
    const std::string_view last = request_.Header("last-event-id");
    if (!last.empty() && route_.resume != nullptr) {
      // A reader that comes back says where it was; the address still says where it began.
      message_->GetReflection()->SetString(message_.get(), route_.resume, std::string(last));
    }
  }

  const Route& route_;
  const RouteTable::Match& match_;
  const Target& target_;
  const HttpRequest& request_;
  const std::unique_ptr<Message> message_;
  common::Violations violations_;
  std::set<std::string> taken_;  // by the path
  bool made_mask_ = false;
};

std::string TextOf(const Message& message, const FieldDescriptor* field) {
  return field == nullptr ? std::string() : message.GetReflection()->GetString(message, field);
}

}  // namespace

absl::StatusOr<grpc::ByteBuffer> ToMessage(const Route& route, const RouteTable::Match& match, const Target& target,
                                           const HttpRequest& request) {
  return RequestMaker(route, match, target, request).Make();
}

absl::StatusOr<JsonAnswer> ToJson(const Route& route, const grpc::ByteBuffer& bytes) {
  const std::unique_ptr<Message> message = NewMessage(route.method->output_type());
  grpc::ByteBuffer copy(bytes);  // shares what it holds
  if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&copy, message.get()).ok()) {
    return common::Internal("a response cannot be read");
  }
  const Message* shown = message.get();
  if (route.answer != nullptr) shown = &message->GetReflection()->GetMessage(*message, route.answer);
  JsonAnswer answer;
  answer.etag = TextOf(*shown, route.answer_etag);
  answer.resume_token = TextOf(*message, route.resume_from);
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  if (!google::protobuf::util::MessageToJsonString(*shown, &answer.body, options).ok()) {
    return common::Internal("a response cannot be written as JSON");
  }
  return answer;
}

std::string QuotedEtag(const std::string& etag) {
  return fmt::format("\"{}\"", etag);
}

absl::StatusOr<std::string> EtagOf(std::string_view if_match) {
  if (if_match == "*") return std::string();
  if (if_match.size() < 2 || if_match.front() != '"' || if_match.back() != '"' ||
      if_match.substr(1, if_match.size() - 2).find('"') != std::string_view::npos) {
    return common::InvalidArgument("if-match", "BAD_ETAG",
                                   {"must be one entity tag in quotes", "应为一个带引号的实体标签"});
  }
  return std::string(if_match.substr(1, if_match.size() - 2));
}

}  // namespace ronghe::gateway
