#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/common/values/ids.h"

// Request ids and W3C trace context (`00-<32 hex>-<16 hex>-<2 hex>`).
namespace ronghe::common {

// Cheap ids that never repeat within a process: a counter through a mixing function with a random start. Not secret:
// anyone who has seen some may guess others. Thread-safe, lock-free.
class IdSource {
 public:
  explicit IdSource(Random& random);
  uint64_t Next();     // never 0
  std::string Uuid();  // version 4, lower case

 private:
  std::atomic<uint64_t> state_;
  uint64_t salt_;
};

// 1-64 characters of [A-Za-z0-9._-].
bool ValidRequestId(std::string_view id);
// Version 00 with non-zero ids, lower-case hex.
bool ValidTraceparent(std::string_view traceparent);
// The trace context of a new span: in the trace of `parent` with its flags, or of a new trace where `parent` is not
// valid.
std::string ContinueTrace(std::string_view parent, IdSource& ids);
// The 32 hex digits; empty for an invalid one.
std::string_view TraceIdOf(std::string_view traceparent);

}  // namespace ronghe::common
