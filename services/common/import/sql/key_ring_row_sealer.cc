#include "services/common/import/sql/key_ring_row_sealer.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kContext = "import rows";

class SealedRows final : public RowKey {
 public:
  SealedRows(DataKey key, common::Random& random) : key_(std::move(key)), random_(random) {}

  absl::StatusOr<std::string> Seal(std::string_view place, std::string_view plain) const override {
    return key_.Seal(place, plain, random_);
  }
  absl::StatusOr<std::string> Open(std::string_view place, std::string_view sealed) const override {
    absl::StatusOr<std::string> plain = key_.Open(place, sealed);
    if (!plain.ok()) return common::Internal(fmt::format("{} does not open", place));
    return plain;
  }

 private:
  DataKey key_;
  common::Random& random_;
};

}  // namespace

// Stored as `version:wrapped`.
absl::StatusOr<std::string> KeyRingRowSealer::NewKey() {
  const KeyRing::NewKey made = ring_.MakeKey(kContext, random_);
  return fmt::format("{}:", made.wrapped.version) + made.wrapped.bytes;
}

absl::StatusOr<std::unique_ptr<RowKey>> KeyRingRowSealer::Unwrap(std::string_view wrapped) {
  const size_t colon = wrapped.find(':');
  WrappedKey stored;
  if (colon == std::string_view::npos ||
      std::from_chars(wrapped.data(), wrapped.data() + colon, stored.version).ec != std::errc()) {
    return common::Internal("the key of an import is malformed");
  }
  stored.bytes = wrapped.substr(colon + 1);
  RONGHE_ASSIGN_OR_RETURN(DataKey key, ring_.Unwrap(kContext, stored));
  return std::make_unique<SealedRows>(std::move(key), random_);
}

}  // namespace ronghe::common
