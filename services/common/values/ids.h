#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ronghe::common {

// A number that names one kind of thing and converts to no other.
template <typename Tag>
struct Id {
  int64_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(int64_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value);
  }
};

// The permanent number of a unit; 0 is no unit.
using UnitUid = Id<struct UnitUidTag>;
// Where records lie: 0 the structure, 1 records without a county, 2… one for each unit of COUNTY level or above,
// kRegistryPartition + n the registries. At most 65,535.
using PartitionId = Id<struct PartitionTag>;

inline constexpr PartitionId kStructurePartition{0};
inline constexpr PartitionId kDefaultPartition{1};
// Registries (identity numbers, request ids, external ids) lie in one of 64 partitions chosen by a hash of the key.
inline constexpr PartitionId kRegistryPartition{65'000};
inline constexpr int kRegistryPartitions = 64;

// Ids made by the suite: 47 bits of time in ticks of 16 µs since 2020-01-01 UTC, 16 bits of partition. They grow with
// time within a partition, are unique by the partition's lock row (changelog), and carry their partition.
inline constexpr int kPartitionBits = 16;
constexpr PartitionId PartitionOf(int64_t id) {
  return PartitionId(id & ((int64_t{1} << kPartitionBits) - 1));
}
constexpr int64_t MakeId(int64_t tick, PartitionId partition) {
  return (tick << kPartitionBits) | partition.value;
}

// The registry partition of a key: the same in every process and release (FNV-1a).
PartitionId RegistryPartitionOf(std::string_view key);

// Randomness that need not be repeatable. Injected; tests give a seeded one. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(void* data, size_t size) = 0;
  // A random UUID (version 4) in lower case.
  std::string Uuid();
};

// From the operating system, through OpenSSL.
class SystemRandom final : public Random {
 public:
  void Fill(void* data, size_t size) override;
};

}  // namespace ronghe::common
