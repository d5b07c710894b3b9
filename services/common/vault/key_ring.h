#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/common/vault/crypto.h"

namespace ronghe::common {

// A data key as it is stored: useless without the master key of its version.
struct WrappedKey {
  int64_t version = 0;
  std::string bytes;  // nonce, ciphertext, tag
};

// A data key in clear, while it is needed. Movable; thread-safe.
class DataKey {
 public:
  explicit DataKey(Secret key) : key_(std::move(key)) {}
  // Nonce, ciphertext, tag. `context` says what and whose this is: it opens nowhere else.
  std::string Seal(std::string_view context, std::string_view plaintext, Random& random) const;
  // DATA_LOSS for anything that was not sealed with this key for this context.
  absl::StatusOr<std::string> Open(std::string_view context, std::string_view sealed) const;

 private:
  friend class KeyRing;
  Secret key_;
};

// The master keys, from the file that the deployment made: lines `version:base64 of 32 bytes`; `#` begins a comment.
// The highest version wraps new keys; lower ones stay readable. Blind indexes are keyed from the lowest version, which
// therefore stays in the file for as long as there are members. Immutable; thread-safe. Keys are never printed.
class KeyRing {
 public:
  // FAILED_PRECONDITION, reason MASTER_KEY, naming the file and the line, never its content, for a missing, empty or
  // malformed one.
  static absl::StatusOr<KeyRing> Load(const std::string& file);
  static absl::StatusOr<KeyRing> Parse(std::string_view text, std::string_view name);

  int64_t current_version() const { return keys_.rbegin()->first; }

  // A new random data key, and how it is to be stored: wrapped by the current master key and bound to `context`.
  struct NewKey {
    DataKey key;
    WrappedKey wrapped;
  };
  NewKey MakeKey(std::string_view context, Random& random) const;
  // DATA_LOSS if it was not wrapped so; FAILED_PRECONDITION, reason KEY_MISSING, for a version that is not in the file.
  absl::StatusOr<DataKey> Unwrap(std::string_view context, const WrappedKey& wrapped) const;

  // The blind index of a value: equal for equal values, without meaning for whoever lacks the key. Different labels
  // give unrelated indexes. 32 bytes.
  std::string BlindIndex(std::string_view label, std::string_view value) const;

  // Compares the file with what this database was written with, and records new versions: FAILED_PRECONDITION, reason
  // KEY_MISMATCH, if a version has another key or is missing. Call once after Migrate, before serving. `table`: where
  // the service keeps it, with partition_id, key_version and key_check.
  absl::Status Check(sql::Database& database, std::string_view table, absl::Time deadline) const;

 private:
  KeyRing() = default;

  std::map<int64_t, Secret> keys_;  // by version
  Secret index_key_;
};

}  // namespace ronghe::common
