#include "gateway/overview/summary.h"

#include "services/common/values/timestamp.h"

namespace ronghe::gateway {
namespace {

// The form of a value: this byte, the length of the watermark in two bytes, the watermark, the total.
constexpr char kForm = 1;
constexpr size_t kHead = 3;

}  // namespace

Place PlaceOf(const common::v1::Watermark& watermark) {
  return {watermark.incarnation(), watermark.position(), common::FromTimestamp(watermark.time()),
          watermark.structure_revision()};
}

common::CacheEntry ToEntry(const Summary& summary) {
  common::v1::Watermark watermark;
  watermark.set_position(summary.place.position);
  common::WriteTimestamp(summary.place.time, *watermark.mutable_time());
  watermark.set_structure_revision(summary.place.structure_revision);
  watermark.set_incarnation(summary.place.incarnation);
  const std::string head = watermark.SerializeAsString();
  common::CacheEntry entry;
  entry.position = summary.place.position;
  entry.valid_us = absl::ToUnixMicros(summary.asked);
  entry.value.reserve(kHead + head.size() + summary.total.size());
  entry.value += kForm;
  entry.value += static_cast<char>(head.size() >> 8);
  entry.value += static_cast<char>(head.size() & 0xff);
  entry.value += head;
  entry.value += summary.total;
  return entry;
}

SummaryPtr FromEntry(const common::CacheEntry& entry) {
  const std::string_view value(entry.value);
  if (value.size() < kHead || value[0] != kForm) return nullptr;
  const size_t size = static_cast<size_t>(static_cast<unsigned char>(value[1])) << 8 |
                      static_cast<size_t>(static_cast<unsigned char>(value[2]));
  if (value.size() < kHead + size) return nullptr;
  common::v1::Watermark watermark;
  if (!watermark.ParseFromArray(value.data() + kHead, static_cast<int>(size))) return nullptr;
  auto summary = std::make_shared<Summary>();
  summary->place = PlaceOf(watermark);
  summary->asked = absl::FromUnixMicros(entry.valid_us);
  summary->total = std::string(value.substr(kHead + size));
  return summary;
}

}  // namespace ronghe::gateway
