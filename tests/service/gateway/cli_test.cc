#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "gateway/cli/app.h"
#include "services/common/values/status.h"
#include "tests/service/gateway/fixture.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {
namespace {

using common::v1::ImportProgress;
using organization::v1::ExportUnitsResponse;
using organization::v1::ImportUnitsRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHeader[] = "组织代码,组织名称,层级,类别,上级组织\n";

// ronghectl through the gateway.
class CliTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    std::ofstream(dir_.File("token")) << identity_.UserToken("li");
  }
  int RunLine(std::vector<std::string> arguments, const std::string& input = "") {
    out_.str("");
    err_.str("");
    std::istringstream in(input);
    gateway::cli::Environment environment{{&in, &out_, &err_, false, language_, false},
                                          [](const char*) { return nullptr; },
                                          clock_,
                                          random_,
                                          [this](absl::Duration) { ++pauses_; },
                                          ""};
    arguments.insert(arguments.begin(), {"--address", fmt::format("127.0.0.1:{}", process_->port()), "--token",
                                         dir_.File("token"), "--timeout", "20s"});
    return gateway::cli::Run(arguments, environment);
  }
  std::string File(const std::string& name, const std::string& content) {
    std::ofstream(dir_.File(name), std::ios::binary) << content;
    return dir_.File(name);
  }
  static std::string Content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Takes an import in, refusing units whose code is in `refused`.
  void TakeImports(std::set<std::string> refused = {}) {
    organization_.organization.import_units = [this, refused](grpc::ServerContext*, auto* stream) {
      ImportUnitsRequest request;
      ImportProgress progress;
      bool committed = false;
      while (stream->Read(&request)) {
        if (request.has_start()) start_ = request.start();
        for (const auto& row : request.rows().rows()) {
          units_.push_back(row.unit());
          if (!refused.contains(row.unit().code())) continue;
          auto* error = progress.add_row_errors();
          error->set_line(row.line());
          error->set_field("code");
          error->set_reason("DUPLICATE_CODE");
          error->set_message_en("exists");
          error->set_message_zh("已存在");
        }
        committed = request.has_commit();
      }
      EXPECT_TRUE(committed);
      const bool failed = progress.row_errors_size() > 0;
      progress.mutable_import()->set_name("imports/1");
      progress.mutable_import()->set_rejected_rows(progress.row_errors_size());
      progress.mutable_import()->set_applied_rows(failed || start_.validate_only() ? 0
                                                                                   : static_cast<int>(units_.size()));
      progress.mutable_import()->set_state(failed                   ? common::v1::IMPORT_STATE_FAILED
                                           : start_.validate_only() ? common::v1::IMPORT_STATE_VALIDATED
                                                                    : common::v1::IMPORT_STATE_APPLIED);
      stream->Write(progress);
      return grpc::Status::OK;
    };
  }

  TempDir dir_;
  common::SystemClock clock_;
  SeededRandom random_;
  gateway::cli::Language language_ = gateway::cli::Language::kEnglish;
  int pauses_ = 0;
  std::ostringstream out_;
  std::ostringstream err_;
  common::v1::ImportStart start_;
  std::vector<organization::v1::Unit> units_;
};

TEST_F(CliTest, ImportsAFile) {
  TakeImports();
  std::string rows = kHeader;
  for (int i = 0; i < 1234; ++i) rows += fmt::format("A{},单位{},县,党委,\n", i, i);
  EXPECT_EQ(RunLine({"import", "units", File("units.csv", rows), "--request-id", "r-1"}), 0) << err_.str();
  EXPECT_EQ(units_.size(), 1234u);
  EXPECT_EQ(start_.request_id(), "r-1");
  EXPECT_EQ(start_.parent(), "units/-");
  EXPECT_THAT(out_.str(), HasSubstr("1,234 rows applied"));
  EXPECT_THAT(out_.str(), HasSubstr("rows/s"));
}

TEST_F(CliTest, RowsThatCannotBeReadAreReportedTogetherWithTheServersAndNothingIsApplied) {
  TakeImports({"A2"});
  const std::string file =
      File("units.csv", std::string(kHeader) + "A1,一,星球,党委,\nA2,二,县,党委,\nA3,三,县,党委,\n");
  EXPECT_EQ(RunLine({"import", "units", file, "--request-id", "r-1", "--rejected", dir_.File("bad.csv")}), 7);
  EXPECT_TRUE(start_.validate_only());
  EXPECT_NE(start_.request_id(), "r-1");  // it must stay usable for the corrected file
  const std::string rejected = Content(dir_.File("bad.csv"));
  EXPECT_THAT(rejected, HasSubstr("2,level,UNKNOWN_VALUE,"));
  EXPECT_THAT(rejected, HasSubstr("3,code,DUPLICATE_CODE,exists"));
  EXPECT_THAT(err_.str(), HasSubstr("ROWS_REJECTED"));
}

TEST_F(CliTest, ValidRowsOnlyWhereAskedFor) {
  TakeImports();
  const std::string file = File("units.csv", std::string(kHeader) + "A1,一,星球,党委,\nA2,二,县,党委,\n");
  EXPECT_EQ(RunLine({"import", "units", file, "--mode", "valid-rows"}), 7);
  EXPECT_FALSE(start_.validate_only());
  EXPECT_EQ(start_.mode(), common::v1::IMPORT_MODE_VALID_ROWS);
  EXPECT_EQ(units_.size(), 1u);
}

TEST_F(CliTest, AnInterruptedImportIsSentAgainUnderTheSameRequestId) {
  std::vector<std::string> ids;
  organization_.organization.import_units = [&](grpc::ServerContext*, auto* stream) {
    ImportUnitsRequest request;
    stream->Read(&request);
    ids.push_back(request.start().request_id());
    // Bytes have been exchanged, so gRPC does not repeat the call by itself.
    stream->Write({});
    if (ids.size() == 2) {
      while (stream->Read(&request)) {
      }
      ImportProgress progress;
      progress.mutable_import()->set_state(common::v1::IMPORT_STATE_APPLIED);
      stream->Write(progress);
      return grpc::Status::OK;
    }
    const absl::Status broken = common::Unavailable("DRAINING", {"restarting", "重启中"});
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting", common::SerializedDetails(broken));
  };
  EXPECT_EQ(RunLine({"import", "units", "-"}, std::string(kHeader) + "A1,一,县,党委,\n"), 0) << err_.str();
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(ids[0].size(), 36u);
  EXPECT_EQ(pauses_, 1);
}

TEST_F(CliTest, AFileThatDoesNotFitIsNotSent) {
  EXPECT_EQ(RunLine({"import", "units", File("x.csv", "colour\nred\n")}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("colour"));
  EXPECT_THAT(err_.str(), HasSubstr("组织代码"));  // what is missing
  EXPECT_EQ(RunLine({"import", "units", dir_.File("nothing")}), 2);
}

TEST_F(CliTest, WhatIsExportedCanBeImported) {
  organization_.organization.export_units = [](grpc::ServerContext*, auto* writer) {
    ExportUnitsResponse response;
    auto* unit = response.add_units();
    unit->set_name("units/A1");
    unit->set_code("A1");
    unit->set_title("=cmd(),寿光");
    unit->set_level(organization::v1::LEVEL_TOWNSHIP);
    unit->set_kind(organization::v1::UNIT_KIND_COMMITTEE);
    unit->set_parent("units/C1");
    unit->mutable_established_date()->set_year(1950);
    unit->mutable_established_date()->set_month(1);
    unit->mutable_established_date()->set_day(2);
    unit->set_state(organization::v1::UNIT_STATE_ACTIVE);
    writer->Write(response);
    return grpc::Status::OK;
  };
  TakeImports();
  for (const std::string format : {"csv", "ndjson"}) {
    const std::string file = dir_.File("out." + format);
    language_ = format == "csv" ? gateway::cli::Language::kChinese : gateway::cli::Language::kEnglish;
    ASSERT_EQ(RunLine({"export", "units", "--format", format, "--output", file}), 0) << err_.str();
    if (format == "csv") {
      EXPECT_THAT(Content(file), HasSubstr("组织代码"));
      EXPECT_THAT(Content(file), HasSubstr("\"'=cmd(),寿光\""));
    }
    units_.clear();
    ASSERT_EQ(RunLine({"import", "units", file}), 0) << err_.str();
    ASSERT_EQ(units_.size(), 1u);
    EXPECT_EQ(units_[0].title(), "=cmd(),寿光");
    EXPECT_EQ(units_[0].parent(), "units/C1");
    EXPECT_EQ(units_[0].established_date().day(), 2);
  }
}

TEST_F(CliTest, ABrokenExportLeavesNoFile) {
  organization_.organization.export_units = [](grpc::ServerContext*, auto* writer) {
    ExportUnitsResponse response;
    response.add_units()->set_code("A1");
    writer->Write(response);
    return grpc::Status(grpc::StatusCode::INTERNAL, "x", common::SerializedDetails(common::Internal("x")));
  };
  EXPECT_EQ(RunLine({"export", "units", "--output", dir_.File("out.csv")}), 1);
  EXPECT_EQ(Content(dir_.File("out.csv")) + Content(dir_.File("out.csv.part")), "");
}

TEST_F(CliTest, WatchResumesWhereItWas) {
  std::vector<std::string> tokens;
  organization_.organization.watch = [&](grpc::ServerContext*, const common::v1::WatchRequest* request, auto* writer) {
    tokens.push_back(request->resume_token());
    common::v1::WatchResponse response;
    auto* change = response.add_changes();
    change->set_position(static_cast<int64_t>(tokens.size()));
    change->set_kind(common::v1::CHANGE_KIND_CREATED);
    change->set_resource(fmt::format("units/{}", tokens.size()));
    response.set_resume_token(fmt::format("t{}", tokens.size()));
    writer->Write(response);
    const absl::Status broken = common::Unavailable("DRAINING", {"restarting", "重启中"});
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting", common::SerializedDetails(broken));
  };
  EXPECT_EQ(RunLine({"watch", "--count", "3", "--units", "C1", "--kinds", "units"}), 0) << err_.str();
  EXPECT_THAT(tokens, ElementsAre("", "t1", "t2"));
  for (const char* line : {"units/1", "units/2", "units/3"}) EXPECT_THAT(out_.str(), HasSubstr(line));
  EXPECT_THAT(out_.str(), HasSubstr("CREATED"));
}

TEST_F(CliTest, WatchEndsWhereResumingIsOfNoUse) {
  organization_.organization.watch = [&](grpc::ServerContext*, const auto*, auto*) {
    return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "x",
                        common::SerializedDetails(common::OutOfRange("FEED_EXPIRED", {"too old", "已过期"})));
  };
  EXPECT_EQ(RunLine({"watch", "--resume-token", "old"}), 5);
  EXPECT_THAT(err_.str(), HasSubstr("FEED_EXPIRED"));
}

TEST_F(CliTest, OverviewOfTheOnlyRootWithWhatIsBelowIt) {
  organization_.organization.summaries = [](auto*, const auto* request, auto* response) {
    for (const char* unit : {"units/C1", "units/T1", "units/T2"}) {
      auto* summary = response->add_summaries();
      summary->set_unit(unit);
      summary->mutable_total()->set_members(12345);
    }
    response->mutable_watermark()->set_position(static_cast<int64_t>(request->units_size()));
    return grpc::Status::OK;
  };
  language_ = gateway::cli::Language::kChinese;
  ASSERT_EQ(RunLine({"overview"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("寿光市"));
  EXPECT_THAT(out_.str(), HasSubstr("\n  圣城"));
  EXPECT_THAT(out_.str(), HasSubstr("12,345"));
  EXPECT_THAT(out_.str(), HasSubstr("党员"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("女党员")));
  ASSERT_EQ(RunLine({"overview", "--all"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("女党员"));
  ASSERT_EQ(RunLine({"--json", "overview"}), 0);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["overviews"].size(), 2u);
  organization_.organization.summaries = nullptr;
  ASSERT_EQ(RunLine({"overview", "C1"}), 0);
  EXPECT_THAT(err_.str(), HasSubstr("organization"));  // figures are the last known
}

TEST_F(CliTest, MonthsUnitsAndChangesOfTotals) {
  organization_.organization.summaries = [this](auto* context, const auto* request, auto* response) {
    return organization_.totals.Answer(context, *request, *response);
  };
  organization_.totals.Set(4, {{"units/C1", 1234}, {"units/T1", 777}, {"units/T2", 457}});
  ASSERT_EQ(RunLine({"trend", "C1", "--end-period", "2026-02", "--months", "3"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("2025-12"));
  EXPECT_THAT(out_.str(), HasSubstr("1,234"));
  ASSERT_EQ(RunLine({"compare", "T2", "C1", "--structure", "now"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("457"));
  EXPECT_THAT(out_.str(), HasSubstr("1,234"));
  ASSERT_EQ(RunLine({"overview", "C1", "--period", "2026-01", "--order-by", "organization.units desc"}), 0)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("rank"));
  EXPECT_LT(out_.str().find("777"), out_.str().find("457"));
  ASSERT_EQ(RunLine({"overview", "C1", "--watch", "--count", "1"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("1,234"));
  ASSERT_EQ(RunLine({"explain", "C1", "--period", "2026-01"}), 0) << err_.str();
  EXPECT_THAT(err_.str(), HasSubstr("organization"));  // does not say
  EXPECT_EQ(RunLine({"overview", "--watch"}), 2);
  EXPECT_EQ(RunLine({"overview", "C1", "--order-by", "nothing"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("order_by"));
  EXPECT_EQ(RunLine({"trend", "C1", "--months", "99"}), 2);
}

TEST_F(CliTest, ErrorsSayEverything) {
  organization_.organization.get_unit = [](auto*, const auto* request, auto*) {
    const absl::Status status = common::NotFound(request->name());
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "x", common::SerializedDetails(status));
  };
  EXPECT_EQ(RunLine({"unit", "get", "X9"}), 4);
  EXPECT_THAT(err_.str(), HasSubstr("units/X9"));
  EXPECT_THAT(err_.str(), HasSubstr("未找到"));
  EXPECT_EQ(RunLine({"--json", "unit", "get", "X9"}), 4);
  EXPECT_EQ(nlohmann::json::parse(err_.str())["error"]["code"], "NOT_FOUND");
  std::ofstream(dir_.File("token")) << "a.b.c";
  EXPECT_EQ(RunLine({"unit", "get", "X9"}), 3);
}

}  // namespace
}  // namespace ronghe::tests
