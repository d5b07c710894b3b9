#include "services/common/values/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "services/common/values/digest.h"
#include "services/common/values/text_rules.h"
#include "services/common/values/timestamp.h"

namespace ronghe::common {
namespace {

constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01
constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31

std::string Digest(const google::protobuf::Message& request) {
  std::string bytes = request.GetDescriptor()->full_name();
  bytes += '\n';
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

}  // namespace

std::optional<absl::CivilDay> ReadDate(const google::type::Date& date, std::string_view field, Violations& violations) {
  if (date.year() == 0 && date.month() == 0 && date.day() == 0) return std::nullopt;
  bool in_range = date.year() >= 1 && date.year() <= 9999 && date.month() >= 1 && date.month() <= 12 &&
                  date.day() >= 1 && date.day() <= 31;
  absl::CivilDay day(in_range ? date.year() : 1, in_range ? date.month() : 1, in_range ? date.day() : 1);
  if (!in_range || day.month() != date.month()) {
    violations.Add(std::string(field), "BAD_DATE", {"is not a complete date", "不是完整有效的日期"});
    return std::nullopt;
  }
  return day;
}

void WriteDate(absl::CivilDay day, google::type::Date& date) {
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
}

std::optional<absl::Time> ReadTime(const google::protobuf::Timestamp& time, std::string_view field,
                                   Violations& violations) {
  if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond || time.nanos() < 0 || time.nanos() > 999'999'999) {
    violations.Add(std::string(field), "BAD_TIME", {"is not a valid time", "不是有效的时间"});
    return std::nullopt;
  }
  return FromTimestamp(time);
}

RequestKey KeyOf(const Call& call, const std::string& request_id, const google::protobuf::Message& request,
                 Violations& violations) {
  if (request_id.empty()) return {};
  if (!IsUuid(request_id)) {
    violations.Add("request_id", "BAD_UUID", {"is not a UUID", "不是有效的 UUID"});
    return {};
  }
  return {call.actor.key, request_id, Digest(request)};
}

}  // namespace ronghe::common
