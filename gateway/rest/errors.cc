#include "gateway/rest/errors.h"

#include <algorithm>
#include <charconv>

#include <absl/strings/ascii.h>
#include <google/protobuf/util/json_util.h>
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// 0 to 1000, of `zh-CN;q=0.8`.
int Weight(std::string_view parameters) {
  const size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  const std::string_view q = parameters.substr(at + 2);
  if (q.empty() || q.front() == '1') return 1000;
  int weight = 0;
  int unit = 100;
  for (size_t i = 2; i < q.size() && i < 5 && q[i] >= '0' && q[i] <= '9'; ++i, unit /= 10)
    weight += (q[i] - '0') * unit;
  return weight;
}

google::rpc::Status FullStatus(const grpc::Status& status) {
  google::rpc::Status full;
  if (!full.ParseFromString(status.error_details()) || full.code() != static_cast<int>(status.error_code())) {
    full.Clear();
    full.set_code(static_cast<int>(status.error_code()));
  }
  if (full.message().empty()) full.set_message(status.error_message());
  return full;
}

}  // namespace

int HttpCode(int grpc_code, bool conditional) {
  switch (static_cast<grpc::StatusCode>(grpc_code)) {
    case grpc::StatusCode::OK:
      return 200;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
      return 400;
    case grpc::StatusCode::UNAUTHENTICATED:
      return 401;
    case grpc::StatusCode::PERMISSION_DENIED:
      return 403;
    case grpc::StatusCode::NOT_FOUND:
      return 404;
    case grpc::StatusCode::ABORTED:
      return conditional ? 412 : 409;
    case grpc::StatusCode::ALREADY_EXISTS:
      return 409;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return 429;
    case grpc::StatusCode::CANCELLED:
      return 499;
    case grpc::StatusCode::UNIMPLEMENTED:
      return 501;
    case grpc::StatusCode::UNAVAILABLE:
      return 503;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return 504;
    default:
      return 500;
  }
}

bool PrefersChinese(std::string_view accept_language) {
  int chinese = 0;
  int english = 0;
  while (!accept_language.empty()) {
    const size_t comma = accept_language.find(',');
    const std::string_view range = Trim(accept_language.substr(0, comma));
    accept_language.remove_prefix(comma == std::string_view::npos ? accept_language.size() : comma + 1);
    const size_t semicolon = range.find(';');
    const std::string tag = absl::AsciiStrToLower(absl::string_view(range.data(), std::min(semicolon, range.size())));
    const int weight = Weight(semicolon == std::string_view::npos ? std::string_view() : range.substr(semicolon));
    if (tag.rfind("zh", 0) == 0) chinese = std::max(chinese, weight);
    if (tag.rfind("en", 0) == 0) english = std::max(english, weight);
  }
  return chinese > english;
}

HttpError ToHttp(const grpc::Status& status, std::string_view accept_language, bool conditional) {
  google::rpc::Status full = FullStatus(status);
  HttpError error;
  error.code = HttpCode(full.code(), conditional);
  error.language = PrefersChinese(accept_language) ? "zh-CN" : "en";
  for (const google::protobuf::Any& detail : full.details()) {
    google::rpc::LocalizedMessage localized;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&localized) && localized.locale() == error.language) full.set_message(localized.message());
    if (detail.UnpackTo(&retry)) {
      error.retry_after = absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  if (!google::protobuf::util::MessageToJsonString(full, &error.body).ok()) {
    full.clear_details();  // of a type that is not known here
    error.body.clear();
    google::protobuf::util::MessageToJsonString(full, &error.body).ok();
  }
  return error;
}

HttpError ToHttp(const absl::Status& status, std::string_view accept_language) {
  return ToHttp(grpc::Status(static_cast<grpc::StatusCode>(status.code()), common::PublicMessage(status),
                             common::SerializedDetails(status)),
                accept_language);
}

HttpError ToHttp(const absl::Status& status, std::string_view accept_language, int code) {
  HttpError error = ToHttp(status, accept_language);
  error.code = code;
  return error;
}

}  // namespace ronghe::gateway
