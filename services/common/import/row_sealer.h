#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace ronghe::common {

// The data key of one import, unwrapped. Immutable, thread-safe.
class RowKey {
 public:
  virtual ~RowKey() = default;
  // Authenticated encryption. `place` names where the text lies (import and line), so that it opens nowhere else.
  virtual absl::StatusOr<std::string> Seal(std::string_view place, std::string_view plain) const = 0;
  // INTERNAL for anything that Seal did not make for this place.
  virtual absl::StatusOr<std::string> Open(std::string_view place, std::string_view sealed) const = 0;
};

// Keeps the staged rows of an import unreadable in the store: one data key per import, wrapped by the master key.
// Whoever destroys the wrapped key destroys the rows. Thread-safe.
class RowSealer {
 public:
  virtual ~RowSealer() = default;
  // A new data key, wrapped for storing.
  virtual absl::StatusOr<std::string> NewKey() = 0;
  virtual absl::StatusOr<std::unique_ptr<RowKey>> Unwrap(std::string_view wrapped) = 0;
};

}  // namespace ronghe::common
