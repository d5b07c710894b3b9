#pragma once

#include <map>
#include <memory>
#include <string>

#include "ronghe/rectification/v1/problem_service.grpc.pb.h"
#include "ronghe/rectification/v1/rectification_service.grpc.pb.h"

#include "services/rectification/service.h"
#include "tests/service/follower_fixture.h"

namespace ronghe::rectification {

class RectificationTest : public tests::FollowerTest<Service, Config> {
 protected:
  using Problems = v1::ProblemService::Stub;

  void SetUp() override {
    FollowerTest::SetUp();
    problems_ = v1::ProblemService::NewStub(server_->channel);
    totals_ = v1::RectificationService::NewStub(server_->channel);
  }
  std::string ServiceName() const override { return "rectification"; }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(const std::string& subject,
                               grpc::Status (Problems::*method)(grpc::ClientContext*, const Request&, Response*),
                               const Request& request) {
    return Call(subject, *problems_, method, request);
  }
  template <typename Request, typename Response>
  Response Must(const std::string& subject,
                grpc::Status (Problems::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    auto response = Ask(subject, method, request);
    EXPECT_TRUE(response.ok()) << subject << ": " << response.status();
    return response.value_or(Response());
  }

  static v1::CreateProblemRequest NewProblem(const std::string& unit = "B1") {
    v1::CreateProblemRequest request;
    v1::Problem& problem = *request.mutable_problem();
    problem.set_unit("units/" + unit);
    problem.set_source(v1::PROBLEM_SOURCE_INSPECTION);
    problem.set_category("organizational_life");
    problem.set_problem_class(v1::PROBLEM_CLASS_TIME_BOUND);
    problem.set_description("会议记录不全");
    problem.set_measures("补齐记录");
    problem.set_person("members/4711");
    problem.set_working_days(20);
    return request;
  }
  v1::Problem Create(const std::string& unit = "B1") {
    return Must("county", &Problems::CreateProblem, NewProblem(unit));
  }
  // A custom method's request on a problem.
  template <typename Request>
  static Request On(const v1::Problem& problem, const std::string& reason = "原因") {
    Request request;
    request.set_name(problem.name());
    request.set_reason(reason);
    return request;
  }
  static void AddEvidence(v1::SubmitProblemRequest& request) {
    v1::Evidence& evidence = *request.add_evidence();
    evidence.set_content_hash(std::string(64, 'b'));
    evidence.set_size_bytes(100);
    evidence.set_media_type("image/jpeg");
    evidence.set_title("照片");
  }
  v1::Problem Submit(const std::string& who, const v1::Problem& problem) {
    auto request = On<v1::SubmitProblemRequest>(problem);
    AddEvidence(request);
    return Must(who, &Problems::SubmitProblem, request);
  }
  v1::Problem Begun(const std::string& unit = "B1") {
    const v1::Problem problem = Create(unit);
    Must("county", &Problems::AssignProblem, On<v1::AssignProblemRequest>(problem));
    return Must("county", &Problems::StartProblem, On<v1::StartProblemRequest>(problem));
  }
  static v1::VerifyProblemRequest Verify(const v1::Problem& problem, v1::Verdict verdict) {
    auto request = On<v1::VerifyProblemRequest>(problem);
    request.set_verdict(verdict);
    return request;
  }

  std::unique_ptr<Problems> problems_;
  std::unique_ptr<v1::RectificationService::Stub> totals_;
};

}  // namespace ronghe::rectification
