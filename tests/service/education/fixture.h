#pragma once

#include <memory>
#include <string>

#include "ronghe/education/v1/activity_service.grpc.pb.h"
#include "ronghe/education/v1/education_service.grpc.pb.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"

#include "services/education/service.h"
#include "tests/service/follower_fixture.h"

namespace ronghe::education {

class EducationTest : public tests::FollowerTest<Service, Config> {
 protected:
  using Activities = v1::ActivityService::Stub;

  void SetUp() override {
    FollowerTest::SetUp();
    activities_ = v1::ActivityService::NewStub(server_->channel);
    totals_ = v1::EducationService::NewStub(server_->channel);
  }
  std::string ServiceName() const override { return "education"; }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(const std::string& subject,
                               grpc::Status (Activities::*method)(grpc::ClientContext*, const Request&, Response*),
                               const Request& request) {
    return Call(subject, *activities_, method, request);
  }
  template <typename Request, typename Response>
  Response Must(const std::string& subject,
                grpc::Status (Activities::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    auto response = Ask(subject, method, request);
    EXPECT_TRUE(response.ok()) << subject << ": " << response.status();
    return response.value_or(Response());
  }

  // A member of a unit; the number.
  std::string MakeMember(const std::string& unit, const std::string& identity_number) {
    auto members = organization::v1::MemberService::NewStub(organization_->channel);
    organization::v1::CreateMemberRequest request;
    organization::v1::Member& member = *request.mutable_member();
    member.set_unit("units/" + unit);
    member.set_full_name("张三");
    member.set_sex(organization::v1::SEX_MALE);
    member.set_identity_number(identity_number);
    SetDate(std::stoi(identity_number.substr(6, 4)), std::stoi(identity_number.substr(10, 2)),
            std::stoi(identity_number.substr(12, 2)), *member.mutable_birth_date());
    member.set_status(organization::v1::MEMBER_STATUS_FULL);
    SetDate(2000, 7, 1, *member.mutable_join_date());
    SetDate(2001, 7, 1, *member.mutable_full_date());
    const auto made = Call("admin", *members, &organization::v1::MemberService::Stub::CreateMember, request);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->name() : "";
  }
  static void SetDate(int year, int month, int day, google::type::Date& date) {
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
  }
  v1::CreateActivityRequest NewActivity(const std::string& unit = "B1") {
    v1::CreateActivityRequest request;
    v1::Activity& activity = *request.mutable_activity();
    activity.set_unit("units/" + unit);
    activity.set_kind(v1::ACTIVITY_KIND_THEME_DAY);
    activity.mutable_start_time()->set_seconds(absl::ToUnixSeconds(common::SystemClock().Now()) - 60);
    activity.set_topic("主题党日");
    v1::Document& minutes = *activity.mutable_minutes();
    minutes.set_content_hash(std::string(64, 'a'));
    minutes.set_size_bytes(10);
    minutes.set_media_type("text/plain");
    minutes.set_title("记录");
    return request;
  }
  template <typename Request>
  static Request On(const v1::Activity& activity) {
    Request request;
    request.set_name(activity.name());
    return request;
  }

  std::unique_ptr<Activities> activities_;
  std::unique_ptr<v1::EducationService::Stub> totals_;
};

}  // namespace ronghe::education
