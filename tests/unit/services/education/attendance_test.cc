#include "services/education/domain/attendance.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::education {
namespace {

using common::UnitUid;
using ::testing::ElementsAre;

constexpr absl::CivilDay kDay{2026, 11, 10};
constexpr absl::CivilDay kToday{2026, 11, 16};
constexpr UnitUid kBranch{5};
constexpr UnitUid kTownship{3};

// 11 and 12 are members of the branch, 13 floats elsewhere, 14 sits on the township's committee only.
const std::vector<RosterMember>& Roster() {
  static const auto* const roster = new std::vector<RosterMember>{
      {11, kBranch, false, true, true},    {12, kBranch, false, false, true},   {13, kBranch, true, false, true},
      {14, kTownship, false, true, false}, {11, kTownship, false, true, false},
  };
  return *roster;
}

std::vector<int64_t> Expected(ActivityKind kind, std::vector<int64_t> attendees = {}) {
  Activity activity;
  activity.kind = kind;
  activity.attendees = std::move(attendees);
  std::vector<int64_t> members;
  const absl::StatusOr<std::vector<Attendance>> rows = ExpectedAt(activity, Roster());
  if (!rows.ok()) return {-1};
  for (const Attendance& row : *rows) members.push_back(row.member);
  return members;
}

TEST(AttendanceTest, AKindExpectsTheMembersOrTheCommittee) {
  EXPECT_THAT(Expected(ActivityKind::kBranchAssembly), ElementsAre(11, 12));
  EXPECT_THAT(Expected(ActivityKind::kCommitteeMeeting), ElementsAre(11, 14));
  EXPECT_THAT(Expected(ActivityKind::kDemocraticLifeMeeting), ElementsAre(11, 14));
}

TEST(AttendanceTest, WhoIsNamedIsExpectedAlsoWhoFloats) {
  EXPECT_THAT(Expected(ActivityKind::kCentralizedTraining, {13, 11}), ElementsAre(11, 13));
}

TEST(AttendanceTest, WhoIsNamedAndNotOnTheRosterIsReported) {
  Activity activity;
  activity.kind = ActivityKind::kThemeDay;
  activity.attendees = {11, 98, 99};
  const std::vector<common::Violation> violations = common::ViolationsOf(ExpectedAt(activity, Roster()).status());
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "attendees[1]");
  EXPECT_EQ(violations[1].reason, "NOT_ON_ROSTER");
}

TEST(AttendanceTest, AMemberCountsAtHome) {
  Activity activity;
  activity.kind = ActivityKind::kVolunteerService;
  activity.attendees = {11};
  EXPECT_EQ(ExpectedAt(activity, Roster()).value().front().unit, kBranch);
}

std::string ReasonOf(AttendanceStatus status, const std::string& reason, std::optional<absl::CivilDay> make_up) {
  Attendance record;
  record.status = status;
  record.reason = reason;
  record.make_up = make_up;
  common::Violations violations;
  CheckRecord(record, kDay, kToday, "records[0].", violations);
  return violations.empty() ? "" : violations.list().front().field + " " + violations.list().front().reason;
}

TEST(AttendanceTest, LeaveHasAReasonAndMakeUpADay) {
  EXPECT_EQ(ReasonOf(AttendanceStatus::kPresent, "", std::nullopt), "");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kUnspecified, "", std::nullopt), "records[0].status REQUIRED");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kLeave, "", std::nullopt), "records[0].reason REQUIRED");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kLeave, "出差", std::nullopt), "");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kMakeUp, "", std::nullopt), "records[0].make_up_date REQUIRED");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kMakeUp, "", kDay), "");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kMakeUp, "", kDay - 1), "records[0].make_up_date OUT_OF_RANGE");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kMakeUp, "", kToday + 1), "records[0].make_up_date OUT_OF_RANGE");
  EXPECT_EQ(ReasonOf(AttendanceStatus::kAbsent, "", kDay), "records[0].make_up_date CONFLICT");
}

}  // namespace
}  // namespace ronghe::education
