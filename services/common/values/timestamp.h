#pragma once

#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>

namespace ronghe::common {

// Instants as messages carry them. Finite ones only; nanoseconds are kept, and lie between 0 and 999,999,999 also
// before 1970.
void WriteTimestamp(absl::Time time, google::protobuf::Timestamp& out);
absl::Time FromTimestamp(const google::protobuf::Timestamp& time);

}  // namespace ronghe::common
