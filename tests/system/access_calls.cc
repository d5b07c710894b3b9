#include "tests/system/access_calls.h"

#include <chrono>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/assessment/v1/assessment_service.pb.h"
#include "ronghe/common/v1/access.pb.h"
#include "ronghe/common/v1/echo_service.pb.h"
#include "ronghe/common/v1/summary_feed_service.pb.h"
#include "ronghe/education/v1/activity_service.pb.h"
#include "ronghe/education/v1/education_service.pb.h"
#include "ronghe/education/v1/learning_record_service.pb.h"
#include "ronghe/gateway/v1/overview_service.pb.h"
#include "ronghe/organization/v1/access_service.pb.h"
#include "ronghe/organization/v1/directory_service.pb.h"
#include "ronghe/organization/v1/duty_service.pb.h"
#include "ronghe/organization/v1/import_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "ronghe/organization/v1/post_service.pb.h"
#include "ronghe/organization/v1/roster_service.pb.h"
#include "ronghe/organization/v1/structure_service.pb.h"
#include "ronghe/organization/v1/workplace_service.pb.h"
#include "ronghe/rectification/v1/checklist_service.pb.h"
#include "ronghe/rectification/v1/ledger_service.pb.h"
#include "ronghe/rectification/v1/problem_service.pb.h"
#include "ronghe/rectification/v1/rectification_service.pb.h"
#include "ronghe/rectification/v1/risk_point_service.pb.h"

namespace ronghe::tests {

namespace pb = google::protobuf;

std::vector<Served> AllServices() {
  std::vector<Served> all;
  auto add = [&](const pb::FileDescriptor* file, const std::string& process) {
    for (int i = 0; i < file->service_count(); ++i) all.push_back({file->service(i), process});
  };
  add(common::v1::EchoRequest::descriptor()->file(), "organization");
  add(organization::v1::CreateUnitRequest::descriptor()->file(), "organization");
  add(organization::v1::CreateMemberRequest::descriptor()->file(), "organization");
  add(organization::v1::CreatePostRequest::descriptor()->file(), "organization");
  add(organization::v1::CreateWorkplaceRequest::descriptor()->file(), "organization");
  add(organization::v1::CreateDutyRequest::descriptor()->file(), "organization");
  add(organization::v1::CreateGrantRequest::descriptor()->file(), "organization");
  add(organization::v1::GetImportRequest::descriptor()->file(), "organization");
  add(organization::v1::MergeUnitsRequest::descriptor()->file(), "organization");
  add(organization::v1::StreamDirectoryRequest::descriptor()->file(), "organization");
  add(organization::v1::GetRosterRequest::descriptor()->file(), "organization");
  // Served by every service that folds totals, in the same way.
  add(common::v1::SummaryHead::descriptor()->file(), "organization");
  const pb::DescriptorPool* pool = pb::DescriptorPool::generated_pool();
  for (const char* process : {"education", "rectification", "assessment"}) {
    add(pool->FindFileByName(fmt::format("ronghe/{0}/v1/{0}_service.proto", process)), process);
  }
  add(education::v1::CreateActivityRequest::descriptor()->file(), "education");
  add(education::v1::CreateLearningRecordRequest::descriptor()->file(), "education");
  add(rectification::v1::CreateProblemRequest::descriptor()->file(), "rectification");
  add(rectification::v1::ImportProblemsRequest::descriptor()->file(), "rectification");
  add(rectification::v1::CreateChecklistRequest::descriptor()->file(), "rectification");
  add(rectification::v1::CreateRiskPointRequest::descriptor()->file(), "rectification");
  add(gateway::v1::GetOverviewRequest::descriptor()->file(), "gateway");
  return all;
}

std::string CollectionOf(const pb::MethodDescriptor* method, const std::string& path) {
  static const std::map<std::string, std::string> kOther = {
      {"ronghe.organization.v1.MemberService.GetMember name", "members"},
      {"ronghe.organization.v1.MemberService.RevealMember name", "members"},
      {"ronghe.organization.v1.MemberService.UpdateMember member.name", "members"},
      {"ronghe.organization.v1.MemberService.MoveMember name", "members"},
      {"ronghe.organization.v1.MemberService.ConfirmMember name", "members"},
      {"ronghe.organization.v1.MemberService.ExtendProbation name", "members"},
      {"ronghe.organization.v1.MemberService.FloatMember name", "members"},
      {"ronghe.organization.v1.MemberService.ReturnMember name", "members"},
      {"ronghe.organization.v1.MemberService.LeaveMember name", "members"},
      {"ronghe.organization.v1.MemberService.RestoreMember name", "members"},
      {"ronghe.organization.v1.MemberService.ListMemberHistory parent", "members"},
      {"ronghe.organization.v1.PostService.GetPost name", "posts"},
      {"ronghe.organization.v1.PostService.UpdatePost post.name", "posts"},
      {"ronghe.organization.v1.PostService.AbolishPost name", "posts"},
      {"ronghe.organization.v1.PostService.GetTerm name", "terms"},
      {"ronghe.organization.v1.PostService.PlanElection name", "terms"},
      {"ronghe.organization.v1.PostService.RecordElection name", "terms"},
      {"ronghe.organization.v1.PostService.ExtendTerm name", "terms"},
      {"ronghe.organization.v1.PostService.EndTerm name", "terms"},
      {"ronghe.organization.v1.PostService.CreateAppointment appointment.post", "posts"},
      {"ronghe.organization.v1.PostService.CreateAppointment appointment.member", "members"},
      {"ronghe.organization.v1.PostService.GetAppointment name", "appointments"},
      {"ronghe.organization.v1.PostService.EndAppointment name", "appointments"},
      {"ronghe.organization.v1.WorkplaceService.GetWorkplace name", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.UpdateWorkplace workplace.name", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.MoveWorkplace name", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.CloseWorkplace name", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.RestoreWorkplace name", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.BatchAssignCovers workplaces", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.BatchEndCovers workplaces", "workplaces"},
      {"ronghe.organization.v1.WorkplaceService.GetCover name", "covers"},
      {"ronghe.organization.v1.DutyService.GetDuty name", "duties"},
      {"ronghe.organization.v1.DutyService.UpdateDuty duty.name", "duties"},
      {"ronghe.organization.v1.DutyService.StartDuty name", "duties"},
      {"ronghe.organization.v1.DutyService.CompleteDuty name", "duties"},
      {"ronghe.organization.v1.DutyService.EndDuty name", "duties"},
      {"ronghe.organization.v1.DutyService.CancelDuty name", "duties"},
      {"ronghe.organization.v1.DutyService.AddDutyParties name", "duties"},
      {"ronghe.organization.v1.DutyService.EndDutyPart name", "duties"},
      {"ronghe.organization.v1.DutyService.RecordDutyResult name", "dutyResults"},
      {"ronghe.organization.v1.DutyService.AmendDutyResult name", "dutyResults"},
      {"ronghe.organization.v1.DutyService.GetDutyResult name", "dutyResults"},
      {"ronghe.organization.v1.ImportService.GetImport name", "imports"},
      {"ronghe.organization.v1.ImportService.ListImportRowErrors name", "imports"},
      {"ronghe.organization.v1.ImportService.RevertImport name", "imports"},
      {"ronghe.education.v1.LearningRecordService.CreateLearningRecord learning_record.member", "members"},
      {"ronghe.education.v1.LearningRecordService.ListLearningRecords parent", "members"},
      {"ronghe.education.v1.LearningRecordService.GetLearningRecord name", "learningRecords"},
      {"ronghe.education.v1.LearningRecordService.VoidLearningRecord name", "learningRecords"},
      {"ronghe.education.v1.LearningRecordService.GetLearningImport name", "learningImports"},
      {"ronghe.education.v1.LearningRecordService.ListLearningImportRowErrors name", "learningImports"},
      {"ronghe.education.v1.LearningRecordService.ReconcileLearningImport name", "learningImports"},
      {"ronghe.education.v1.LearningRecordService.RevertLearningImport name", "learningImports"},
      {"ronghe.rectification.v1.ChecklistService.GetChecklist name", "checklists"},
      {"ronghe.rectification.v1.ChecklistService.UpdateChecklist checklist.name", "checklists"},
      {"ronghe.rectification.v1.ChecklistService.IssueCheckRound round.checklist", "checklists"},
      {"ronghe.rectification.v1.ChecklistService.GetCheckRound name", "checkRounds"},
      {"ronghe.rectification.v1.ChecklistService.GetSelfCheck name", "selfChecks"},
      {"ronghe.rectification.v1.ChecklistService.SubmitSelfCheck name", "selfChecks"},
      {"ronghe.rectification.v1.LedgerService.GetProblemImport name", "problemImports"},
      {"ronghe.rectification.v1.LedgerService.ListProblemImportRowErrors name", "problemImports"},
      {"ronghe.rectification.v1.LedgerService.RevertProblemImport name", "problemImports"},
      {"ronghe.organization.v1.StructureService.GetReorganization name", "reorganizations"},
      {"ronghe.organization.v1.StructureService.CancelReorganization name", "reorganizations"},
      {"ronghe.organization.v1.AccessService.RevokeGrant name", "grants"},
  };
  if (method->service()->full_name() == "ronghe.rectification.v1.ProblemService") {
    if (method->name() == "GetOrder") return "orders";
    const bool of_problem = path == "name" || path == "problem.name" || method->name() == "ListProblemHistory";
    return of_problem ? "problems" : "units";
  }
  if (method->service()->full_name() == "ronghe.education.v1.ActivityService") {
    const bool of_unit = path == "activity.unit" || method->name() == "ListActivities";
    return of_unit ? "units" : "activities";
  }
  if (method->service()->full_name() == "ronghe.rectification.v1.RiskPointService") {
    const bool of_unit = path == "risk_point.unit" || method->name() == "ListRiskPoints";
    return of_unit ? "units" : "riskPoints";
  }
  const auto it = kOther.find(method->full_name() + " " + path);
  return it == kOther.end() ? "units" : it->second;
}

void SetPath(pb::Message& message, std::string_view path, const std::string& value) {
  const auto dot = path.find('.');
  const pb::FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
  ASSERT_NE(field, nullptr) << path;
  const pb::Reflection* reflection = message.GetReflection();
  if (dot != std::string_view::npos) {
    SetPath(*reflection->MutableMessage(&message, field), path.substr(dot + 1), value);
  } else if (field->is_repeated()) {
    reflection->AddString(&message, field, value);
  } else {
    reflection->SetString(&message, field, value);
  }
}

Outcome AnyMethodClient::Call(const pb::MethodDescriptor* method, const std::string& bytes, const std::string& token,
                              const std::string& service_token) {
  grpc::ClientContext context;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  if (!service_token.empty()) context.AddMetadata("x-ronghe-service", "Bearer " + service_token);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  grpc::CompletionQueue queue;
  auto call =
      stub_.PrepareCall(&context, fmt::format("/{}/{}", method->service()->full_name(), method->name()), &queue);
  auto step = [&] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  call->StartCall(nullptr);
  step();
  grpc::Slice slice(bytes);
  grpc::WriteOptions options;
  if (!method->client_streaming()) options.set_last_message();
  call->Write(grpc::ByteBuffer(&slice, 1), options, nullptr);
  step();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = step();
  if (answered && method->server_streaming()) context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  step();
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
  if (answered) return {grpc::StatusCode::OK, "answered"};
  return {status.error_code(), status.error_message()};
}

}  // namespace ronghe::tests
