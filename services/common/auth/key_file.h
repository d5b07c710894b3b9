#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/auth/key_set.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// The keys in a JWK set file, read again when the file changes. Thread-safe.
class KeyFile {
 public:
  explicit KeyFile(std::string path) : path_(std::move(path)) {}

  // The first reading; an error where there is not one usable key.
  absl::Status Load();
  // Reads the file if it has changed. If that fails, the last keys stay, and the log says so once.
  void Refresh();
  std::shared_ptr<const KeySet> keys() const;
  // Grows with every change of the keys.
  int64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  // What tells whether a file is another one than before.
  struct Stamp {
    int64_t seconds = 0;
    int64_t nanos = 0;
    int64_t size = -1;
    uint64_t inode = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static absl::StatusOr<Stamp> StampOf(const std::string& path);

  const std::string path_;
  std::atomic<int64_t> generation_{0};
  mutable Mutex mutex_;
  std::shared_ptr<const KeySet> keys_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const KeySet>();
  // Only the one who reads the file: Load, then Refresh, one at a time.
  Stamp stamp_;
  bool failing_ = false;
};

// The whole of a file of at most 1 MiB.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);
// Writes `content` to a new file beside `path` and puts it in its place.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content, int mode);

}  // namespace ronghe::common
