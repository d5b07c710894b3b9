#include "tests/system/access_records.h"

#include <fmt/format.h>

#include "ronghe/education/v1/activity_service.pb.h"
#include "ronghe/education/v1/learning_record_service.pb.h"
#include "ronghe/organization/v1/duty_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/post_service.pb.h"
#include "ronghe/organization/v1/workplace_service.pb.h"
#include "ronghe/rectification/v1/checklist_service.pb.h"
#include "ronghe/rectification/v1/problem_service.pb.h"
#include "ronghe/rectification/v1/risk_point_service.pb.h"
#include "services/common/values/clock.h"
#include "tests/support/eventually.h"
#include "tests/support/rpc_client.h"

namespace ronghe::tests {
namespace {

using Names = std::map<std::string, std::string>;

// Organization's services, as the administrator.
struct Caller {
  template <typename Response>
  Response Must(const char* service, const char* method, const google::protobuf::Message& request) {
    return client.Must<Response>(fmt::format("ronghe.organization.v1.{}/{}", service, method), request);
  }
  RpcClient client;
};

void MakeMember(Caller& caller, const std::string& unit, const std::string& identity_number, Names& names) {
  organization::v1::CreateMemberRequest member;
  auto* m = member.mutable_member();
  m->set_unit(unit);
  m->set_full_name("张三");
  m->set_sex(organization::v1::SEX_MALE);
  m->set_identity_number(identity_number);
  m->mutable_birth_date()->set_year(std::stoi(identity_number.substr(6, 4)));
  m->mutable_birth_date()->set_month(std::stoi(identity_number.substr(10, 2)));
  m->mutable_birth_date()->set_day(std::stoi(identity_number.substr(12, 2)));
  m->set_status(organization::v1::MEMBER_STATUS_FULL);
  m->mutable_join_date()->set_year(2000);
  m->mutable_join_date()->set_month(7);
  m->mutable_join_date()->set_day(1);
  m->mutable_full_date()->set_year(2001);
  m->mutable_full_date()->set_month(7);
  m->mutable_full_date()->set_day(1);
  names["members"] = caller.Must<organization::v1::Member>("MemberService", "CreateMember", member).name();
}

void MakeTransfer(Caller& caller, const std::string& target, Names& names) {
  organization::v1::CreateTransferRequest request;
  request.mutable_transfer()->set_member(names["members"]);
  request.mutable_transfer()->set_target_unit(target);
  names["transfers"] = caller.Must<organization::v1::Transfer>("MemberService", "CreateTransfer", request).name();
}

// A problem of a branch that the township above it supervises.
void MakeProblem(Caller& caller, const std::string& unit, Names& names) {
  rectification::v1::CreateProblemRequest request;
  rectification::v1::Problem& problem = *request.mutable_problem();
  problem.set_unit(unit);
  problem.set_source(rectification::v1::PROBLEM_SOURCE_INSPECTION);
  problem.set_category("other");
  problem.set_problem_class(rectification::v1::PROBLEM_CLASS_LONG_TERM);
  problem.set_description("x");
  rectification::v1::Problem made;
  grpc::Status status;
  // The service follows organization, where the unit is new.
  const absl::Time deadline = common::SystemClock().Now() + absl::Seconds(30);
  do {
    tests::Pause();
    status = caller.client.Call("ronghe.rectification.v1.ProblemService/CreateProblem", request, made);
  } while (status.error_code() == grpc::StatusCode::NOT_FOUND && common::SystemClock().Now() < deadline);
  EXPECT_TRUE(status.ok()) << status.error_message();
  names["problems"] = made.name();
}

// An activity of a branch, to come.
void MakeActivity(Caller& caller, const std::string& unit, Names& names) {
  education::v1::CreateActivityRequest request;
  education::v1::Activity& activity = *request.mutable_activity();
  activity.set_unit(unit);
  activity.set_kind(education::v1::ACTIVITY_KIND_THEME_DAY);
  activity.mutable_start_time()->set_seconds(1'800'000'000);
  activity.set_topic("x");
  education::v1::Activity made;
  grpc::Status status;
  const absl::Time deadline = common::SystemClock().Now() + absl::Seconds(30);
  do {
    tests::Pause();
    status = caller.client.Call("ronghe.education.v1.ActivityService/CreateActivity", request, made);
  } while (status.error_code() == grpc::StatusCode::NOT_FOUND && common::SystemClock().Now() < deadline);
  EXPECT_TRUE(status.ok()) << status.error_message();
  names["activities"] = made.name();
}

// What the member learned. After the activity, by when education knows the units.
void MakeLearningRecord(Caller& caller, Names& names) {
  education::v1::CreateLearningRecordRequest request;
  education::v1::LearningRecord& record = *request.mutable_learning_record();
  record.set_member(names["members"]);
  record.set_source(education::v1::LEARNING_SOURCE_ONLINE_PLATFORM);
  record.set_platform("x");
  record.set_external_id("1");
  record.set_credit_deci_hours(10);
  record.mutable_date()->set_year(2025);
  record.mutable_date()->set_month(3);
  record.mutable_date()->set_day(1);
  names["learningRecords"] = caller.client
                                 .Must<education::v1::LearningRecord>(
                                     "ronghe.education.v1.LearningRecordService/CreateLearningRecord", request)
                                 .name();
}

void IssueOrder(Caller& caller, const std::string& unit, Names& names) {
  rectification::v1::IssueOrderRequest request;
  rectification::v1::ProblemOrder& order = *request.mutable_order();
  order.set_unit(unit);
  order.add_units(unit);
  order.set_source(rectification::v1::PROBLEM_SOURCE_INSPECTION);
  order.set_category("other");
  order.set_problem_class(rectification::v1::PROBLEM_CLASS_LONG_TERM);
  order.set_description("x");
  names["orders"] =
      caller.client.Must<rectification::v1::ProblemOrder>("ronghe.rectification.v1.ProblemService/IssueOrder", request)
          .name();
}

void MakeRiskPoint(Caller& caller, const std::string& unit, Names& names) {
  rectification::v1::CreateRiskPointRequest request;
  rectification::v1::RiskPoint& point = *request.mutable_risk_point();
  point.set_unit(unit);
  point.set_title("x");
  point.set_category("other");
  point.set_rating(rectification::v1::RISK_RATING_LOW);
  point.set_owner("members/1");
  point.set_description("x");
  point.set_measures("x");
  constexpr char kMethod[] = "ronghe.rectification.v1.RiskPointService/CreateRiskPoint";
  names["riskPoints"] = caller.client.Must<rectification::v1::RiskPoint>(kMethod, request).name();
}

// A checklist of the unit, handed down to itself.
void MakeSelfCheck(Caller& caller, const std::string& unit, Names& names) {
  constexpr char kService[] = "ronghe.rectification.v1.ChecklistService/";
  rectification::v1::CreateChecklistRequest create;
  create.mutable_checklist()->set_unit(unit);
  create.mutable_checklist()->set_title("x");
  rectification::v1::ChecklistItem& item = *create.mutable_checklist()->add_items();
  item.set_code("x");
  item.set_title("x");
  item.set_category("other");
  item.set_problem_class(rectification::v1::PROBLEM_CLASS_LONG_TERM);
  names["checklists"] =
      caller.client.Must<rectification::v1::Checklist>(std::string(kService) + "CreateChecklist", create).name();
  rectification::v1::IssueCheckRoundRequest issue;
  issue.mutable_round()->set_checklist(names["checklists"]);
  issue.mutable_round()->mutable_due_date()->set_year(2039);
  issue.mutable_round()->mutable_due_date()->set_month(1);
  issue.mutable_round()->mutable_due_date()->set_day(7);
  names["checkRounds"] =
      caller.client.Must<rectification::v1::CheckRound>(std::string(kService) + "IssueCheckRound", issue).name();
  rectification::v1::ListSelfChecksRequest list;
  list.set_parent(unit);
  rectification::v1::ListSelfChecksResponse listed;
  const absl::Time deadline = common::SystemClock().Now() + absl::Seconds(30);
  do {
    tests::Pause();
    listed =
        caller.client.Must<rectification::v1::ListSelfChecksResponse>(std::string(kService) + "ListSelfChecks", list);
  } while (listed.self_checks().empty() && common::SystemClock().Now() < deadline);
  ASSERT_EQ(listed.self_checks_size(), 1);
  names["selfChecks"] = listed.self_checks(0).name();
}

// A post, a term and an appointment of the member's unit.
void MakePosts(Caller& caller, const std::string& unit, Names& names) {
  organization::v1::CreatePostRequest post;
  post.mutable_post()->set_unit(unit);
  post.mutable_post()->set_kind(organization::v1::POST_KIND_SECRETARY);
  post.mutable_post()->set_seats(1);
  names["posts"] = caller.Must<organization::v1::Post>("PostService", "CreatePost", post).name();
  organization::v1::CreateTermRequest term;
  term.mutable_term()->set_unit(unit);
  term.mutable_term()->mutable_start_date()->set_year(2025);
  term.mutable_term()->mutable_start_date()->set_month(3);
  term.mutable_term()->mutable_start_date()->set_day(1);
  names["terms"] = caller.Must<organization::v1::Term>("PostService", "CreateTerm", term).name();
  organization::v1::CreateAppointmentRequest appointment;
  appointment.mutable_appointment()->set_post(names["posts"]);
  appointment.mutable_appointment()->set_member(names["members"]);
  appointment.mutable_appointment()->set_basis(organization::v1::APPOINTMENT_BASIS_ELECTED);
  names["appointments"] =
      caller.Must<organization::v1::Appointment>("PostService", "CreateAppointment", appointment).name();
}

// A workplace that the unit counts and serves.
void MakeWorkplaces(Caller& caller, const std::string& unit, Names& names) {
  organization::v1::CreateWorkplaceRequest create;
  create.mutable_workplace()->set_unit(unit);
  create.mutable_workplace()->set_kind(organization::v1::WORKPLACE_KIND_COMMUNITY);
  create.mutable_workplace()->set_title("某社区");
  create.mutable_workplace()->set_external_id(unit);
  names["workplaces"] = caller.Must<organization::v1::Workplace>("WorkplaceService", "CreateWorkplace", create).name();
  organization::v1::BatchAssignCoversRequest assign;
  assign.set_unit(unit);
  assign.add_workplaces(names["workplaces"]);
  names["covers"] =
      caller.Must<organization::v1::BatchAssignCoversResponse>("WorkplaceService", "BatchAssignCovers", assign)
          .covers(0)
          .name();
}

// A duty of the unit, begun, with a result that is due.
void MakeDuties(Caller& caller, const std::string& unit, Names& names) {
  organization::v1::CreateDutyRequest create;
  organization::v1::Duty& duty = *create.mutable_duty();
  duty.set_unit(unit);
  duty.set_kind(organization::v1::DUTY_KIND_COMMITMENT);
  duty.set_title("承诺");
  duty.mutable_start_date()->set_year(2026);
  duty.mutable_start_date()->set_month(1);
  duty.mutable_start_date()->set_day(1);
  organization::v1::DutyParty& party = *duty.add_parties();
  party.set_role(organization::v1::DUTY_ROLE_PARTICIPANT);
  party.set_member(names["members"]);
  names["duties"] = caller.Must<organization::v1::Duty>("DutyService", "CreateDuty", create).name();
  organization::v1::StartDutyRequest start;
  start.set_name(names["duties"]);
  caller.Must<organization::v1::Duty>("DutyService", "StartDuty", start);
  organization::v1::ListDutyResultsRequest list;
  list.set_parent(unit);
  names["dutyResults"] =
      caller.Must<organization::v1::ListDutyResultsResponse>("DutyService", "ListDutyResults", list).results(0).name();
}

}  // namespace

std::map<std::string, std::string> MakeRecords(Suite& suite, const std::string& branch, const std::string& other,
                                               const std::string& identity_number) {
  Names names;
  Caller caller{RpcClient(suite.gateway(), suite.administrator())};
  MakeMember(caller, branch, identity_number, names);
  MakePosts(caller, branch, names);
  MakeWorkplaces(caller, branch, names);
  MakeDuties(caller, branch, names);
  MakeProblem(caller, branch, names);
  IssueOrder(caller, branch, names);
  MakeSelfCheck(caller, branch, names);
  MakeRiskPoint(caller, branch, names);
  MakeActivity(caller, branch, names);
  MakeLearningRecord(caller, names);
  MakeTransfer(caller, other, names);
  return names;
}

}  // namespace ronghe::tests
