#include "services/common/directory/remote_feed.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include <absl/status/status.h>
#include <grpcpp/channel.h>

#include "ronghe/organization/v1/directory_service.grpc.pb.h"

#include "services/common/directory/convert.h"
#include "services/common/rpc/pulled_stream.h"
#include "services/common/telemetry/log.h"

namespace ronghe::common {
namespace {

namespace org = organization::v1;

using Stream = PulledStream<org::StreamDirectoryResponse>;

}  // namespace

struct RemoteDirectoryFeed::Impl {
  Impl(std::shared_ptr<grpc::Channel> to, const Parts& with, Options how)
      : channel(std::move(to)), stub(org::DirectoryService::NewStub(channel)), parts(with), options(std::move(how)) {}

  void Run();
  // One stream from its beginning to its end. True if it brought anything.
  bool Follow();
  bool Take(const org::StreamDirectoryResponse& message);
  void Lost(std::string_view cause, std::string_view detail);
  bool Stopping() {
    std::lock_guard lock(mutex);
    return stopping;
  }
  // Returns early when stopping.
  void Pause(absl::Duration backoff);

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<org::DirectoryService::Stub> stub;
  const Parts parts;
  const Options options;
  bool connected = false;  // said in the log; the feed's thread only

  std::mutex mutex;
  std::condition_variable stop;
  bool stopping = false;
  Stream* stream = nullptr;
  std::thread thread;
};

void RemoteDirectoryFeed::Impl::Run() {
  absl::Duration backoff = options.min_backoff;
  while (!Stopping()) {
    if (Follow()) backoff = options.min_backoff;
    if (Stopping()) return;
    Pause(backoff);
    backoff = std::min(backoff * 2, options.max_backoff);
    // The channel's own backoff reaches minutes; ours is the one that counts.
    grpc::experimental::ChannelResetConnectionBackoff(channel.get());
  }
}

bool RemoteDirectoryFeed::Impl::Follow() {
  absl::StatusOr<std::string> token = parts.maker.Make(kSuiteIssuer, options.service, options.token_lifetime);
  if (!token.ok()) {
    Lost("no token", token.status().ToString());
    return false;
  }
  parts.directory.DropUnfinished();
  if (parts.sink != nullptr) parts.sink->DropUnfinished();
  org::StreamDirectoryRequest request;
  request.set_include_places(options.places);
  if (parts.directory.loaded()) {
    request.set_incarnation(parts.directory.incarnation());
    request.set_position(parts.directory.position());
  }
  Stream call;
  call.context().AddMetadata("authorization", "Bearer " + *token);
  {
    std::lock_guard lock(mutex);
    if (stopping) return false;
    stream = &call;
  }
  call.Begin([&](auto* context, auto* reactor) { stub->async()->StreamDirectory(context, &request, reactor); });
  bool brought = false;
  std::string_view cause = "ended";
  while (true) {
    Stream::Event event = call.Wait(brought ? options.silence : options.first_message);
    if (event == Stream::Event::kTimeout) cause = "silent";
    if (event != Stream::Event::kMessage) break;
    if (!Take(call.message())) {
      cause = "not applied";
      break;
    }
    brought = true;
    call.ReadOn();
  }
  {
    std::lock_guard lock(mutex);
    stream = nullptr;
  }
  grpc::Status status = call.Finish();
  if (!Stopping()) Lost(cause, status.error_message());
  return brought;
}

bool RemoteDirectoryFeed::Impl::Take(const org::StreamDirectoryResponse& message) {
  DirectoryDelta delta = FromProto(message);
  absl::Time now = parts.clock.Now();
  if (!connected) {
    connected = true;
    Log(LogLevel::kInfo, "directory is followed", {{"position", delta.position}, {"reset", delta.reset}});
  }
  if (!delta.reset && !delta.complete && IsEmpty(delta)) {
    parts.directory.Heard(now);
    return true;
  }
  if (parts.sink == nullptr) {
    parts.directory.Apply(delta, now);
    return true;
  }
  absl::Status applied = parts.sink->Apply(delta, now);
  if (!applied.ok()) Log(LogLevel::kError, "directory cannot be stored", {{"cause", applied.ToString()}});
  return applied.ok();
}

void RemoteDirectoryFeed::Impl::Lost(std::string_view cause, std::string_view detail) {
  if (!connected) return;  // said already
  connected = false;
  Log(LogLevel::kWarning, "directory is lost", {{"cause", cause}, {"detail", detail}});
}

void RemoteDirectoryFeed::Impl::Pause(absl::Duration backoff) {
  uint16_t random = 0;
  parts.random.Fill(&random, sizeof random);
  // Half to whole: processes that lost the same source do not come back in step.
  absl::Duration pause = backoff / 2 + backoff / 2 * (random / 65536.0);
  std::unique_lock lock(mutex);
  stop.wait_for(lock, absl::ToChronoNanoseconds(pause), [&] { return stopping; });
}

RemoteDirectoryFeed::RemoteDirectoryFeed(std::shared_ptr<grpc::Channel> channel, const Parts& parts, Options options)
    : impl_(std::make_unique<Impl>(std::move(channel), parts, std::move(options))) {}

RemoteDirectoryFeed::~RemoteDirectoryFeed() {
  Stop();
}

void RemoteDirectoryFeed::Start() {
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

void RemoteDirectoryFeed::Stop() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    if (impl_->stream != nullptr) impl_->stream->Interrupt();
  }
  impl_->stop.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ronghe::common
