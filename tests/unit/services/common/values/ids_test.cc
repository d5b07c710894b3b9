#include "services/common/values/ids.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

TEST(IdTest, CarriesItsPartition) {
  for (int64_t partition : {0, 1, 2, 64'999, 65'000, 65'063, 65'535}) {
    for (int64_t tick : {int64_t{0}, int64_t{1}, (int64_t{1} << 47) - 1}) {
      int64_t id = MakeId(tick, PartitionId(partition));
      EXPECT_GE(id, 0);
      EXPECT_EQ(PartitionOf(id), PartitionId(partition));
    }
  }
}

TEST(RegistryTest, PartitionsAreFixedForEver) {
  // Stored data depends on these: they must never change.
  EXPECT_EQ(RegistryPartitionOf("").value, 65'000 + ((0xcbf29ce484222325u ^ (0xcbf29ce484222325u >> 32)) % 64));
  // FNV-1a of "a" is the published af63dc4c8601ec8c.
  EXPECT_EQ(RegistryPartitionOf("a").value, 65'000 + ((0xaf63dc4c8601ec8cu ^ (0xaf63dc4c8601ec8cu >> 32)) % 64));
}

TEST(RegistryTest, KeysSpreadEvenly) {
  std::map<int64_t, int> count;
  for (int i = 0; i < 64'000; ++i) ++count[RegistryPartitionOf("37078319800101" + std::to_string(i)).value];
  EXPECT_EQ(count.size(), 64u);
  for (const auto& [partition, keys] : count) {
    EXPECT_GE(partition, 65'000);
    EXPECT_LT(partition, 65'064);
    EXPECT_GT(keys, 800);
    EXPECT_LT(keys, 1'200);
  }
}

bool IsVersion4(const std::string& uuid) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  auto fits = [](char c, char form) {
    if (form == 'x') return std::string_view("0123456789abcdef").find(c) != std::string_view::npos;
    return form == 'y' ? std::string_view("89ab").find(c) != std::string_view::npos : c == form;
  };
  return std::equal(uuid.begin(), uuid.end(), kForm.begin(), kForm.end(), fits);
}

TEST(UuidTest, IsAVersion4) {
  SystemRandom system;
  tests::SeededRandom seeded(7);
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) {
    for (Random* random : {static_cast<Random*>(&system), static_cast<Random*>(&seeded)}) {
      std::string uuid = random->Uuid();
      EXPECT_TRUE(IsVersion4(uuid)) << uuid;
      all.insert(uuid);
    }
  }
  EXPECT_EQ(all.size(), 200u);
  EXPECT_EQ(tests::SeededRandom(7).Uuid(), tests::SeededRandom(7).Uuid());
}

}  // namespace
}  // namespace ronghe::common
