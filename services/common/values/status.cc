#include "services/common/values/status.h"

#include <optional>

#include <absl/strings/cord.h>
#include <fmt/format.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/values/utf8.h"

namespace ronghe::common {
namespace {

constexpr const char* kDomain = "ronghe";
constexpr const char* kTypePrefix = "type.googleapis.com/";
constexpr const char* kLogUrl = "ronghe/log";  // not a type URL of protobuf: it stays in the process
constexpr const char* kEnglish = "en";
constexpr const char* kChinese = "zh-CN";
constexpr size_t kMaxMessage = 480;
constexpr size_t kMaxName = 240;
constexpr size_t kNamedInMessage = 3;

// Details are payloads under the type URLs under which they are sent. The English LocalizedMessage is the message
// itself.
template <typename Detail>
std::string UrlOf() {
  return kTypePrefix + Detail::descriptor()->full_name();
}

template <typename Detail>
void Attach(absl::Status& status, const Detail& detail) {
  status.SetPayload(UrlOf<Detail>(), absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
std::optional<Detail> DetailOf(const absl::Status& status) {
  std::optional<absl::Cord> payload = [&]() -> std::optional<absl::Cord> {
    auto found = status.GetPayload(UrlOf<Detail>());
    if (!found.has_value()) return std::nullopt;
    return *std::move(found);
  }();
  if (!payload) return std::nullopt;
  Detail detail;
  if (!detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

// "REASON: english / 中文". The English half must not contain the separator, so that the two can be told apart again.
std::string Describe(const std::string& reason, const Text& text) {
  std::string english = text.en;
  for (size_t at = english.find(" / "); at != std::string::npos; at = english.find(" / ", at)) {
    english.replace(at, 3, "/");
  }
  return CleanUtf8(fmt::format("{}: {} / {}", reason, english, text.zh), SIZE_MAX);
}

Text SplitText(const std::string& both) {
  size_t at = both.find(" / ");
  if (at == std::string::npos) return {both, both};
  return {both.substr(0, at), both.substr(at + 3)};
}

// The reason before the colon, the texts behind it.
std::pair<std::string, Text> SplitDescription(const std::string& description) {
  size_t at = description.find(": ");
  if (at == std::string::npos) return {"", SplitText(description)};
  return {description.substr(0, at), SplitText(description.substr(at + 2))};
}

absl::Status Make(absl::StatusCode code, const std::string& reason, const Text& text) {
  absl::Status status(code, CleanUtf8(text.en, kMaxMessage));
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(kDomain);
  Attach(status, info);
  google::rpc::LocalizedMessage localized;
  localized.set_locale(kChinese);
  localized.set_message(CleanUtf8(text.zh, kMaxMessage));
  Attach(status, localized);
  return status;
}

void AttachRetry(absl::Status& status, absl::Duration after) {
  google::rpc::RetryInfo retry;
  absl::Duration rest;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(after, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  Attach(status, retry);
}

void AttachResource(absl::Status& status, const std::string& resource) {
  google::rpc::ResourceInfo info;
  info.set_resource_type(CleanUtf8(resource.substr(0, resource.find('/')), kMaxName));
  info.set_resource_name(CleanUtf8(resource, kMaxName));
  Attach(status, info);
}

// The message for several violations or blockers: the first few, and how many there are.
Text Summarise(const std::vector<std::pair<std::string, Text>>& items) {
  Text all;
  for (size_t i = 0; i < items.size() && i < kNamedInMessage; ++i) {
    const auto& [subject, text] = items[i];
    all.en += fmt::format("{}{}{}{}", i ? "; " : "", subject, subject.empty() ? "" : ": ", text.en);
    all.zh += fmt::format("{}{}{}{}", i ? "；" : "", subject, subject.empty() ? "" : "：", text.zh);
  }
  if (items.size() > kNamedInMessage) {
    all.en += fmt::format("; and {} more", items.size() - kNamedInMessage);
    all.zh += fmt::format("；等共 {} 项", items.size());
  }
  return all;
}

// What a caller is told of a status that says nothing itself.
Text General(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return {"the call was cancelled", "调用已取消"};
    case absl::StatusCode::kInvalidArgument:
      return {"the request is not valid", "请求无效"};
    case absl::StatusCode::kDeadlineExceeded:
      return {"the deadline expired before the call could be completed", "未能在截止时间前完成调用"};
    case absl::StatusCode::kNotFound:
      return {"not found", "未找到"};
    case absl::StatusCode::kAlreadyExists:
      return {"already exists", "已存在"};
    case absl::StatusCode::kPermissionDenied:
      return {"permission denied", "没有权限"};
    case absl::StatusCode::kUnauthenticated:
      return {"the caller is not authenticated", "调用者身份未经验证"};
    case absl::StatusCode::kResourceExhausted:
      return {"a limit is reached; slow down", "已达到上限，请稍后再试"};
    case absl::StatusCode::kFailedPrecondition:
      return {"the state does not allow this", "当前状态不允许此操作"};
    case absl::StatusCode::kAborted:
      return {"a conflict with another change; read again and retry", "与其他更改冲突，请重新读取后再试"};
    case absl::StatusCode::kOutOfRange:
      return {"out of range", "超出范围"};
    case absl::StatusCode::kUnimplemented:
      return {"not implemented", "尚未实现"};
    case absl::StatusCode::kUnavailable:
      return {"temporarily unavailable; call again", "暂时不可用，请重试"};
    default:
      return {"internal error", "内部错误"};
  }
}

std::string CodeName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return "INTERNAL";
    default:
      return absl::StatusCodeToString(code);
  }
}

// Whether its words may be sent as they are.
bool SpeaksForItself(const absl::Status& status) {
  return status.code() != absl::StatusCode::kInternal && DetailOf<google::rpc::ErrorInfo>(status).has_value();
}

// Adds as many of `all` as fit into `budget` bytes, and "and N more" if some do not.
template <typename Entry>
void Fit(size_t budget, const google::protobuf::RepeatedPtrField<Entry>& all,
         google::protobuf::RepeatedPtrField<Entry>& fitting, const std::function<Entry(size_t)>& more) {
  constexpr size_t kFraming = 4;
  size_t reserve = more(all.size()).ByteSizeLong() + kFraming;
  size_t used = 0;
  for (const Entry& entry : all) {
    size_t size = entry.ByteSizeLong() + kFraming;
    bool last = fitting.size() + 1 == all.size();
    if (used + size + (last ? 0 : reserve) > budget) break;
    *fitting.Add() = entry;
    used += size;
  }
  if (fitting.size() < all.size()) *fitting.Add() = more(all.size() - fitting.size());
}

std::string AndMore(size_t count) {
  return fmt::format("MORE: and {} more / 另有 {} 项", count, count);
}

void AddBadRequest(const google::rpc::BadRequest& all, google::rpc::Status& wire) {
  using Entry = google::rpc::BadRequest::FieldViolation;
  google::rpc::BadRequest cut;
  for (const Entry& entry : all.field_violations()) {
    Entry* shortened = cut.add_field_violations();
    shortened->set_field(CleanUtf8(entry.field(), kMaxName));
    shortened->set_description(CleanUtf8(entry.description(), kMaxMessage));
  }
  google::rpc::BadRequest fitting;
  size_t framing = UrlOf<google::rpc::BadRequest>().size() + 16;
  Fit<Entry>(kMaxDetailsBytes - wire.ByteSizeLong() - framing, cut.field_violations(),
             *fitting.mutable_field_violations(), [](size_t count) {
               Entry more;
               more.set_description(AndMore(count));
               return more;
             });
  wire.add_details()->PackFrom(fitting);
}

void AddPreconditionFailure(const google::rpc::PreconditionFailure& all, google::rpc::Status& wire) {
  using Entry = google::rpc::PreconditionFailure::Violation;
  google::rpc::PreconditionFailure cut;
  for (const Entry& entry : all.violations()) {
    Entry* shortened = cut.add_violations();
    shortened->set_type(entry.type());
    shortened->set_subject(CleanUtf8(entry.subject(), kMaxName));
    shortened->set_description(CleanUtf8(entry.description(), kMaxMessage));
  }
  google::rpc::PreconditionFailure fitting;
  size_t framing = UrlOf<google::rpc::PreconditionFailure>().size() + 16;
  Fit<Entry>(kMaxDetailsBytes - wire.ByteSizeLong() - framing, cut.violations(), *fitting.mutable_violations(),
             [](size_t count) {
               Entry more;
               more.set_type("MORE");
               more.set_description(AndMore(count).substr(sizeof("MORE: ") - 1));
               return more;
             });
  wire.add_details()->PackFrom(fitting);
}

template <typename Detail>
void Copy(const absl::Status& status, google::rpc::Status& wire) {
  if (auto detail = DetailOf<Detail>(status)) wire.add_details()->PackFrom(*detail);
}

void AddLocalized(const char* locale, const std::string& text, google::rpc::Status& wire) {
  google::rpc::LocalizedMessage message;
  message.set_locale(locale);
  message.set_message(text);
  wire.add_details()->PackFrom(message);
}

}  // namespace

absl::Status InvalidArgument(std::vector<Violation> violations) {
  std::vector<std::pair<std::string, Text>> items;
  google::rpc::BadRequest bad;
  std::string reason = violations.empty() ? "INVALID_ARGUMENT" : violations.front().reason;
  for (const Violation& v : violations) {
    items.push_back({v.field, v.text});
    if (v.reason != reason) reason = "INVALID_FIELDS";
    auto* entry = bad.add_field_violations();
    entry->set_field(CleanUtf8(v.field, SIZE_MAX));
    entry->set_description(Describe(v.reason, v.text));
  }
  absl::Status status = Make(absl::StatusCode::kInvalidArgument, reason, Summarise(items));
  Attach(status, bad);
  return status;
}

absl::Status InvalidArgument(std::string field, std::string reason, Text text) {
  return InvalidArgument({Violation{std::move(field), std::move(reason), std::move(text)}});
}

absl::Status FailedPrecondition(std::string reason, Text text, std::vector<Blocker> blockers) {
  absl::Status status = Make(absl::StatusCode::kFailedPrecondition, reason, text);
  google::rpc::PreconditionFailure failure;
  for (const Blocker& b : blockers) {
    auto* entry = failure.add_violations();
    entry->set_type(b.reason);
    entry->set_subject(CleanUtf8(b.subject, SIZE_MAX));
    entry->set_description(Describe("", b.text).substr(2));
  }
  if (!blockers.empty()) Attach(status, failure);
  return status;
}

absl::Status NotFound(std::string resource) {
  absl::Status status = Make(absl::StatusCode::kNotFound, "NOT_FOUND",
                             {fmt::format("{} was not found", CleanUtf8(resource, kMaxName)),
                              fmt::format("未找到 {}", CleanUtf8(resource, kMaxName))});
  AttachResource(status, resource);
  return status;
}

absl::Status AlreadyExists(std::string reason, std::string resource, Text text) {
  absl::Status status = Make(absl::StatusCode::kAlreadyExists, reason, text);
  AttachResource(status, resource);
  return status;
}

absl::Status Aborted(std::string reason, Text text) {
  return Make(absl::StatusCode::kAborted, reason, text);
}

absl::Status OutOfRange(std::string reason, Text text) {
  return Make(absl::StatusCode::kOutOfRange, reason, text);
}

absl::Status Unavailable(std::string reason, Text text, absl::Duration retry_after) {
  absl::Status status = Make(absl::StatusCode::kUnavailable, reason, text);
  AttachRetry(status, retry_after);
  return status;
}

absl::Status ResourceExhausted(std::string reason, Text text, absl::Duration retry_after) {
  absl::Status status = Make(absl::StatusCode::kResourceExhausted, reason, text);
  AttachRetry(status, retry_after);
  return status;
}

absl::Status DeadlineExceeded() {
  return Make(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", General(absl::StatusCode::kDeadlineExceeded));
}

absl::Status Cancelled() {
  return Make(absl::StatusCode::kCancelled, "CANCELLED", General(absl::StatusCode::kCancelled));
}

absl::Status Unauthenticated(std::string reason, Text text) {
  return Make(absl::StatusCode::kUnauthenticated, reason, text);
}

absl::Status PermissionDenied(std::string reason, Text text) {
  return Make(absl::StatusCode::kPermissionDenied, reason, text);
}

absl::Status Internal(std::string logged) {
  absl::Status status(absl::StatusCode::kInternal, logged);
  google::rpc::ErrorInfo info;
  info.set_reason("INTERNAL");
  info.set_domain(kDomain);
  Attach(status, info);
  return status;
}

absl::Status WithLog(absl::Status status, std::string_view logged) {
  status.SetPayload(kLogUrl, absl::Cord(absl::string_view(logged.data(), logged.size())));
  return status;
}

std::string LogOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  std::string line = fmt::format("{} {}: {}", CodeName(status.code()), ReasonOf(status), std::string(status.message()));
  if (auto logged = status.GetPayload(kLogUrl); logged.has_value()) line += fmt::format(" [{}]", std::string(*logged));
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

std::string ReasonOf(const absl::Status& status) {
  auto info = DetailOf<google::rpc::ErrorInfo>(status);
  return info ? info->reason() : "";
}

std::vector<Violation> ViolationsOf(const absl::Status& status) {
  std::vector<Violation> violations;
  auto bad = DetailOf<google::rpc::BadRequest>(status);
  if (!bad) return violations;
  for (const auto& entry : bad->field_violations()) {
    auto [reason, text] = SplitDescription(entry.description());
    violations.push_back({entry.field(), std::move(reason), std::move(text)});
  }
  return violations;
}

std::vector<Blocker> BlockersOf(const absl::Status& status) {
  std::vector<Blocker> blockers;
  auto failure = DetailOf<google::rpc::PreconditionFailure>(status);
  if (!failure) return blockers;
  for (const auto& entry : failure->violations()) {
    blockers.push_back({entry.type(), entry.subject(), SplitText(entry.description())});
  }
  return blockers;
}

Text TextOf(const absl::Status& status) {
  if (status.ok() || ReasonOf(status).empty()) return {};
  if (!SpeaksForItself(status)) return General(status.code());
  auto localized = DetailOf<google::rpc::LocalizedMessage>(status);
  return {std::string(status.message()), localized ? localized->message() : std::string(status.message())};
}

std::string ResourceOf(const absl::Status& status) {
  auto info = DetailOf<google::rpc::ResourceInfo>(status);
  return info ? info->resource_name() : "";
}

absl::Duration RetryAfterOf(const absl::Status& status) {
  auto retry = DetailOf<google::rpc::RetryInfo>(status);
  if (!retry) return absl::ZeroDuration();
  return absl::Seconds(retry->retry_delay().seconds()) + absl::Nanoseconds(retry->retry_delay().nanos());
}

std::string PublicMessage(const absl::Status& status) {
  if (status.ok()) return "";
  return SpeaksForItself(status) ? std::string(status.message()) : General(status.code()).en;
}

std::string SerializedDetails(const absl::Status& status) {
  if (status.ok()) return "";
  Text text = SpeaksForItself(status) ? TextOf(status) : General(status.code());
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(text.en);
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonOf(status).empty() ? CodeName(status.code()) : ReasonOf(status));
  info.set_domain(kDomain);
  wire.add_details()->PackFrom(info);
  Copy<google::rpc::ResourceInfo>(status, wire);
  Copy<google::rpc::RetryInfo>(status, wire);
  AddLocalized(kChinese, text.zh, wire);
  AddLocalized(kEnglish, text.en, wire);
  if (auto bad = DetailOf<google::rpc::BadRequest>(status)) AddBadRequest(*bad, wire);
  if (auto failure = DetailOf<google::rpc::PreconditionFailure>(status)) AddPreconditionFailure(*failure, wire);
  return wire.SerializeAsString();
}

absl::Status StatusFromDetails(absl::StatusCode code, std::string_view message, std::string_view details) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  google::rpc::Status wire;
  if (status.ok() || !wire.ParseFromArray(details.data(), static_cast<int>(details.size()))) return status;
  for (const google::protobuf::Any& detail : wire.details()) {
    google::rpc::LocalizedMessage localized;
    if (detail.UnpackTo(&localized) && localized.locale() != kChinese) continue;
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

void Violations::AddAll(const absl::Status& status, std::string_view prefix) {
  for (Violation& v : ViolationsOf(status)) {
    v.field = std::string(prefix) + v.field;
    list_.push_back(std::move(v));
  }
}

}  // namespace ronghe::common
