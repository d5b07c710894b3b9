#include "services/common/changelog/watch_filter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using ::testing::UnorderedElementsAre;

// 1 county A
//   11 town A1 ── 111 branch A1a
//   12 town A2
// 2 county B
//   21 town B1
class WatchFilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    DirectoryDelta delta{.reset = true, .complete = true, .incarnation = "i", .position = 1};
    for (const auto& [uid, parent] :
         std::vector<std::pair<int64_t, int64_t>>{{1, 0}, {2, 0}, {11, 1}, {12, 1}, {21, 2}, {111, 11}}) {
      DirectoryUnit unit;
      unit.uid = UnitUid(uid);
      unit.parent = UnitUid(parent);
      unit.code = "c" + std::to_string(uid);
      delta.units.push_back(unit);
    }
    directory_.Apply(delta, absl::UnixEpoch());
  }

  static Scope Everything() { return {.everything = true}; }
  static Scope Of(std::vector<int64_t> units) {
    Scope scope;
    for (const int64_t unit : units) scope.units.push_back(UnitUid(unit));
    return scope;
  }
  static v1::WatchRequest Request(std::vector<std::string> units = {}, std::vector<std::string> kinds = {}) {
    v1::WatchRequest request;
    for (std::string& unit : units) request.add_units(std::move(unit));
    for (std::string& kind : kinds) request.add_kinds(std::move(kind));
    return request;
  }
  WatchFilter Filter(Scope scope, const v1::WatchRequest& request = Request()) {
    return WatchFilter::Create(directory_, std::move(scope), request).value();
  }

  static PublishedChange Change(std::string resource, int64_t unit, int64_t before = 0,
                                ChangeKind kind = ChangeKind::kUpdated) {
    PublishedChange change;
    change.position = 9;
    change.partition = PartitionId(3);
    change.revision = 4;
    change.time = absl::FromUnixMicros(1'500'000'000'250'000);
    change.change_id = "id";
    change.entry = {.kind = kind,
                    .resource = std::move(resource),
                    .unit = UnitUid(unit),
                    .unit_before = UnitUid(before),
                    .etag = "e"};
    return change;
  }
  // `kind unit<unit_before` as told, or `-`.
  static std::string Told(const WatchFilter& filter, const PublishedChange& change) {
    const std::optional<v1::Change> told = filter.Apply(change);
    if (!told.has_value()) return "-";
    const std::string kind = v1::ChangeKind_Name(told->kind()).substr(std::string("CHANGE_KIND_").size());
    return kind + " " + told->unit() + "<" + told->unit_before();
  }
  static std::string ToldOfMove(const WatchFilter& filter, int64_t unit, int64_t before) {
    return Told(filter, Change("units/c" + std::to_string(unit), unit, before, ChangeKind::kStructureChanged));
  }

  Directory directory_;
};

TEST_F(WatchFilterTest, TellsEveryField) {
  const v1::Change told = Filter(Everything()).Apply(Change("members/5", 111)).value();
  EXPECT_EQ(told.position(), 9);
  EXPECT_EQ(told.partition(), 3);
  EXPECT_EQ(told.revision(), 4);
  EXPECT_EQ(told.time().seconds(), 1'500'000'000);
  EXPECT_EQ(told.time().nanos(), 250'000'000);
  EXPECT_EQ(told.kind(), v1::CHANGE_KIND_UPDATED);
  EXPECT_EQ(told.resource(), "members/5");
  EXPECT_EQ(told.unit(), "units/c111");
  EXPECT_EQ(told.unit_before(), "");
  EXPECT_EQ(told.change_id(), "id");
  EXPECT_EQ(told.etag(), "e");
}

TEST_F(WatchFilterTest, TellsOnlyWhatLiesInTheScope) {
  const WatchFilter county = Filter(Of({1}));
  EXPECT_EQ(Told(county, Change("members/5", 111)), "UPDATED units/c111<");
  EXPECT_EQ(Told(county, Change("members/5", 21)), "-");
  EXPECT_EQ(Told(county, Change("members/5", 999)), "-");   // unknown
  EXPECT_EQ(Told(county, Change("principals/5", 0)), "-");  // of no unit
  EXPECT_EQ(Told(Filter(Of({})), Change("members/5", 111)), "-");
  EXPECT_EQ(Told(Filter(Of({11, 2})), Change("members/5", 21)), "UPDATED units/c21<");
}

TEST_F(WatchFilterTest, WhatBelongsToNoUnitIsForThoseWhoWatchEverything) {
  EXPECT_EQ(Told(Filter(Everything()), Change("principals/5", 0)), "UPDATED <");
  EXPECT_EQ(Told(Filter(Everything(), Request({"units/-"})), Change("principals/5", 0)), "UPDATED <");
  EXPECT_EQ(Told(Filter(Everything(), Request({"units/c1"})), Change("principals/5", 0)), "-");
}

TEST_F(WatchFilterTest, TellsOnlyOfTheUnitsAskedFor) {
  const WatchFilter filter = Filter(Of({1}), Request({"units/c11"}));
  EXPECT_EQ(Told(filter, Change("members/5", 111)), "UPDATED units/c111<");
  EXPECT_EQ(Told(filter, Change("members/5", 12)), "-");
  EXPECT_EQ(Told(Filter(Of({1}), Request({"units/c11", "units/-"})), Change("members/5", 12)), "UPDATED units/c12<");
}

TEST_F(WatchFilterTest, TellsOnlyOfTheCollectionsAskedFor) {
  const WatchFilter filter = Filter(Everything(), Request({}, {"members", "imports"}));
  EXPECT_EQ(Told(filter, Change("members/5", 111)), "UPDATED units/c111<");
  EXPECT_EQ(Told(filter, Change("membersOfHonour/5", 111)), "-");
  EXPECT_EQ(Told(filter, Change("units/c111", 111)), "-");
}

TEST_F(WatchFilterTest, MovedResourcesEnterAndLeave) {
  const WatchFilter county = Filter(Of({1}));
  EXPECT_EQ(Told(county, Change("members/5", 111, 12)), "UPDATED units/c111<units/c12");
  EXPECT_EQ(Told(county, Change("members/5", 111, 21)), "UNIT_ENTERED units/c111<");  // nothing of where it was
  EXPECT_EQ(Told(county, Change("members/5", 21, 111)), "UNIT_LEFT <units/c111");     // nor of where it went
  EXPECT_EQ(Told(county, Change("members/5", 21, 2)), "-");
  EXPECT_FALSE(county.Apply(Change("members/5", 21, 111))->etag().size());

  const WatchFilter town = Filter(Of({1}), Request({"units/c11"}));
  EXPECT_EQ(Told(town, Change("members/5", 12, 111)), "UNIT_LEFT units/c12<units/c111");
  EXPECT_EQ(Told(town, Change("members/5", 111, 12)), "UNIT_ENTERED units/c111<units/c12");
  EXPECT_EQ(Told(Filter(Everything()), Change("members/5", 21, 111)), "UPDATED units/c21<units/c111");
}

TEST_F(WatchFilterTest, MovedUnitsEnterAndLeaveForEverythingBelowThem) {
  // The tree is as after the move: 111 stands below 11.
  EXPECT_EQ(ToldOfMove(Filter(Of({1})), 111, 12), "STRUCTURE_CHANGED units/c111<units/c12");
  EXPECT_EQ(ToldOfMove(Filter(Of({1})), 111, 21), "UNIT_ENTERED units/c111<");
  EXPECT_EQ(ToldOfMove(Filter(Of({2})), 111, 21), "UNIT_LEFT <units/c21");
  EXPECT_EQ(ToldOfMove(Filter(Of({2})), 111, 12), "-");
  // What is watched by its own name neither enters nor leaves by moving.
  EXPECT_EQ(ToldOfMove(Filter(Of({111})), 111, 12), "STRUCTURE_CHANGED units/c111<");
  EXPECT_EQ(ToldOfMove(Filter(Everything(), Request({"units/c111"})), 111, 12),
            "STRUCTURE_CHANGED units/c111<units/c12");
  // Whoever watches members must hear of it too.
  const WatchFilter members = Filter(Of({1}), Request({"units/c11"}, {"members"}));
  EXPECT_EQ(ToldOfMove(members, 111, 12), "UNIT_ENTERED units/c111<units/c12");
  EXPECT_EQ(ToldOfMove(members, 12, 11), "UNIT_LEFT units/c12<units/c11");
  EXPECT_EQ(ToldOfMove(Filter(Of({1}), Request({}, {"members"})), 111, 12), "-");
}

TEST_F(WatchFilterTest, WhatIsGoneIsGoneAlsoWhereItsUnitIsForgotten) {
  const PublishedChange known = Change("units/c111", 111, 11, ChangeKind::kDeleted);
  const PublishedChange forgotten = Change("units/c112", 112, 11, ChangeKind::kDeleted);
  EXPECT_EQ(Told(Filter(Of({1})), known), "DELETED units/c111<units/c11");
  EXPECT_EQ(Told(Filter(Of({1})), forgotten), "DELETED <units/c11");
  EXPECT_EQ(Told(Filter(Of({2})), forgotten), "-");
  EXPECT_EQ(Told(Filter(Of({1}), Request({}, {"members"})), forgotten), "-");
}

TEST_F(WatchFilterTest, WhatIsOutsideTheScopeDoesNotExist) {
  for (const char* name : {"units/c2", "units/c21", "units/c999"}) {
    const absl::Status status = WatchFilter::Create(directory_, Of({1}), Request({"units/c1", name})).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_EQ(ResourceOf(status), name);
  }
}

TEST_F(WatchFilterTest, AllMalformedNamesAreNamedAtOnce) {
  const absl::Status status =
      WatchFilter::Create(directory_, Of({1}),
                          Request({"units/c1", "c1", "units/", "units/a/b", "units/" + std::string(200, 'x')},
                                  {"members", "members/", "", "Members", "9"}))
          .status();
  ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
  std::vector<std::string> fields;
  for (const Violation& violation : ViolationsOf(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields, UnorderedElementsAre("units[1]", "units[2]", "units[3]", "units[4]", "kinds[1]", "kinds[2]",
                                           "kinds[3]", "kinds[4]"));
  const absl::Status many =
      WatchFilter::Create(directory_, Of({1}), Request(std::vector<std::string>(501, "units/c1"))).status();
  EXPECT_EQ(ViolationsOf(many).at(0).reason, "TOO_MANY");
}

}  // namespace
}  // namespace ronghe::common
