#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include "ronghe/common/v1/echo_service.grpc.pb.h"
#include "ronghe/education/v1/education_service.grpc.pb.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"
#include "tests/service/gateway/fixture.h"

namespace ronghe::tests {
namespace {

using common::v1::ImportProgress;
using organization::v1::CreateUnitRequest;
using organization::v1::ExportUnitsRequest;
using organization::v1::ExportUnitsResponse;
using organization::v1::GetUnitRequest;
using organization::v1::ImportUnitsRequest;
using organization::v1::OrganizationService;
using organization::v1::Unit;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Text(grpc::string_ref text) {
  return {text.data(), text.size()};
}

std::map<std::string, std::string> Metadata(const grpc::ServerContext& context) {
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : context.client_metadata()) all[Text(key)] = Text(value);
  return all;
}

// Waits for what another thread brings about; false after 20 s.
bool Eventually(const std::function<bool()>& holds) {
  std::mutex mutex;
  std::condition_variable looks;
  std::unique_lock lock(mutex);
  const absl::Time end = absl::Now() + absl::Seconds(20);
  while (!holds()) {
    if (absl::Now() > end) return false;
    looks.wait_for(lock, std::chrono::milliseconds(5));
  }
  return true;
}

class GatewayProxyTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    if (channel_ != nullptr) stub_ = OrganizationService::NewStub(channel_);
  }
  grpc::Status GetUnit(grpc::ClientContext& context, const std::string& name, Unit* unit = nullptr) {
    GetUnitRequest request;
    request.set_name(name);
    Unit ignored;
    return stub_->GetUnit(&context, request, unit == nullptr ? &ignored : unit);
  }
  std::unique_ptr<OrganizationService::Stub> stub_;
};

TEST_F(GatewayProxyTest, PassesUnaryCallsOnWithIdentityAndTrace) {
  std::map<std::string, std::string> seen;
  organization_.organization.get_unit = [&](grpc::ServerContext* context, const GetUnitRequest* request, Unit* unit) {
    seen = Metadata(*context);
    unit->set_name(request->name());
    unit->set_title("寿光市");
    unit->GetReflection()->MutableUnknownFields(unit)->AddVarint(9999, 5);  // of a newer service
    context->AddInitialMetadata("x-first", "1");
    context->AddTrailingMetadata("x-last", "2");
    return grpc::Status::OK;
  };
  auto context = As("li");
  context->AddMetadata("x-request-id", "0c9b1c7e-6a83-4d5e-8f4b-0d7b2b6a5a11");
  Unit unit;
  const grpc::Status status = GetUnit(*context, "units/C1", &unit);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(unit.title(), "寿光市");
  EXPECT_EQ(unit.GetReflection()->GetUnknownFields(unit).field_count(), 1);
  EXPECT_THAT(seen["authorization"], StartsWith("Bearer "));
  EXPECT_THAT(seen["x-ronghe-service"], StartsWith("Bearer "));
  EXPECT_NE(seen["x-ronghe-service"], seen["authorization"]);
  EXPECT_EQ(seen["x-request-id"], "0c9b1c7e-6a83-4d5e-8f4b-0d7b2b6a5a11");
  EXPECT_THAT(seen["traceparent"], ::testing::MatchesRegex("00-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+"));
  EXPECT_EQ(Text(context->GetServerInitialMetadata().find("x-first")->second), "1");
  EXPECT_EQ(Text(context->GetServerTrailingMetadata().find("x-last")->second), "2");
  EXPECT_EQ(context->GetServerTrailingMetadata().count("x-request-id"), 1u);
}

TEST_F(GatewayProxyTest, PassesErrorsOnWithTheirDetails) {
  const absl::Status refused = common::InvalidArgument(
      {{"name", "REQUIRED", {"is required", "必填"}}, {"as_of", "BAD_DATE", {"is no date", "日期无效"}}});
  const std::string details = common::SerializedDetails(refused);
  organization_.organization.get_unit = [&](grpc::ServerContext*, const GetUnitRequest*, Unit*) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "two fields", details);
  };
  auto context = As("li");
  const grpc::Status status = GetUnit(*context, "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "two fields");
  EXPECT_EQ(status.error_details(), details);
  EXPECT_EQ(context->GetServerTrailingMetadata().count("grpc-status-details-bin"), 1u);
}

TEST_F(GatewayProxyTest, NobodyUnidentifiedReachesTheService) {
  std::atomic<int> calls{0};
  organization_.organization.get_unit = [&](grpc::ServerContext*, const GetUnitRequest*, Unit*) {
    ++calls;
    return grpc::Status::OK;
  };
  EXPECT_EQ(GetUnit(*As(""), "units/C1").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  auto forged = As("");
  forged->AddMetadata("authorization", "Bearer a.b.c");
  EXPECT_EQ(GetUnit(*forged, "units/C1").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(calls, 0);
}

TEST_F(GatewayProxyTest, WhatIsTheSuitesOwnIsNotServed) {
  auto stub = organization::v1::DirectoryService::NewStub(channel_);
  auto context = As("li");
  auto reader = stub->StreamDirectory(context.get(), {});
  organization::v1::StreamDirectoryResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GatewayProxyTest, WritesWithoutARequestIdGetOne) {
  std::vector<std::string> ids;
  organization_.organization.create_unit = [&](grpc::ServerContext*, const CreateUnitRequest* request, Unit* unit) {
    ids.push_back(request->request_id());
    *unit = request->unit();
    return grpc::Status::OK;
  };
  CreateUnitRequest request;
  request.mutable_unit()->set_code("A1");
  Unit unit;
  ASSERT_TRUE(stub_->CreateUnit(As("li").get(), request, &unit).ok());
  EXPECT_EQ(unit.code(), "A1");
  ASSERT_TRUE(stub_->CreateUnit(As("li").get(), request, &unit).ok());
  request.set_request_id("mine");
  ASSERT_TRUE(stub_->CreateUnit(As("li").get(), request, &unit).ok());
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0].size(), 36u);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(ids[2], "mine");
}

TEST_F(GatewayProxyTest, AServiceThatIsDownIsNamed) {
  organization_.Stop();
  const absl::Status status = common::FromGrpc(GetUnit(*As("li"), "units/C1"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(common::ReasonOf(status), "SERVICE_UNAVAILABLE");
  EXPECT_THAT(common::TextOf(status).en, HasSubstr("organization"));
  EXPECT_THAT(common::TextOf(status).zh, HasSubstr("organization"));
  EXPECT_GT(common::RetryAfterOf(status), absl::ZeroDuration());

  auto education = education::v1::EducationService::NewStub(channel_);
  auto context = As("li");
  auto reader = education->Watch(context.get(), {});
  common::v1::WatchResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_THAT(common::TextOf(common::FromGrpc(reader->Finish())).en, HasSubstr("education"));

  organization_.Start();
  organization_.organization.get_unit = [](grpc::ServerContext*, const GetUnitRequest*, Unit*) {
    return grpc::Status::OK;
  };
  EXPECT_TRUE(Eventually([&] { return GetUnit(*As("li"), "units/C1").ok(); }));
}

TEST_F(GatewayProxyTest, DeadlinesReachTheService) {
  std::promise<absl::Time> deadline;
  std::atomic<bool> cancelled{false};
  organization_.organization.get_unit = [&](grpc::ServerContext* context, const GetUnitRequest*, Unit*) {
    deadline.set_value(absl::FromChrono(context->deadline()));
    cancelled = Eventually([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  const absl::Time before = absl::Now();
  const grpc::Status status = GetUnit(*As("li", absl::Milliseconds(300)), "units/C1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LE(deadline.get_future().get(), before + absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return cancelled.load(); }));
}

TEST_F(GatewayProxyTest, CancellationReachesTheService) {
  std::promise<void> entered;
  std::atomic<bool> cancelled{false};
  organization_.organization.get_unit = [&](grpc::ServerContext* context, const GetUnitRequest*, Unit*) {
    entered.set_value();
    cancelled = Eventually([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  auto context = As("li");
  auto call = std::async(std::launch::async, [&] { return GetUnit(*context, "units/C1"); });
  entered.get_future().wait();
  context->TryCancel();
  EXPECT_EQ(call.get().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([&] { return cancelled.load(); }));
}

TEST_F(GatewayProxyTest, LargeMessagesPassAndTooLargeOnesDoNot) {
  std::atomic<size_t> received{0};
  organization_.organization.create_unit = [&](grpc::ServerContext*, const CreateUnitRequest* request, Unit* unit) {
    received = request->unit().title().size();
    unit->set_title(std::string(12 << 20, 'y'));
    return grpc::Status::OK;
  };
  CreateUnitRequest request;
  request.mutable_unit()->set_title(std::string(3 << 20, 'x'));
  Unit unit;
  const grpc::Status status = stub_->CreateUnit(As("li").get(), request, &unit);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(received, size_t{3} << 20);
  EXPECT_EQ(unit.title().size(), size_t{12} << 20);
  received = 0;
  request.mutable_unit()->set_title(std::string(5 << 20, 'x'));
  EXPECT_EQ(stub_->CreateUnit(As("li").get(), request, &unit).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(received, 0u);
}

TEST_F(GatewayProxyTest, PassesServerStreamsOn) {
  organization_.organization.export_units = [](grpc::ServerContext* context, auto* writer) {
    for (int i = 0; i < 1000; ++i) {
      ExportUnitsResponse response;
      response.add_units()->set_uid(i);
      writer->Write(response);
    }
    context->AddTrailingMetadata("x-last", "2");
    return grpc::Status(grpc::StatusCode::ABORTED, "changed",
                        common::SerializedDetails(common::Aborted("X", {"x", "x"})));
  };
  auto context = As("li");
  auto reader = stub_->ExportUnits(context.get(), ExportUnitsRequest());
  ExportUnitsResponse response;
  int64_t expected = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.units(0).uid(), expected++);
  EXPECT_EQ(expected, 1000);
  const absl::Status status = common::FromGrpc(reader->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(common::ReasonOf(status), "X");
  EXPECT_EQ(context->GetServerTrailingMetadata().count("x-last"), 1u);
}

TEST_F(GatewayProxyTest, PassesBidirectionalStreamsOnMessageByMessage) {
  organization_.organization.import_units = [](grpc::ServerContext*, auto* stream) {
    ImportUnitsRequest request;
    ImportProgress progress;
    int64_t count = 0;
    while (stream->Read(&request)) {
      progress.mutable_import()->set_received_rows(++count);
      stream->Write(progress);
    }
    progress.mutable_import()->set_failure("end");  // only after the half-close
    stream->Write(progress);
    return grpc::Status::OK;
  };
  auto context = As("li");
  auto stream = stub_->ImportUnits(context.get());
  ImportProgress progress;
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(stream->Write(ImportUnitsRequest()));
    ASSERT_TRUE(stream->Read(&progress));
    EXPECT_EQ(progress.import().received_rows(), i);
  }
  ASSERT_TRUE(stream->WritesDone());
  ASSERT_TRUE(stream->Read(&progress));
  EXPECT_EQ(progress.import().failure(), "end");
  EXPECT_FALSE(stream->Read(&progress));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GatewayProxyTest, AnEarlyEndReachesASilentCaller) {
  organization_.organization.import_units = [](grpc::ServerContext*, auto* stream) {
    ImportUnitsRequest request;
    stream->Read(&request);
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no", common::SerializedDetails(common::NotFound("units/X")));
  };
  auto context = As("li");
  auto stream = stub_->ImportUnits(context.get());
  ASSERT_TRUE(stream->Write(ImportUnitsRequest()));
  ImportProgress progress;
  EXPECT_FALSE(stream->Read(&progress));  // the caller neither writes nor half-closes
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GatewayProxyTest, CancelledStreamsEndAtTheService) {
  std::atomic<bool> cancelled{false};
  organization_.organization.watch = [&](grpc::ServerContext* context, const auto*, auto* writer) {
    writer->Write({});
    cancelled = Eventually([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  auto context = As("li");
  auto reader = stub_->Watch(context.get(), {});
  common::v1::WatchResponse response;
  ASSERT_TRUE(reader->Read(&response));
  context->TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([&] { return cancelled.load(); }));
}

TEST_F(GatewayProxyTest, AServiceThatDiesEndsItsStreams) {
  std::promise<void> entered;
  organization_.organization.watch = [&](grpc::ServerContext* context, const auto*, auto* writer) {
    writer->Write({});
    entered.set_value();
    Eventually([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  auto context = As("li");
  auto reader = stub_->Watch(context.get(), {});
  common::v1::WatchResponse response;
  ASSERT_TRUE(reader->Read(&response));
  entered.get_future().wait();
  organization_.Stop();
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_FALSE(reader->Finish().ok());
}

TEST_F(GatewayProxyTest, ASlowReaderSlowsTheServiceDown) {
  constexpr int kMessages = 400;
  std::mutex mutex;
  std::condition_variable changed;
  int written = 0;
  organization_.organization.export_units = [&](grpc::ServerContext*, auto* writer) {
    ExportUnitsResponse response;
    response.add_units()->set_title(std::string(128 << 10, 'x'));
    for (int i = 0; i < kMessages; ++i) {
      if (!writer->Write(response)) break;
      const std::lock_guard lock(mutex);
      ++written;
      changed.notify_all();
    }
    return grpc::Status::OK;
  };
  auto context = As("li", absl::Seconds(60));
  auto reader = stub_->ExportUnits(context.get(), ExportUnitsRequest());
  ExportUnitsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  // It comes to a standstill: what is on its way is bounded by windows, not by the length of the stream.
  {
    std::unique_lock lock(mutex);
    int before = written;
    while (changed.wait_for(lock, std::chrono::milliseconds(500), [&] { return written != before; })) before = written;
    EXPECT_LT(written, kMessages / 2);
  }
  int count = 1;
  while (reader->Read(&response)) ++count;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, kMessages);
}

// Ends of all kinds at all moments; sanitizers look on.
TEST_F(GatewayProxyTest, ManyStreamsThatEndAtOddMoments) {
  organization_.organization.import_units = [](grpc::ServerContext*, auto* stream) {
    ImportUnitsRequest request;
    for (int i = 0; i < 8 && stream->Read(&request); ++i) stream->Write({});
    return grpc::Status::OK;
  };
  std::vector<std::future<void>> clients;
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::async(std::launch::async, [&, c] {
      for (int i = 0; i < 25; ++i) {
        auto context = As("li");
        auto stream = stub_->ImportUnits(context.get());
        ImportProgress progress;
        const int steps = (c * 7 + i) % 11;
        for (int k = 0; k < steps && stream->Write(ImportUnitsRequest()); ++k) {
          if (k % 2 == 0) stream->Read(&progress);
        }
        if (i % 3 == 0) context->TryCancel();
        if (i % 3 == 1) stream->WritesDone();
        while (i % 3 == 1 && stream->Read(&progress)) {
        }
        if (i % 3 == 2) context->TryCancel();
        (void)stream->Finish();
      }
    }));
  }
  for (auto& client : clients) client.get();
  organization_.organization.get_unit = [](grpc::ServerContext*, const GetUnitRequest*, Unit*) {
    return grpc::Status::OK;
  };
  EXPECT_TRUE(GetUnit(*As("li"), "units/C1").ok());
}

TEST_F(GatewayProxyTest, EchoIsItsOwn) {
  organization_.Stop();
  auto echo = common::v1::EchoService::NewStub(channel_);
  common::v1::EchoRequest request;
  request.set_text("hello");
  common::v1::EchoResponse response;
  ASSERT_TRUE(echo->Echo(As("li").get(), request, &response).ok());
  EXPECT_EQ(response.text(), "hello");
}

}  // namespace
}  // namespace ronghe::tests
