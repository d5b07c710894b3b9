#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/progress.h"
#include "gateway/cli/row_source.h"
#include "gateway/cli/width.h"
#include "ronghe/education/v1/learning_record_service.grpc.pb.h"
#include "ronghe/organization/v1/import_service.grpc.pb.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "ronghe/rectification/v1/ledger_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using common::v1::Import;
using common::v1::ImportProgress;
using common::v1::ImportRowError;

constexpr int kRowsPerMessage = 500;
constexpr size_t kBytesPerMessage = 1 << 20;
constexpr int kRowsShown = 20;
constexpr int kAttempts = 4;
constexpr absl::Duration kImportTimeout = absl::Hours(2);

// What differs between the services.
struct OrganizationImports {
  using Imports = v1::ImportService;
  using Errors = v1::ListImportRowErrorsRequest;
  using ErrorsResponse = v1::ListImportRowErrorsResponse;
  static constexpr auto kErrors = &Imports::Stub::ListImportRowErrors;
};
// What differs between the collections.
struct UnitImport : OrganizationImports {
  using Service = v1::OrganizationService;
  using Request = v1::ImportUnitsRequest;
  using Item = v1::Unit;
  static auto Open(Service::Stub& stub, grpc::ClientContext& context) { return stub.ImportUnits(&context); }
  static void Add(Request& request, int64_t line, Item&& item) {
    auto* row = request.mutable_rows()->add_rows();
    row->set_line(line);
    *row->mutable_unit() = std::move(item);
  }
};
struct MemberImport : OrganizationImports {
  using Service = v1::MemberService;
  using Request = v1::ImportMembersRequest;
  using Item = v1::Member;
  static auto Open(Service::Stub& stub, grpc::ClientContext& context) { return stub.ImportMembers(&context); }
  static void Add(Request& request, int64_t line, Item&& item) {
    auto* row = request.mutable_rows()->add_rows();
    row->set_line(line);
    *row->mutable_member() = std::move(item);
  }
};

struct ProblemImport {
  using Service = rectification::v1::LedgerService;
  using Imports = Service;
  using Errors = rectification::v1::ListProblemImportRowErrorsRequest;
  using ErrorsResponse = rectification::v1::ListProblemImportRowErrorsResponse;
  static constexpr auto kErrors = &Imports::Stub::ListProblemImportRowErrors;
  using Request = rectification::v1::ImportProblemsRequest;
  using Item = rectification::v1::LedgerEntry;
  static auto Open(Service::Stub& stub, grpc::ClientContext& context) { return stub.ImportProblems(&context); }
  static void Add(Request& request, int64_t line, Item&& item) {
    auto* row = request.mutable_rows()->add_rows();
    row->set_line(line);
    *row->mutable_entry() = std::move(item);
  }
};

struct LearningImport {
  using Service = education::v1::LearningRecordService;
  using Imports = Service;
  using Errors = education::v1::ListLearningImportRowErrorsRequest;
  using ErrorsResponse = education::v1::ListLearningImportRowErrorsResponse;
  static constexpr auto kErrors = &Imports::Stub::ListLearningImportRowErrors;
  using Request = education::v1::ImportLearningRecordsRequest;
  using Item = education::v1::LearningRecord;
  static auto Open(Service::Stub& stub, grpc::ClientContext& context) { return stub.ImportLearningRecords(&context); }
  static void Add(Request& request, int64_t line, Item&& item) {
    auto* row = request.mutable_rows()->add_rows();
    row->set_line(line);
    *row->mutable_learning_record() = std::move(item);
  }
};

// What reading the file through once tells.
struct Check {
  int64_t rows = 0;  // that can be sent
  std::vector<ImportRowError> errors;
  std::set<int64_t> bad_lines;
};

absl::StatusOr<Check> ReadThrough(RowSource& source) {
  Check check;
  while (true) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<RowSource::Row> row, source.Next());
    if (!row.has_value()) break;
    if (row->violations.empty()) {
      ++check.rows;
      continue;
    }
    check.bad_lines.insert(row->line);
    for (const common::Violation& violation : row->violations.list()) {
      ImportRowError error;
      error.set_line(row->line);
      error.set_field(violation.field);
      error.set_reason(violation.reason);
      error.set_message_zh(violation.text.zh);
      error.set_message_en(violation.text.en);
      check.errors.push_back(std::move(error));
    }
  }
  if (check.rows == 0 && check.errors.empty()) {
    return common::InvalidArgument("file", "EMPTY_FILE", {"the file has no rows", "文件中没有数据行"});
  }
  RONGHE_RETURN_IF_ERROR(source.Rewind());
  return check;
}

struct Outcome {
  Import import;
  std::vector<ImportRowError> errors;  // the server's
};

// Sends the rows; runs beside the reading of the answers. An error is the file's: a stream that is broken has its own
// status.
template <typename Kind, typename Stream>
absl::Status Send(Stream& stream, RowSource& source, const common::v1::ImportStart& start, int64_t total,
                  Progress& progress) {
  typename Kind::Request request;
  *request.mutable_start() = start;
  if (!stream.Write(request)) return absl::OkStatus();
  request.Clear();
  int64_t sent = 0;
  size_t bytes = 0;
  while (true) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<RowSource::Row> row, source.Next());
    if (!row.has_value()) break;
    if (!row->violations.empty()) continue;
    bytes += row->message->ByteSizeLong();
    Kind::Add(request, row->line, std::move(static_cast<typename Kind::Item&>(*row->message)));
    ++sent;
    if (request.rows().rows_size() < kRowsPerMessage && bytes < kBytesPerMessage) continue;
    if (!stream.Write(request)) return absl::OkStatus();
    request.Clear();
    bytes = 0;
    progress.Update({"sending", "正在发送"}, sent, total);
  }
  if (request.has_rows() && !stream.Write(request)) return absl::OkStatus();
  request.Clear();
  request.mutable_commit()->set_rows(sent);
  if (stream.Write(request)) stream.WritesDone();
  return absl::OkStatus();
}

template <typename Kind>
absl::StatusOr<Outcome> Attempt(Session& session, RowSource& source, const common::v1::ImportStart& start,
                                int64_t total, absl::Duration timeout, Progress& progress) {
  auto stub = Kind::Service::NewStub(session.channel());
  grpc::ClientContext context;
  session.Prepare(context, timeout);
  auto stream = Kind::Open(*stub, context);
  absl::Status sent;
  std::thread sender([&] {
    sent = Send<Kind>(*stream, source, start, total, progress);
    // What was sent of a file that became unreadable is never committed.
    if (!sent.ok()) context.TryCancel();
  });
  Outcome outcome;
  ImportProgress message;
  while (stream->Read(&message)) {
    outcome.import = message.import();
    outcome.errors.insert(outcome.errors.end(), message.row_errors().begin(), message.row_errors().end());
    if (outcome.import.state() == common::v1::IMPORT_STATE_APPLYING) {
      progress.Update({"applying", "正在写入"}, outcome.import.applied_rows(), total);
    }
  }
  sender.join();
  const grpc::Status status = stream->Finish();
  RONGHE_RETURN_IF_ERROR(sent);
  if (!status.ok()) return common::FromGrpc(status);
  return outcome;
}

bool MayRepeat(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kResourceExhausted;
}

// The same request id makes a second attempt continue the first one's import.
template <typename Kind>
absl::StatusOr<Outcome> Repeatedly(Session& session, RowSource& source, const common::v1::ImportStart& start,
                                   int64_t total, absl::Duration timeout, Progress& progress, Context& context) {
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Outcome> outcome = Attempt<Kind>(session, source, start, total, timeout, progress);
    if (outcome.ok() || attempt == kAttempts || !MayRepeat(outcome.status())) return outcome;
    progress.Clear();
    context.err() << context.console().Say({"interrupted, trying again", "连接中断，正在重试"}) << '\n';
    context.environment.pause(absl::Milliseconds(500) * attempt);
    RONGHE_RETURN_IF_ERROR(source.Rewind());
  }
}

// The stream may carry only the first of very many errors; all of them can be listed.
template <typename Kind>
void CompleteErrors(Session& session, Outcome& outcome) {
  std::set<int64_t> lines;
  for (const ImportRowError& error : outcome.errors) lines.insert(error.line());
  if (static_cast<int64_t>(lines.size()) >= outcome.import.rejected_rows()) return;
  using Stub = typename Kind::Imports::Stub;
  using Response = typename Kind::ErrorsResponse;
  auto stub = Kind::Imports::NewStub(session.channel());
  typename Kind::Errors request;
  request.set_name(outcome.import.name());
  request.set_page_size(1000);
  std::vector<ImportRowError> errors;
  const absl::Status status =
      session.CallPages<Stub, typename Kind::Errors, Response>(*stub, Kind::kErrors, request, [&](Response& response) {
        errors.insert(errors.end(), response.row_errors().begin(), response.row_errors().end());
      });
  if (status.ok()) outcome.errors = std::move(errors);
}

absl::Status WriteRejected(const std::string& path, const std::vector<ImportRowError>& errors, const Console& console) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  // Spreadsheets take a file without the mark for one in the local encoding.
  file << "\xEF\xBB\xBF";
  const bool chinese = console.language == Language::kChinese;
  file << CsvLine({chinese ? "行号" : "line", chinese ? "字段" : "field", chinese ? "原因" : "reason",
                   chinese ? "说明" : "message"},
                  /*safe=*/false);
  for (const ImportRowError& error : errors) {
    file << CsvLine({std::to_string(error.line()), error.field(), error.reason(),
                     chinese ? error.message_zh() : error.message_en()},
                    /*safe=*/true);
  }
  file.close();
  if (file) return absl::OkStatus();
  return common::InvalidArgument("rejected", "FILE_UNWRITABLE",
                                 {fmt::format("cannot write {}", path), fmt::format("无法写入文件 {}", path)});
}

void ShowRejected(const std::vector<ImportRowError>& errors, Context& context) {
  for (size_t i = 0; i < errors.size() && i < kRowsShown; ++i) {
    const ImportRowError& error = errors[i];
    context.err() << Printable(context.console().Say({fmt::format("line {}: {} {}: {}", error.line(), error.field(),
                                                                  error.reason(), error.message_en()),
                                                      fmt::format("第 {} 行：{} {}：{}", error.line(), error.field(),
                                                                  error.reason(), error.message_zh())}))
                  << '\n';
  }
  if (errors.size() > kRowsShown) {
    const size_t more = errors.size() - kRowsShown;
    context.err() << context.console().Say({fmt::format("… and {} more; --rejected FILE writes all of them", more),
                                            fmt::format("……另有 {} 条；可用 --rejected 文件 全部导出", more)})
                  << '\n';
  }
}

void ShowSummary(const Import& import, int64_t rows, absl::Duration elapsed, Context& context) {
  if (context.console().json) {
    context.out() << ToJson(import, /*indented=*/true);
    return;
  }
  const double seconds = std::max(absl::ToDoubleSeconds(elapsed), 0.001);
  const auto* state = google::protobuf::GetEnumDescriptor<common::v1::ImportState>()->FindValueByNumber(import.state());
  const std::string rate = Thousands(static_cast<int64_t>(static_cast<double>(rows) / seconds));
  context.out() << context.console().Say(
                       {fmt::format("{}: {}, {} rows applied, {} refused, {:.1f} s, {} rows/s", import.name(),
                                    state == nullptr ? "" : ShortNameOf(state), Thousands(import.applied_rows()),
                                    Thousands(import.rejected_rows()), seconds, rate),
                        fmt::format("{}：{}，写入 {} 行，拒绝 {} 行，用时 {:.1f} 秒，{} 行/秒", import.name(),
                                    state == nullptr ? "" : ShortNameOf(state), Thousands(import.applied_rows()),
                                    Thousands(import.rejected_rows()), seconds, rate)})
                << '\n';
}

absl::Status Rejected(size_t lines, bool nothing_applied) {
  std::string en = fmt::format("{} rows were refused", lines);
  std::string zh = fmt::format("有 {} 行被拒绝", lines);
  if (nothing_applied) {
    en += "; nothing was applied";
    zh += "，未写入任何数据";
  }
  return common::FailedPrecondition(kRowsRejected, {en, zh});
}

template <typename Kind>
absl::Status RunImport(const ImportOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<RowSource> source,
                          RowSource::Open(options.file, options.format, Kind::Item::default_instance(),
                                          *context.environment.console.in, options.columns));
  RONGHE_ASSIGN_OR_RETURN(Check check, ReadThrough(*source));
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  // With bad rows nothing would be applied: let the server only check the others, so that one run tells everything.
  // That run must not use up the caller's request id.
  const bool only_check = !check.errors.empty() && !options.valid_rows;
  common::v1::ImportStart start;
  start.set_parent(UnitName(options.parent.empty() ? "-" : options.parent));
  start.set_mode(options.valid_rows ? common::v1::IMPORT_MODE_VALID_ROWS : common::v1::IMPORT_MODE_ALL_VALID);
  start.set_validate_only(options.validate_only || only_check);
  start.set_request_id(options.request_id.empty() || only_check ? session->NewRequestId() : options.request_id);
  Outcome outcome;
  Progress progress(context.console(), context.environment.clock);
  if (check.rows > 0) {
    const absl::Duration timeout = context.timeout_given ? context.connect.timeout : kImportTimeout;
    absl::StatusOr<Outcome> result = Repeatedly<Kind>(*session, *source, start, check.rows, timeout, progress, context);
    progress.Clear();
    if (!result.ok()) return result.status();
    outcome = *std::move(result);
    CompleteErrors<Kind>(*session, outcome);
  }
  std::set<int64_t> lines = check.bad_lines;
  for (const ImportRowError& error : outcome.errors) lines.insert(error.line());
  std::vector<ImportRowError> errors = std::move(check.errors);
  errors.insert(errors.end(), outcome.errors.begin(), outcome.errors.end());
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.line() < b.line(); });
  outcome.import.set_rejected_rows(static_cast<int64_t>(lines.size()));
  if (!options.rejected.empty()) {
    RONGHE_RETURN_IF_ERROR(WriteRejected(options.rejected, errors, context.console()));
  } else if (!context.console().json) {
    ShowRejected(errors, context);
  }
  ShowSummary(outcome.import, check.rows, progress.elapsed(), context);
  if (!lines.empty()) return Rejected(lines.size(), outcome.import.applied_rows() == 0);
  if (outcome.import.state() == common::v1::IMPORT_STATE_FAILED) {
    return common::FailedPrecondition("IMPORT_FAILED", {outcome.import.failure(), outcome.import.failure()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunImportUnits(const ImportOptions& options, Context& context) {
  return RunImport<UnitImport>(options, context);
}
absl::Status RunImportMembers(const ImportOptions& options, Context& context) {
  return RunImport<MemberImport>(options, context);
}
absl::Status RunImportProblems(const ImportOptions& options, Context& context) {
  return RunImport<ProblemImport>(options, context);
}

absl::Status RunImportLearning(const ImportOptions& options, Context& context) {
  return RunImport<LearningImport>(options, context);
}

}  // namespace ronghe::gateway::cli
