#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe_service.grpc.pb.h"
#include "services/common/auth/auth.h"
#include "services/common/rpc/channel.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/echo_binding.h"
#include "services/common/serve/executor.h"
#include "services/common/serve/server.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"
#include "services/common/values/status.h"
#include "tests/support/identity.h"

namespace ronghe::tests {

// A moment that one thread waits for and another brings about. Waiting is bounded: false means it did not come.
class Event {
 public:
  void Set() {
    std::unique_lock<std::mutex> lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return set_; });
  }
  bool set() {
    std::unique_lock<std::mutex> lock(mutex_);
    return set_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

// True once `condition` holds; asks again and again for a bounded time.
inline bool Eventually(const std::function<bool()>& condition) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock<std::mutex> lock(mutex);
  for (int i = 0; i < 4000; ++i) {
    if (condition()) return true;
    never.wait_for(lock, std::chrono::milliseconds(5));
  }
  return false;
}

// Everything that is logged while it lives.
class LogLines {
 public:
  LogLines() {
    common::SetLogSinkForTest([this](std::string_view line) {
      std::unique_lock<std::mutex> lock(mutex_);
      text_ += line;
    });
  }
  ~LogLines() { common::SetLogSinkForTest(nullptr); }
  std::string text() {
    std::unique_lock<std::mutex> lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

// Serves ProbeService with the handlers a test gives it.
class ProbeBinding final : public common::ServiceBinding {
 public:
  using Source = absl::StatusOr<std::unique_ptr<common::MessageSource>>;
  explicit ProbeBinding(common::Wrapper& wrapper)
      : ServiceBinding(wrapper, v1::DoRequest::descriptor()->file()->FindServiceByName("ProbeService")) {
    Unary<v1::DoRequest, v1::DoResponse>(
        "Do", [this](const common::Call& call, const v1::DoRequest& r) { return on_do(call, r); });
    ServerStream<v1::DoRequest, v1::DoResponse>(
        "Count", [this](const common::Call& call, const v1::DoRequest& r) { return on_count(call, r); });
    BidiStream<v1::DoRequest, v1::DoResponse>("Collect", [this](const common::Call& call) { return on_collect(call); });
  }

  std::function<absl::StatusOr<v1::DoResponse>(const common::Call&, const v1::DoRequest&)> on_do =
      [](const common::Call&, const v1::DoRequest& request) -> absl::StatusOr<v1::DoResponse> {
    v1::DoResponse response;
    response.set_text(request.text());
    return response;
  };
  std::function<Source(const common::Call&, const v1::DoRequest&)> on_count;
  std::function<absl::StatusOr<std::unique_ptr<common::Upload>>(const common::Call&)> on_collect;
};

// A server on a free port with the real wrapper, identity and pool.
class ServeTest : public ::testing::Test {
 protected:
  struct Settings {
    common::Executor::Options pool{4, 64};
    common::Wrapper::Options wrapper{};
  };

  void Start() { Start(Settings()); }
  void Start(const Settings& settings) {
    verifier_ = common::TokenVerifier::Create(identity_.issuers(), clock_).value();
    authorizer_.emplace(*verifier_, directory_, owners_, clock_);
    executor_.emplace(settings.pool, clock_);
    executor_->Register(metrics_);
    wrapper_.emplace(common::Wrapper::Parts{*executor_, *authorizer_, signer_, clock_, random_, metrics_},
                     settings.wrapper);
    echo_.emplace(*wrapper_);
    probe_.emplace(*wrapper_);
    ASSERT_TRUE(probe_->Check().ok()) << probe_->Check();
    common::Server::Options options;
    options.service = "probe";
    auto server = common::Server::Start(options, Services());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = common::MakeChannel("127.0.0.1:" + std::to_string(server_->port()));
    stub_ = v1::ProbeService::NewStub(channel_);
    bearer_ = identity_.UserBearer("li");
  }

  virtual std::vector<grpc::Service*> Services() { return {&*echo_, &*probe_}; }

  void TearDown() override {
    if (server_ == nullptr) return;
    wrapper_->Drain();
    server_->Shutdown(absl::Seconds(5));
    executor_->Stop();
  }

  // A context with a token and a deadline that no test reaches.
  std::unique_ptr<grpc::ClientContext> Context(absl::Duration patience = absl::Seconds(30)) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization", bearer_);
    context->set_deadline(absl::ToChronoTime(clock_.Now() + patience));
    return context;
  }

  // One call of Do.
  absl::Status Do(const std::string& text = "x", absl::Duration patience = absl::Seconds(30)) {
    v1::DoRequest request;
    request.set_text(text);
    v1::DoResponse response;
    return common::FromGrpc(stub_->Do(Context(patience).get(), request, &response));
  }

  common::SystemClock clock_;
  common::SystemRandom random_;
  Identity identity_;
  common::Directory directory_;
  common::NoOwners owners_;
  common::TokenSigner signer_{"0123456789abcdef"};
  common::Metrics metrics_;
  std::unique_ptr<common::TokenVerifier> verifier_;
  std::optional<common::Authorizer> authorizer_;
  std::optional<common::Executor> executor_;
  std::optional<common::Wrapper> wrapper_;
  std::optional<common::EchoBinding> echo_;
  std::optional<ProbeBinding> probe_;
  std::unique_ptr<common::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ProbeService::Stub> stub_;
  std::string bearer_;
};

}  // namespace ronghe::tests
