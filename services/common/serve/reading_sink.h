#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include "services/common/values/call.h"

namespace ronghe::common {

// Hears of what unary methods answer and streams begin to answer, before it is sent: for the record of who read what.
// Called on the bounded pool; may block until the call's deadline. Thread-safe.
class ReadingSink {
 public:
  virtual ~ReadingSink() = default;
  // An error is what the caller gets instead. `response`: null at the beginning of a stream.
  virtual absl::Status Read(const Call& call, const google::protobuf::MethodDescriptor& method,
                            const google::protobuf::Message& request, const google::protobuf::Message* response) = 0;
};

}  // namespace ronghe::common
