// kill -9 of the organization process again and again at random moments of imports: what was committed is applied in
// the end, each row exactly once; what was not committed is not applied at all.
#include <map>
#include <random>
#include <string>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/import_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

namespace cv1 = common::v1;
namespace ov1 = organization::v1;

constexpr int kRows = 30'000;
constexpr int kRowsPerMessage = 500;
constexpr int kKills = 12;
constexpr unsigned kSeed = 20261122;

class ImportKillTest : public testing::Test {
 protected:
  ImportKillTest()
      : suite_([] {
          tests::Suite::Options options;
          options.start = false;
          return options;
        }()) {
    Restart();
  }

  void Restart() {
    suite_.Start("organization");
    suite_.WaitReady("organization");
    const auto channel = grpc::CreateChannel(suite_.Address("organization"), grpc::InsecureChannelCredentials());
    organization_ = ov1::OrganizationService::NewStub(channel);
    imports_ = ov1::ImportService::NewStub(channel);
  }
  std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
    context->set_wait_for_ready(true);
    context->AddMetadata("authorization", "Bearer " + suite_.administrator());
    return context;
  }
  static ov1::ImportUnitsRequest Start(const std::string& request_id) {
    ov1::ImportUnitsRequest request;
    request.mutable_start()->set_parent("units/-");
    request.mutable_start()->set_request_id(request_id);
    return request;
  }
  // Line 1 is the province, but it comes last: its children stand before it.
  static ov1::ImportUnitsRequest Rows(int first) {
    ov1::ImportUnitsRequest request;
    for (int line = first; line < first + kRowsPerMessage; ++line) {
      ov1::UnitRow* row = request.mutable_rows()->add_rows();
      row->set_line(line);
      ov1::Unit* unit = row->mutable_unit();
      unit->set_kind(ov1::UNIT_KIND_COMMITTEE);
      unit->set_title(fmt::format("单位{}", line));
      unit->set_code(line == kRows ? "37" : fmt::format("37{:06}", line));
      unit->set_level(line == kRows ? ov1::LEVEL_PROVINCE : ov1::LEVEL_COUNTY);
      if (line != kRows) unit->set_parent("units/37");
    }
    return request;
  }
  // Nothing where the process is away.
  cv1::Import Look(const std::string& name) {
    ov1::GetImportRequest request;
    request.set_name(name);
    cv1::Import import;
    const auto context = Context();
    const grpc::Status status = imports_->GetImport(context.get(), request, &import);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return import;
  }
  std::map<std::string, int> ExportedCodes() {
    ov1::ExportUnitsRequest request;
    request.set_parent("units/-");
    const auto context = Context();
    const auto stream = organization_->ExportUnits(context.get(), request);
    std::map<std::string, int> codes;
    ov1::ExportUnitsResponse response;
    while (stream->Read(&response)) {
      for (const ov1::Unit& unit : response.units()) ++codes[unit.code()];
    }
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return codes;
  }

  tests::Suite suite_;
  std::unique_ptr<ov1::OrganizationService::Stub> organization_;
  std::unique_ptr<ov1::ImportService::Stub> imports_;
};

TEST_F(ImportKillTest, EachRowExactlyOnce) {
  const std::string request_id = "6a1f6c0e-1d5a-4b0a-9a44-2f3b7b0f6c11";
  // While it is being received: nothing is applied.
  {
    const auto context = Context();
    const auto stream = organization_->ImportUnits(context.get());
    ASSERT_TRUE(stream->Write(Start(request_id)));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(Rows(1 + i * kRowsPerMessage)));
    suite_.Kill9("organization");
    EXPECT_FALSE(stream->Finish().ok());
  }
  Restart();
  EXPECT_TRUE(ExportedCodes().empty());

  // The same request again, now to the end.
  std::string name;
  const auto context = Context();
  const auto stream = organization_->ImportUnits(context.get());
  ASSERT_TRUE(stream->Write(Start(request_id)));
  for (int line = 1; line < kRows; line += kRowsPerMessage) ASSERT_TRUE(stream->Write(Rows(line)));
  ov1::ImportUnitsRequest commit;
  commit.mutable_commit()->set_rows(kRows);
  ASSERT_TRUE(stream->Write(commit));
  cv1::ImportProgress progress;
  ASSERT_TRUE(stream->Read(&progress));
  name = progress.import().name();

  std::mt19937 random(kSeed);
  const absl::Time limit = absl::Now() + absl::Minutes(8);
  cv1::Import import = progress.import();
  int kills = 0;
  // The first ones strike at once, while rows are being checked; the others after some rows more.
  for (; kills < kKills && import.state() != cv1::IMPORT_STATE_APPLIED; ++kills) {
    const int64_t applied = import.applied_rows();
    const int64_t wanted = kills < 2 ? 0 : applied + 1 + static_cast<int64_t>(random() % (kRows / kKills));
    while (import.applied_rows() < wanted && import.state() != cv1::IMPORT_STATE_APPLIED) {
      ASSERT_LT(absl::Now(), limit) << import.DebugString();
      import = Look(name);
    }
    suite_.Kill9("organization");
    if (kills == 0) {
      EXPECT_FALSE(stream->Finish().ok());
    }
    Restart();
    import = Look(name);
    EXPECT_GE(import.applied_rows(), applied) << "what was applied is durable";
    EXPECT_NE(import.state(), cv1::IMPORT_STATE_FAILED);
  }
  EXPECT_GE(kills, 10);
  while (import.state() != cv1::IMPORT_STATE_APPLIED) {
    ASSERT_LT(absl::Now(), limit) << import.DebugString();
    import = Look(name);
  }
  EXPECT_EQ(import.applied_rows(), kRows);
  EXPECT_EQ(import.rejected_rows(), 0);
  const std::map<std::string, int> codes = ExportedCodes();
  EXPECT_EQ(codes.size(), static_cast<size_t>(kRows));
  for (const auto& [code, count] : codes) EXPECT_EQ(count, 1) << code;
}

}  // namespace
}  // namespace ronghe
