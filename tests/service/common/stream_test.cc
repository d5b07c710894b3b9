#include <atomic>
#include <thread>

#include "tests/service/common/fixture.h"

namespace ronghe::tests {
namespace {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

MessagePtr Answer(const std::string& text) {
  auto response = std::make_unique<v1::DoResponse>();
  response->set_text(text);
  return response;
}

// What happens to a source that says nothing until it is told to.
struct SourceWatch {
  std::mutex mutex;
  common::MessageSource::Done done;
  Event asked;
  Event destroyed;
  bool answered_after_destruction = false;
};

class SilentSource final : public common::MessageSource {
 public:
  explicit SilentSource(std::shared_ptr<SourceWatch> watch) : watch_(std::move(watch)) {}
  ~SilentSource() override {
    {
      std::unique_lock<std::mutex> lock(watch_->mutex);
      watch_->done = nullptr;
    }
    watch_->destroyed.Set();
  }
  void Next(Done done) override {
    {
      std::unique_lock<std::mutex> lock(watch_->mutex);
      watch_->done = std::move(done);
    }
    watch_->asked.Set();
  }

 private:
  std::shared_ptr<SourceWatch> watch_;
};

class StreamTest : public ServeTest {
 protected:
  std::shared_ptr<SourceWatch> UseSilentSource() {
    auto watch = std::make_shared<SourceWatch>();
    probe_->on_count = [watch](const common::Call&, const v1::DoRequest&) -> ProbeBinding::Source {
      return std::make_unique<SilentSource>(watch);
    };
    return watch;
  }

  // Reads to the end.
  absl::Status ReadAll(grpc::ClientContext& context, std::vector<std::string>& got) {
    auto reader = stub_->Count(&context, v1::DoRequest());
    v1::DoResponse response;
    while (reader->Read(&response)) got.push_back(response.text());
    return common::FromGrpc(reader->Finish());
  }
};

TEST_F(StreamTest, MessagesArriveInOrder) {
  Start();
  probe_->on_count = [&](const common::Call&, const v1::DoRequest&) -> ProbeBinding::Source {
    return common::PagedSource(*wrapper_, [n = 0]() mutable -> absl::StatusOr<MessagePtr> {
      if (n == 500) return MessagePtr();
      return Answer(std::to_string(n++));
    });
  };
  std::vector<std::string> got;
  auto context = Context();
  absl::Status status = ReadAll(*context, got);
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_EQ(got.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(got[i], std::to_string(i));
  EXPECT_EQ(context->GetServerTrailingMetadata().count("x-request-id"), 1u);
  EXPECT_TRUE(Eventually([this] { return wrapper_->open_streams() == 0; }));
}

TEST_F(StreamTest, AnErrorEndsTheStreamWithItsDetails) {
  Start();
  probe_->on_count = [&](const common::Call&, const v1::DoRequest&) -> ProbeBinding::Source {
    return common::PagedSource(*wrapper_, [n = 0]() mutable -> absl::StatusOr<MessagePtr> {
      if (n++ == 3) return common::OutOfRange("TOKEN_TOO_OLD", {"list again", "请重新列出"});
      return Answer("x");
    });
  };
  std::vector<std::string> got;
  absl::Status status = ReadAll(*Context(), got);
  EXPECT_EQ(got.size(), 3u);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(common::ReasonOf(status), "TOKEN_TOO_OLD");
}

TEST_F(StreamTest, HandlersMayRefuse) {
  Start();
  probe_->on_count = [&](const common::Call&, const v1::DoRequest&) -> ProbeBinding::Source {
    return common::NotFound("units/1");
  };
  std::vector<std::string> got;
  EXPECT_EQ(ReadAll(*Context(), got).code(), absl::StatusCode::kNotFound);
  bearer_ = "Bearer x";
  EXPECT_EQ(ReadAll(*Context(), got).code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(StreamTest, ACallerWhoLeavesFreesTheSource) {
  Start();
  auto watch = UseSilentSource();
  auto context = Context();
  auto reader = stub_->Count(context.get(), v1::DoRequest());
  ASSERT_TRUE(watch->asked.Wait());
  EXPECT_FALSE(watch->destroyed.set());
  context->TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(watch->destroyed.Wait());
  EXPECT_TRUE(Eventually([this] { return wrapper_->open_streams() == 0; }));
}

TEST_F(StreamTest, CancellingWhileReadingIsSafe) {
  Settings settings;
  settings.pool = {2, 64};
  Start(settings);
  // Reads on the pool refer to what dies with the call: under the sanitizers this test fails if one outlives its
  // source.
  probe_->on_count = [&](const common::Call& call, const v1::DoRequest&) -> ProbeBinding::Source {
    return common::PagedSource(*wrapper_, [&call]() -> absl::StatusOr<MessagePtr> { return Answer(call.request_id); });
  };
  for (int i = 0; i < 40; ++i) {
    auto context = Context();
    auto reader = stub_->Count(context.get(), v1::DoRequest());
    v1::DoResponse response;
    for (int n = 0; n < i % 5; ++n) reader->Read(&response);
    context->TryCancel();
    reader->Finish();
  }
  EXPECT_TRUE(Eventually([this] { return wrapper_->open_streams() == 0; }));
}

TEST_F(StreamTest, ASlowReaderIsCutOff) {
  Settings settings;
  settings.wrapper.stall = absl::Milliseconds(200);
  settings.wrapper.recheck = absl::Milliseconds(20);
  Start(settings);
  std::atomic<int> made{0};
  probe_->on_count = [&](const common::Call&, const v1::DoRequest&) -> ProbeBinding::Source {
    return common::PagedSource(*wrapper_, [&]() -> absl::StatusOr<MessagePtr> {
      ++made;
      return Answer(std::string(1 << 20, 'x'));
    });
  };
  LogLines log;
  auto context = Context();
  auto reader = stub_->Count(context.get(), v1::DoRequest());
  // Nothing is read until the server has given up.
  ASSERT_TRUE(Eventually([&] { return log.text().find("SLOW_READER") != std::string::npos; }));
  EXPECT_LT(made, 20);
  v1::DoResponse response;
  while (reader->Read(&response)) {
  }
  absl::Status status = common::FromGrpc(reader->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(common::ReasonOf(status), "SLOW_READER");
}

TEST_F(StreamTest, DrainEndsOpenStreamsAndRefusesNewOnes) {
  Start();
  auto watch = UseSilentSource();
  auto context = Context();
  auto reader = stub_->Count(context.get(), v1::DoRequest());
  ASSERT_TRUE(watch->asked.Wait());
  wrapper_->Drain();
  absl::Status status = common::FromGrpc(reader->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(common::ReasonOf(status), "DRAINING");
  EXPECT_TRUE(watch->destroyed.Wait());
  std::vector<std::string> got;
  EXPECT_EQ(common::ReasonOf(ReadAll(*Context(), got)), "DRAINING");
  EXPECT_TRUE(Do().ok());  // unary calls go on until the server shuts down
}

TEST_F(StreamTest, StreamsAreBounded) {
  Settings settings;
  settings.wrapper.max_streams = 1;
  Start(settings);
  auto watch = UseSilentSource();
  auto context = Context();
  auto reader = stub_->Count(context.get(), v1::DoRequest());
  ASSERT_TRUE(watch->asked.Wait());
  std::vector<std::string> got;
  EXPECT_EQ(common::ReasonOf(ReadAll(*Context(), got)), "STREAMS_FULL");
  context->TryCancel();
  reader->Finish();
}

TEST_F(StreamTest, ARevokedTokenEndsOpenStreams) {
  Settings settings;
  settings.wrapper.recheck = absl::Milliseconds(20);
  Start(settings);
  auto watch = UseSilentSource();
  nlohmann::json claims = identity_.users().Claims("li", clock_.Now());
  bearer_ = "Bearer " + identity_.users().Sign(claims);
  auto context = Context();
  auto reader = stub_->Count(context.get(), v1::DoRequest());
  ASSERT_TRUE(watch->asked.Wait());
  common::DirectoryDelta delta;
  delta.reset = true;
  delta.complete = true;
  delta.revoked_tokens.push_back({claims["jti"], clock_.Now() + absl::Hours(1)});
  directory_.Apply(delta, clock_.Now());
  absl::Status status = common::FromGrpc(reader->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(common::ReasonOf(status), "TOKEN_REVOKED");
  EXPECT_TRUE(watch->destroyed.Wait());
}

TEST_F(StreamTest, ALateAnswerAfterTheEndIsHarmless) {
  Start();
  auto watch = UseSilentSource();
  for (int i = 0; i < 20; ++i) {
    auto context = Context();
    auto reader = stub_->Count(context.get(), v1::DoRequest());
    ASSERT_TRUE(Eventually([&] {
      std::unique_lock<std::mutex> lock(watch->mutex);
      return watch->done != nullptr;
    }));
    common::MessageSource::Done done;
    {
      std::unique_lock<std::mutex> lock(watch->mutex);
      done = watch->done;
    }
    std::thread canceller([&] { context->TryCancel(); });
    done(Answer("late"));
    canceller.join();
    reader->Finish();
    ASSERT_TRUE(Eventually([&] { return wrapper_->open_streams() == 0; }));
    ASSERT_TRUE(Eventually([&] {
      std::unique_lock<std::mutex> lock(watch->mutex);
      return watch->done == nullptr;
    }));
  }
}

}  // namespace
}  // namespace ronghe::tests
