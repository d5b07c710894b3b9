#include <atomic>

#include "tests/service/common/fixture.h"

namespace ronghe::tests {
namespace {

// What became of an upload.
struct UploadWatch {
  std::atomic<int> received{0};
  std::atomic<int> answers{0};
  Event first;
  Event destroyed;
};

// Takes texts until `end`, then answers with each; refuses `bad`.
class Texts final : public common::Upload {
 public:
  Texts(common::Wrapper& wrapper, std::shared_ptr<UploadWatch> watch) : wrapper_(wrapper), watch_(std::move(watch)) {}
  ~Texts() override { watch_->destroyed.Set(); }

  absl::StatusOr<bool> Receive(const google::protobuf::Message& message) override {
    const auto& request = static_cast<const v1::DoRequest&>(message);
    ++watch_->received;
    watch_->first.Set();
    if (request.text() == "bad") return common::InvalidArgument("text", "BAD_TEXT", {"is bad", "不好"});
    texts_.push_back(request.text());
    ended_ = request.text() == "end";
    return ended_;
  }

  absl::StatusOr<std::unique_ptr<common::MessageSource>> Answer() override {
    ++watch_->answers;
    if (!ended_)
      return common::FailedPrecondition("UPLOAD_INCOMPLETE", {"the last message is missing", "缺少最后一条消息"});
    return common::PagedSource(
        wrapper_, [this, n = size_t{0}]() mutable -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
          if (n == texts_.size()) return nullptr;
          auto response = std::make_unique<v1::DoResponse>();
          response->set_text(texts_[n++]);
          return response;
        });
  }

 private:
  common::Wrapper& wrapper_;
  std::shared_ptr<UploadWatch> watch_;
  std::vector<std::string> texts_;
  bool ended_ = false;
};

class UploadTest : public ServeTest {
 protected:
  void StartUploads() {
    Start();
    probe_->on_collect = [this](const common::Call&) -> absl::StatusOr<std::unique_ptr<common::Upload>> {
      return std::make_unique<Texts>(*wrapper_, watch_);
    };
  }

  // Sends the texts, then (if asked) half-closes, and reads to the end.
  absl::Status Send(const std::vector<std::string>& texts, bool half_close, std::vector<std::string>& got) {
    auto context = Context();
    auto stream = stub_->Collect(context.get());
    v1::DoRequest request;
    for (const std::string& text : texts) {
      request.set_text(text);
      if (!stream->Write(request)) break;
    }
    if (half_close) stream->WritesDone();
    v1::DoResponse response;
    while (stream->Read(&response)) got.push_back(response.text());
    return common::FromGrpc(stream->Finish());
  }

  std::shared_ptr<UploadWatch> watch_ = std::make_shared<UploadWatch>();
};

TEST_F(UploadTest, AllMessagesThenTheAnswer) {
  StartUploads();
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(std::to_string(i));
  texts.push_back("end");
  std::vector<std::string> got;
  absl::Status status = Send(texts, /*half_close=*/false, got);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(got, texts);
  EXPECT_EQ(watch_->answers, 1);
  EXPECT_TRUE(watch_->destroyed.Wait());
}

TEST_F(UploadTest, HalfClosingEarlyIsTheUploadsToJudge) {
  StartUploads();
  std::vector<std::string> got;
  EXPECT_EQ(common::ReasonOf(Send({"a", "b"}, true, got)), "UPLOAD_INCOMPLETE");
  EXPECT_EQ(watch_->received, 2);
  EXPECT_TRUE(watch_->destroyed.Wait());
}

TEST_F(UploadTest, NoMessageAtAll) {
  StartUploads();
  std::vector<std::string> got;
  EXPECT_EQ(common::ReasonOf(Send({}, true, got)), "MISSING_MESSAGE");
  EXPECT_EQ(watch_->received, 0);
}

TEST_F(UploadTest, ABadMessageEndsIt) {
  StartUploads();
  std::vector<std::string> got;
  absl::Status status = Send({"a", "bad", "c", "end"}, true, got);
  EXPECT_EQ(common::ReasonOf(status), "BAD_TEXT");
  EXPECT_EQ(watch_->received, 2);
  EXPECT_EQ(watch_->answers, 0);
  EXPECT_TRUE(watch_->destroyed.Wait());
}

TEST_F(UploadTest, ABrokenStreamIsDroppedUnanswered) {
  StartUploads();
  auto context = Context();
  auto stream = stub_->Collect(context.get());
  v1::DoRequest request;
  request.set_text("a");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(watch_->first.Wait());
  context->TryCancel();
  stream->Finish();
  EXPECT_TRUE(watch_->destroyed.Wait());
  EXPECT_EQ(watch_->answers, 0);
}

TEST_F(UploadTest, NobodyUploadsWithoutAToken) {
  StartUploads();
  bearer_ = "Bearer x";
  std::vector<std::string> got;
  EXPECT_EQ(Send({"a", "end"}, true, got).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(watch_->received, 0);
}

TEST_F(UploadTest, DrainEndsAnUploadInProgress) {
  StartUploads();
  auto context = Context();
  auto stream = stub_->Collect(context.get());
  v1::DoRequest request;
  request.set_text("a");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(watch_->first.Wait());
  wrapper_->Drain();
  v1::DoResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(common::ReasonOf(common::FromGrpc(stream->Finish())), "DRAINING");
  EXPECT_TRUE(watch_->destroyed.Wait());
  EXPECT_EQ(watch_->answers, 0);
}

}  // namespace
}  // namespace ronghe::tests
