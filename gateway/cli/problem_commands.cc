#include "gateway/cli/problem_commands.h"

#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include "gateway/cli/document_files.h"
#include "gateway/cli/record_commands.h"
#include "gateway/cli/table.h"
#include "ronghe/rectification/v1/problem_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = rectification::v1;
using Service = v1::ProblemService;
using Stub = Service::Stub;

const std::vector<std::string_view>& Columns() {
  static const auto* const columns = new std::vector<std::string_view>{"name",  "unit",     "category", "problem_class",
                                                                       "state", "due_date", "overdue",  "description"};
  return *columns;
}

std::string MemberNamed(const std::string& name) {
  return name.empty() ? name : Named("members", name);
}

// A request by which one event happens.
template <typename Request>
Request StepOf(const ProblemOptions& options, Context& context) {
  auto request = EventOf<Request>(options, context, "problems");
  request.set_reason(options.reason);
  return request;
}

template <typename Request>
absl::Status SetDue(const ProblemOptions& options, Request& request) {
  common::Violations violations;
  SetDateText(request, "due_date", options.due_date, violations);
  return violations.ToStatus();
}

absl::Status VerifyMany(const ProblemOptions& options, v1::Verdict verdict, Context& context) {
  v1::BatchVerifyProblemsRequest request;
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  for (const std::string& name : options.names) {
    v1::ProblemVerification& one = *request.add_verifications();
    one.set_name(Named("problems", name));
    one.set_verdict(verdict);
    one.set_reason(options.reason);
  }
  RONGHE_ASSIGN_OR_RETURN(const auto response,
                          (Send<Service, v1::BatchVerifyProblemsRequest, v1::BatchVerifyProblemsResponse>(
                              context, &Stub::BatchVerifyProblems, request)));
  if (context.console().json) {
    PrintResource(context, response);
    return absl::OkStatus();
  }
  int refused = 0;
  for (const v1::ProblemVerificationResult& result : response.results()) {
    refused += result.has_status() ? 1 : 0;
    const std::string said = result.has_status()
                                 ? result.status().message()
                                 : DisplayValue(result.problem(), v1::Problem::descriptor()->FindFieldByName("state"),
                                                context.console().language);
    context.out() << result.name() << "  " << said << '\n';
  }
  if (refused == 0) return absl::OkStatus();
  return common::FailedPrecondition("SOME_REFUSED",
                                    {fmt::format("{} of {} were refused", refused, response.results_size()),
                                     fmt::format("{} 项中有 {} 项未办理", response.results_size(), refused)});
}

void PrintCounts(Context& context, const common::Text& title,
                 const google::protobuf::RepeatedPtrField<v1::ProblemCount>& counts) {
  const auto say = [&](const char* en, const char* zh) { return context.console().Say({en, zh}); };
  Table table({{context.console().Say(title)},
               {say("open", "未销号")},
               {say("overdue", "超期")},
               {say("submitted", "待验收")},
               {say("closed", "已销号")}});
  for (const v1::ProblemCount& count : counts) {
    table.AddRow({count.key(), Thousands(count.open()), Thousands(count.overdue()), Thousands(count.submitted()),
                  Thousands(count.closed())});
  }
  context.out() << table.Render() << '\n';
}

}  // namespace

absl::Status RunProblemCreate(const ProblemOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateProblemRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_problem()));
  return ShowRecord<Service>(context, &Stub::CreateProblem, request);
}

absl::Status RunProblemGet(const ProblemOptions& options, Context& context) {
  v1::GetProblemRequest request;
  request.set_name(Named("problems", options.name));
  return ShowRecord<Service>(context, &Stub::GetProblem, request);
}

absl::Status RunProblemList(const ProblemOptions& options, Context& context) {
  v1::ListProblemsRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  request.set_order_by(options.order_by);
  return ShowRecords<Service, v1::Problem>(context, &Stub::ListProblems, request,
                                           &v1::ListProblemsResponse::mutable_problems, Columns());
}

absl::Status RunProblemWorklist(const ProblemOptions& options, Context& context) {
  v1::ListWorklistRequest request;
  request.set_parent(UnitName(options.unit));
  RONGHE_ASSIGN_OR_RETURN(const int worklist, ValueOf(v1::Worklist_descriptor(), options.worklist, "worklist"));
  request.set_worklist(static_cast<v1::Worklist>(worklist));
  request.set_subtree(options.subtree);
  request.set_person(MemberNamed(options.person));
  return ShowRecords<Service, v1::Problem>(context, &Stub::ListWorklist, request,
                                           &v1::ListWorklistResponse::mutable_problems, Columns());
}

absl::Status RunProblemCount(const ProblemOptions& options, Context& context) {
  v1::CountProblemsRequest request;
  request.set_parent(UnitName(options.unit));
  RONGHE_ASSIGN_OR_RETURN(const auto counts, (Send<Service, v1::CountProblemsRequest, v1::CountProblemsResponse>(
                                                 context, &Stub::CountProblems, request)));
  if (context.console().json) {
    PrintResource(context, counts);
    return absl::OkStatus();
  }
  PrintCounts(context, {"category", "问题类别"}, counts.by_category());
  PrintCounts(context, {"source", "问题来源"}, counts.by_source());
  PrintCounts(context, {"level", "层级"}, counts.by_level());
  return absl::OkStatus();
}

absl::Status RunProblemHistory(const ProblemOptions& options, Context& context) {
  v1::ListProblemHistoryRequest request;
  request.set_parent(Named("problems", options.name));
  return ShowRecords<Service, v1::ProblemStep>(context, &Stub::ListProblemHistory, request,
                                               &v1::ListProblemHistoryResponse::mutable_steps,
                                               {"time", "event", "state_after", "actor", "unit", "due_date", "reason"});
}

absl::Status RunProblemUpdate(const ProblemOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdateProblemRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_problem()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_problem()->set_name(Named("problems", options.name));
  request.mutable_problem()->set_etag(options.etag);
  return ShowRecord<Service>(context, &Stub::UpdateProblem, request);
}

absl::Status RunProblemAssign(const ProblemOptions& options, Context& context) {
  auto request = StepOf<v1::AssignProblemRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(SetDue(options, request));
  request.set_person(MemberNamed(options.person));
  request.set_measures(options.measures);
  request.set_working_days(options.working_days);
  return ShowRecord<Service>(context, &Stub::AssignProblem, request);
}

absl::Status RunProblemStart(const ProblemOptions& options, Context& context) {
  return ShowRecord<Service>(context, &Stub::StartProblem, StepOf<v1::StartProblemRequest>(options, context));
}

absl::Status RunProblemSubmit(const ProblemOptions& options, Context& context) {
  auto request = StepOf<v1::SubmitProblemRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *request.mutable_evidence()));
  return ShowRecord<Service>(context, &Stub::SubmitProblem, request);
}

absl::Status RunProblemVerify(const ProblemOptions& options, Context& context) {
  const v1::Verdict verdict = options.verdict == "close" ? v1::VERDICT_CLOSE : v1::VERDICT_RETURN;
  if (options.names.size() > 1) return VerifyMany(options, verdict, context);
  ProblemOptions one = options;
  one.name = options.names.front();
  auto request = StepOf<v1::VerifyProblemRequest>(one, context);
  request.set_verdict(verdict);
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *request.mutable_evidence()));
  return ShowRecord<Service>(context, &Stub::VerifyProblem, request);
}

absl::Status RunProblemReopen(const ProblemOptions& options, Context& context) {
  auto request = StepOf<v1::ReopenProblemRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *request.mutable_evidence()));
  return ShowRecord<Service>(context, &Stub::ReopenProblem, request);
}

absl::Status RunProblemLookBack(const ProblemOptions& options, Context& context) {
  auto request = StepOf<v1::RecordLookBackRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *request.mutable_evidence()));
  return ShowRecord<Service>(context, &Stub::RecordLookBack, request);
}

absl::Status RunProblemCancel(const ProblemOptions& options, Context& context) {
  return ShowRecord<Service>(context, &Stub::CancelProblem, StepOf<v1::CancelProblemRequest>(options, context));
}

absl::Status RunProblemExtend(const ProblemOptions& options, Context& context) {
  auto request = StepOf<v1::RequestExtensionRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(SetDue(options, request));
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *request.mutable_evidence()));
  return ShowRecord<Service>(context, &Stub::RequestExtension, request);
}

absl::Status RunProblemDecide(const ProblemOptions& options, Context& context) {
  if (options.granted == options.refused) {
    return common::InvalidArgument("granted", "REQUIRED", {"say --grant or --refuse", "请指明 --grant 或 --refuse"});
  }
  auto request = StepOf<v1::DecideExtensionRequest>(options, context);
  request.set_granted(options.granted);
  return ShowRecord<Service>(context, &Stub::DecideExtension, request);
}

absl::Status RunProblemPause(const ProblemOptions& options, Context& context) {
  return ShowRecord<Service>(context, &Stub::PauseProblem, StepOf<v1::PauseProblemRequest>(options, context));
}

absl::Status RunProblemResume(const ProblemOptions& options, Context& context) {
  return ShowRecord<Service>(context, &Stub::ResumeProblem, StepOf<v1::ResumeProblemRequest>(options, context));
}

absl::Status RunOrderIssue(const ProblemOptions& options, Context& context) {
  auto request = WriteOf<v1::IssueOrderRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_order()));
  for (const std::string& unit : options.units) request.mutable_order()->add_units(UnitName(unit));
  return ShowRecord<Service>(context, &Stub::IssueOrder, request);
}

absl::Status RunOrderGet(const ProblemOptions& options, Context& context) {
  v1::GetOrderRequest request;
  request.set_name(Named("orders", options.name));
  return ShowRecord<Service>(context, &Stub::GetOrder, request);
}

absl::Status RunOrderList(const ProblemOptions& options, Context& context) {
  v1::ListOrdersRequest request;
  request.set_parent(UnitName(options.unit));
  return ShowRecords<Service, v1::ProblemOrder>(
      context, &Stub::ListOrders, request, &v1::ListOrdersResponse::mutable_orders,
      {"name", "category", "due_date", "opened_count", "closed_count", "overdue_count", "create_time"});
}

absl::Status RunProblemRules(const ProblemOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(const auto rules,
                          (Send<Service, v1::GetRectificationRulesRequest, v1::RectificationRules>(
                              context, &Stub::GetRectificationRules, v1::GetRectificationRulesRequest())));
  if (context.console().json) {
    PrintResource(context, rules);
    return absl::OkStatus();
  }
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  const bool printed = options.name == "calendar" ? printer.PrintToString(rules.calendar(), &text)
                                                  : printer.PrintToString(rules.policy(), &text);
  if (!printed) return common::Internal("rules cannot be printed");
  context.out() << text;
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
