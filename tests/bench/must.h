#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::bench {

// Ends the program with the error.
inline void Must(const absl::Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", common::LogOf(status));
  std::exit(2);
}
template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

}  // namespace ronghe::bench
