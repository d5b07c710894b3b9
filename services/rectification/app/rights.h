#pragma once

#include "services/common/values/call.h"
#include "services/common/values/ids.h"

namespace ronghe::rectification {

enum class Right { kRead, kReadTexts, kWrite, kVerify };

// What callers may do where, whatever the method is that they call. Thread-safe.
class Rights {
 public:
  virtual ~Rights() = default;
  virtual bool Holds(const common::Actor& actor, Right right, common::UnitUid unit) const = 0;
};

}  // namespace ronghe::rectification
