#pragma once

#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>

namespace ronghe::common {

// Instants as messages carry them. Finite ones only. Written in whole microseconds, rounded down, as stores keep them, so
// that the answer to a write says what the next reading will; nanoseconds lie between 0 and 999,999,999 also before
// 1970.
void WriteTimestamp(absl::Time time, google::protobuf::Timestamp& out);
absl::Time FromTimestamp(const google::protobuf::Timestamp& time);

}  // namespace ronghe::common
