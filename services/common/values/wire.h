#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "google/type/date.pb.h"

#include "services/common/values/call.h"
#include "services/common/values/status.h"
#include "services/common/values/write_options.h"

// Values as messages carry them. What has a wrong form becomes a violation of `field` and is read as absent.
namespace ronghe::common {

// A complete date between the years 1 and 9999 (BAD_DATE); an empty message is absent.
std::optional<absl::CivilDay> ReadDate(const google::type::Date& date, std::string_view field, Violations& violations);
void WriteDate(absl::CivilDay day, google::type::Date& date);
// BAD_TIME for what lies outside the years 1 to 9999.
std::optional<absl::Time> ReadTime(const google::protobuf::Timestamp& time, std::string_view field,
                                   Violations& violations);

// The key of an idempotent write: the caller, the request id (a UUID, else BAD_UUID on `request_id`) and a SHA-256 of
// the request. Empty for an empty request id.
RequestKey KeyOf(const Call& call, const std::string& request_id, const google::protobuf::Message& request,
                 Violations& violations);

// What a write's request says beside its content: `request_id`, `validate_only` if it has that, and the etag from
// wherever it is. `violations` is what was already found wrong with its form.
template <typename Request>
WriteOptions WriteOptionsOf(const Call& call, const Request& request, const std::string& etag,
                            Violations violations = {}) {
  WriteOptions options;
  options.key = KeyOf(call, request.request_id(), request, violations);
  options.etag = etag;
  if constexpr (requires { request.validate_only(); }) options.validate_only = request.validate_only();
  options.faults = violations.list();
  return options;
}

}  // namespace ronghe::common
