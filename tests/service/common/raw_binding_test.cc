#include "services/common/serve/raw_binding.h"

#include <atomic>

#include "tests/service/common/fixture.h"

namespace ronghe::tests {
namespace {

using common::RawBinding;
using common::RawCall;
using common::RawStream;
using grpc::ByteBuffer;

// Gives back what it reads; responses and requests of ProbeService look alike.
class Mirror final : public RawStream {
 public:
  Mirror(std::shared_ptr<RawCall> call, Event& ended) : RawStream(std::move(call)), ended_(ended) {}
  void OnStart() override { Read(&buffer_); }
  void OnReadDone(bool ok) override {
    if (ok) {
      Write(&buffer_);
    } else {
      EndRaw(grpc::Status::OK);
    }
  }
  void OnWritten(bool ok) override {
    if (ok) Read(&buffer_);
  }
  void OnEnded() override { ended_.Set(); }

 private:
  Event& ended_;
  ByteBuffer buffer_;
};

class RawBindingTest : public ServeTest {
 protected:
  std::vector<grpc::Service*> Services() override {
    raw_.emplace(
        *wrapper_, v1::DoRequest::descriptor()->file()->FindServiceByName("ProbeService"),
        [this](std::shared_ptr<RawCall> call, const ByteBuffer& request, RawBinding::Done done) {
          unary(std::move(call), request, std::move(done));
        },
        [this](std::shared_ptr<RawCall> call) { return std::make_shared<Mirror>(std::move(call), ended); });
    return {&*echo_, &*raw_};
  }

  std::optional<RawBinding> raw_;
  Event ended;
  std::function<void(std::shared_ptr<RawCall>, const ByteBuffer&, RawBinding::Done)> unary =
      [](std::shared_ptr<RawCall>, const ByteBuffer& request, const RawBinding::Done& done) {
        ByteBuffer copy(request);
        done(grpc::Status::OK, &copy);
        done(grpc::Status(grpc::StatusCode::ABORTED, "twice"), nullptr);  // does not count
      };
};

TEST_F(RawBindingTest, PassesUnaryCallsOn) {
  Start();
  v1::DoRequest request;
  request.set_text("through");
  v1::DoResponse response;
  grpc::Status status = stub_->Do(Context().get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.text(), "through");
}

TEST_F(RawBindingTest, KnowsMethodAndCaller) {
  Start();
  std::string seen;
  unary = [&](std::shared_ptr<RawCall> call, const ByteBuffer& request, const RawBinding::Done& done) {
    seen = call->path + " " + call->method->name() + " " + call->identity.claims.subject;
    EXPECT_EQ(call->call.authorization, bearer_);
    EXPECT_FALSE(call->call.request_id.empty());
    EXPECT_NE(call->context, nullptr);
    ByteBuffer copy(request);
    done(grpc::Status::OK, &copy);
  };
  EXPECT_TRUE(Do().ok());
  EXPECT_EQ(seen, "/ronghe.tests.v1.ProbeService/Do Do li");
}

TEST_F(RawBindingTest, PassesErrorsOnWithTheirDetails) {
  Start();
  unary = [&](std::shared_ptr<RawCall>, const ByteBuffer&, const RawBinding::Done& done) {
    absl::Status status = common::NotFound("units/7");
    done(grpc::Status(grpc::StatusCode::NOT_FOUND, common::PublicMessage(status), common::SerializedDetails(status)),
         nullptr);
  };
  EXPECT_EQ(common::ResourceOf(Do()), "units/7");
}

TEST_F(RawBindingTest, NobodyPassesWithoutAToken) {
  Start();
  std::atomic<int> runs{0};
  unary = [&](std::shared_ptr<RawCall>, const ByteBuffer&, const RawBinding::Done& done) {
    ++runs;
    done(grpc::Status::OK, nullptr);
  };
  bearer_ = "Bearer x";
  EXPECT_EQ(Do().code(), absl::StatusCode::kUnauthenticated);
  auto context = Context();
  auto stream = stub_->Collect(context.get());
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(runs, 0);
}

TEST_F(RawBindingTest, PassesStreamsOn) {
  Start();
  auto context = Context();
  auto stream = stub_->Collect(context.get());
  for (int i = 0; i < 50; ++i) {
    v1::DoRequest request;
    request.set_text(std::to_string(i));
    ASSERT_TRUE(stream->Write(request));
    v1::DoResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.text(), std::to_string(i));
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(ended.Wait());
  // A server stream is the same to it.
  auto second = Context();
  auto reader = stub_->Count(second.get(), v1::DoRequest());
  v1::DoResponse response;
  EXPECT_TRUE(reader->Read(&response));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(RawBindingTest, TellsWhenTheCallerLeavesOrTheProcessDrains) {
  Start();
  auto context = Context();
  auto stream = stub_->Collect(context.get());
  ASSERT_TRUE(Eventually([this] { return wrapper_->open_streams() == 1; }));
  context->TryCancel();
  stream->Finish();
  EXPECT_TRUE(ended.Wait());
  EXPECT_TRUE(Eventually([this] { return wrapper_->open_streams() == 0; }));
  auto again = Context();
  auto second = stub_->Collect(again.get());
  ASSERT_TRUE(Eventually([this] { return wrapper_->open_streams() == 1; }));
  wrapper_->Drain();
  EXPECT_EQ(common::ReasonOf(common::FromGrpc(second->Finish())), "DRAINING");
}

}  // namespace
}  // namespace ronghe::tests
