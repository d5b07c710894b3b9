#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/time/time.h>

#include "ronghe/common/v1/summary.pb.h"
#include "services/common/cache/cache.h"

namespace ronghe::gateway {

// Where in a service's history its figures are true.
struct Place {
  std::string incarnation;
  int64_t position = 0;
  absl::Time time = absl::UnixEpoch();  // when the position was published
  int64_t structure_revision = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

// A service's total of one unit in one period: a serialized `…Metrics`, unit and subtree together. Shared, never
// changed.
struct Summary {
  Place place;
  absl::Time asked = absl::InfinitePast();  // by this or another process; it was true then or later
  std::string total;

  friend bool operator==(const Summary&, const Summary&) = default;
};
using SummaryPtr = std::shared_ptr<const Summary>;

Place PlaceOf(const common::v1::Watermark& watermark);

// As caches keep it.
common::CacheEntry ToEntry(const Summary& summary);
// Null for bytes that are none of ours, such as those of another release.
SummaryPtr FromEntry(const common::CacheEntry& entry);

}  // namespace ronghe::gateway
