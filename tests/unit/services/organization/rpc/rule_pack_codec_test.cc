#include "services/organization/rpc/rule_pack_codec.h"

#include <fstream>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "tests/support/temp_dir.h"

namespace ronghe::organization {
namespace {

using common::FaultsOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string TextOf(const v1::RulePack& pack) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(pack, &text);
  return text;
}

TEST(RulePackCodecTest, AFileReplacesTheShippedPackAsAWhole) {
  const LoadedRules shipped = LoadRulePack("").value();
  EXPECT_EQ(shipped.pack.name(), "rulePack");
  EXPECT_EQ(shipped.book.version(), shipped.pack.version());
  v1::RulePack pack = shipped.pack;
  pack.set_version("county-2");
  v1::RuleSet& later = *pack.add_sets() = pack.sets(0);
  later.mutable_effective_date()->set_year(2027);
  later.mutable_branches()->set_min_full_members(5);
  tests::TempDir dir;
  std::ofstream(dir.File("pack")) << TextOf(pack);
  const LoadedRules loaded = LoadRulePack(dir.File("pack")).value();
  EXPECT_EQ(loaded.book.version(), "county-2");
  EXPECT_EQ(loaded.book.On(absl::CivilDay(2026, 12, 31)).branches.min_full_members, 3);
  EXPECT_EQ(loaded.book.On(absl::CivilDay(2027, 1, 1)).branches.min_full_members, 5);
  EXPECT_EQ(loaded.pack.sets_size(), 2);
}

TEST(RulePackCodecTest, WhatCannotBeReadIsNamedByLine) {
  const absl::Status status = ReadRulePack("version: \"v1\"\nsetz { }\n").status();
  EXPECT_THAT(FaultsOf(status), Contains(StartsWith("line 2:6: ")));
  const absl::Status unknown = ReadRulePack("sets { terms { lengths { kinds: UNIT_KIND_CLUB } } }").status();
  EXPECT_THAT(FaultsOf(unknown), Contains(HasSubstr("UNIT_KIND_CLUB")));
  EXPECT_THAT(FaultsOf(LoadRulePack("/nowhere/pack").status()), ElementsAre(StartsWith("rule-pack: ")));
}

TEST(RulePackCodecTest, FaultsOfFormAndOfMeaningComeTogether) {
  v1::RulePack pack = LoadRulePack("").value().pack;
  pack.mutable_sets(0)->mutable_effective_date()->set_month(13);
  pack.mutable_sets(0)->mutable_branches()->clear_max_members();
  pack.mutable_sets(0)->mutable_structure()->mutable_placements(0)->add_levels(static_cast<v1::Level>(77));
  pack.mutable_sets(0)->mutable_structure()->mutable_kinds(0)->set_kind(static_cast<v1::UnitKind>(-5));
  pack.clear_version();
  const std::vector<std::string> faults = FaultsOf(ReadRulePack(TextOf(pack)).status());
  for (const char* path : {"sets[0].effective_date: ", "sets[0].branches.max_members: ", "version: ",
                           "sets[0].structure.placements[0].levels: ", "sets[0].structure.kinds[0].kind: "}) {
    EXPECT_THAT(faults, Contains(StartsWith(path)));
  }
}

TEST(RulePackCodecTest, AnEmptyPackHasNoRules) {
  EXPECT_THAT(FaultsOf(ReadRulePack("").status()), Contains(StartsWith("sets: ")));
}

}  // namespace
}  // namespace ronghe::organization
