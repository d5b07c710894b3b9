#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/csv.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/progress.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "ronghe/rectification/v1/ledger_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;
namespace {

namespace v1 = organization::v1;
constexpr absl::Duration kExportTimeout = absl::Hours(1);

// What is exported of a message: its name where no labelled field identifies it, and everything with a label.
std::vector<const pb::FieldDescriptor*> Columns(const pb::Descriptor* type) {
  std::vector<const pb::FieldDescriptor*> columns;
  if (type == v1::Member::descriptor()) columns.push_back(type->FindFieldByName("name"));
  for (int i = 0; i < type->field_count(); ++i) {
    if (HasLabel(type->field(i))) columns.push_back(type->field(i));
  }
  return columns;
}

// Writes rows in one of the formats, to standard output or, as a whole or not at all, to a file.
class RowSink {
 public:
  RowSink(const ExportOptions& options, const pb::Descriptor* type, Context& context)
      : options_(options), context_(context), columns_(Columns(type)), part_(options.output + ".part") {}
  ~RowSink() {
    if (file_.is_open()) {
      file_.close();
      std::remove(part_.c_str());
    }
  }

  absl::Status Open() {
    if (!options_.output.empty()) {
      file_.open(part_, std::ios::binary | std::ios::trunc);
      if (!file_) return Unwritable();
      // Spreadsheets take a file without the mark for one in the local encoding.
      if (csv()) file_ << "\xEF\xBB\xBF";
    }
    if (!csv()) return absl::OkStatus();
    std::vector<std::string> titles;
    for (const pb::FieldDescriptor* field : columns_) titles.push_back(LabelOf(field, context_.console().language));
    stream() << CsvLine(titles, /*safe=*/false);
    return absl::OkStatus();
  }
  void Add(const pb::Message& message) {
    ++rows_;
    if (!csv()) {
      stream() << ToJson(message) << '\n';
      return;
    }
    std::vector<std::string> cells;
    for (const pb::FieldDescriptor* field : columns_) {
      std::string value = DisplayValue(message, field, context_.console().language);
      if (field->name() == "parent" || field->name() == "unit" || field->name() == "supervising_unit")
        value = std::string(CodeOf(value));
      cells.push_back(std::move(value));
    }
    stream() << CsvLine(cells, /*safe=*/true);
  }
  absl::Status Close() {
    stream().flush();
    if (!stream()) return Unwritable();
    if (options_.output.empty()) return absl::OkStatus();
    file_.close();
    if (std::rename(part_.c_str(), options_.output.c_str()) != 0) return Unwritable();
    return absl::OkStatus();
  }
  int64_t rows() const { return rows_; }

 private:
  bool csv() const { return options_.format == "csv"; }
  std::ostream& stream() { return options_.output.empty() ? context_.out() : file_; }
  absl::Status Unwritable() const {
    if (options_.output.empty()) {
      return common::Cancelled();  // whoever reads standard output has seen enough
    }
    return common::InvalidArgument(
        "output", "FILE_UNWRITABLE",
        {fmt::format("cannot write {}", options_.output), fmt::format("无法写入文件 {}", options_.output)});
  }

  const ExportOptions& options_;
  Context& context_;
  const std::vector<const pb::FieldDescriptor*> columns_;
  const std::string part_;
  std::ofstream file_;
  int64_t rows_ = 0;
};

template <typename Response, typename Reader, typename Rows>
absl::Status Drain(Reader& reader, RowSink& sink, Progress& progress, Rows rows) {
  Response response;
  while (reader.Read(&response)) {
    for (const auto& item : rows(response)) sink.Add(item);
    progress.Update({"exporting", "正在导出"}, sink.rows(), 0);
  }
  progress.Clear();
  const grpc::Status status = reader.Finish();
  if (!status.ok()) return common::FromGrpc(status);
  return sink.Close();
}

void ShowSummary(const ExportOptions& options, const RowSink& sink, const Progress& progress, Context& context) {
  if (options.output.empty()) return;
  const double seconds = absl::ToDoubleSeconds(progress.elapsed());
  const std::string rows = Thousands(sink.rows());
  context.err() << context.console().Say({fmt::format("{} rows in {:.1f} s: {}", rows, seconds, options.output),
                                          fmt::format("{} 行，用时 {:.1f} 秒：{}", rows, seconds, options.output)})
                << '\n';
}

absl::Duration Timeout(const Context& context) {
  return context.timeout_given ? context.connect.timeout : kExportTimeout;
}

}  // namespace

absl::Status RunExportUnits(const ExportOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::OrganizationService::NewStub(session->channel());
  v1::ExportUnitsRequest request;
  request.set_parent(UnitName(options.parent.empty() ? "-" : options.parent));
  grpc::ClientContext call;
  session->Prepare(call, Timeout(context));
  RowSink sink(options, v1::Unit::descriptor(), context);
  RONGHE_RETURN_IF_ERROR(sink.Open());
  auto reader = stub->ExportUnits(&call, request);
  Progress progress(context.console(), context.environment.clock);
  RONGHE_RETURN_IF_ERROR(Drain<v1::ExportUnitsResponse>(
      *reader, sink, progress, [](const v1::ExportUnitsResponse& r) -> const auto& { return r.units(); }));
  ShowSummary(options, sink, progress, context);
  return absl::OkStatus();
}

absl::Status RunExportMembers(const ExportOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::MemberService::NewStub(session->channel());
  v1::ExportMembersRequest request;
  request.set_parent(UnitName(options.parent));
  grpc::ClientContext call;
  session->Prepare(call, Timeout(context));
  RowSink sink(options, v1::Member::descriptor(), context);
  RONGHE_RETURN_IF_ERROR(sink.Open());
  auto reader = stub->ExportMembers(&call, request);
  Progress progress(context.console(), context.environment.clock);
  RONGHE_RETURN_IF_ERROR(Drain<v1::ExportMembersResponse>(
      *reader, sink, progress, [](const v1::ExportMembersResponse& r) -> const auto& { return r.members(); }));
  ShowSummary(options, sink, progress, context);
  return absl::OkStatus();
}

absl::Status RunExportProblems(const ExportOptions& options, Context& context) {
  namespace rv1 = rectification::v1;
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = rv1::LedgerService::NewStub(session->channel());
  rv1::ExportProblemsRequest request;
  request.set_parent(UnitName(options.parent));
  request.set_filter(options.filter);
  grpc::ClientContext call;
  session->Prepare(call, Timeout(context));
  RowSink sink(options, rv1::LedgerEntry::descriptor(), context);
  RONGHE_RETURN_IF_ERROR(sink.Open());
  auto reader = stub->ExportProblems(&call, request);
  Progress progress(context.console(), context.environment.clock);
  RONGHE_RETURN_IF_ERROR(Drain<rv1::ExportProblemsResponse>(
      *reader, sink, progress, [](const rv1::ExportProblemsResponse& r) -> const auto& { return r.entries(); }));
  ShowSummary(options, sink, progress, context);
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
