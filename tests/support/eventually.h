#pragma once

#include <poll.h>

namespace ronghe::tests {

// A moment between two looks at a condition. Waiting for a condition is what tests do; waiting for time is not.
inline void Pause() {
  poll(nullptr, 0, 2);
}

}  // namespace ronghe::tests
