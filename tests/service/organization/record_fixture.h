#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ronghe/organization/v1/member_service.grpc.pb.h"

#include "tests/service/organization/service_fixture.h"
#include "tests/support/eventually.h"
#include "tests/support/people.h"

namespace ronghe::organization {

template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Time end = common::SystemClock().Now() + absl::Seconds(20);
  while (common::SystemClock().Now() < end) {
    if (condition()) return true;
    tests::Pause();
  }
  return condition();
}

// The service with a tree, members, and totals to compare with the records.
class RecordTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    MakeTree();
    channel_ =
        grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->process().port()), grpc::InsecureChannelCredentials());
    members_ = v1::MemberService::NewStub(channel_);
    today_ = server_->process().calendar().Today();
  }

  static void Set(absl::CivilDay day, google::type::Date& date) {
    date.set_year(static_cast<int>(day.year()));
    date.set_month(day.month());
    date.set_day(day.day());
  }
  static absl::CivilDay DayOf(const google::type::Date& date) {
    return absl::CivilDay(date.year(), date.month(), date.day());
  }

  v1::Member NewMember(int64_t number, const std::string& unit) {
    const Member::Fields fields = tests::Person(number);
    v1::CreateMemberRequest request;
    v1::Member& member = *request.mutable_member();
    member.set_unit("units/" + unit);
    member.set_full_name(fields.full_name);
    member.set_sex(static_cast<v1::Sex>(fields.sex));
    auto date = [](const DateParts& parts, google::type::Date& out) {
      out.set_year(parts.year);
      out.set_month(parts.month);
      out.set_day(parts.day);
    };
    date(fields.birth_date, *member.mutable_birth_date());
    member.set_identity_number(fields.identity_number);
    member.set_phone(fields.phone);
    member.set_status(static_cast<v1::MemberStatus>(fields.status));
    date(fields.join_date, *member.mutable_join_date());
    date(fields.full_date, *member.mutable_full_date());
    const auto made = Call("admin", *members_, &v1::MemberService::Stub::CreateMember, request);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value_or(v1::Member());
  }

  v1::OrganizationMetrics Totals(const std::string& unit) {
    common::v1::BatchGetSummariesRequest request;
    request.add_units("units/" + unit);
    const auto response = Units("admin", &v1::OrganizationService::Stub::BatchGetSummaries, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->summaries(0).total() : v1::OrganizationMetrics();
  }
  void ExpectAuditAgrees() {
    const auto report =
        Units("admin", &v1::OrganizationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->difference_count(), 0) << report->DebugString();
  }
  // `field REASON` of what is wrong, reasons of what stands in the way.
  static std::vector<std::string> Reasons(const absl::Status& status) {
    std::vector<std::string> reasons;
    for (const common::Violation& violation : common::ViolationsOf(status)) {
      reasons.push_back(violation.field + " " + violation.reason);
      EXPECT_FALSE(violation.text.zh.empty());
    }
    for (const common::Blocker& blocker : common::BlockersOf(status)) {
      reasons.push_back(blocker.reason);
      EXPECT_FALSE(blocker.text.zh.empty());
    }
    return reasons;
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::MemberService::Stub> members_;
  absl::CivilDay today_;
};

}  // namespace ronghe::organization
