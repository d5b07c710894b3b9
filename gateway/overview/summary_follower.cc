#include "gateway/overview/summary_follower.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "gateway/overview/calls_under_way.h"
#include "ronghe/common/v1/summary_feed_service.grpc.pb.h"
#include "services/common/rpc/pulled_stream.h"
#include "services/common/telemetry/log.h"

namespace ronghe::gateway {
namespace {

namespace common_v1 = common::v1;
using Stub = common_v1::SummaryFeedService::Stub;

constexpr absl::Duration kHeadPatience = absl::Seconds(1);
constexpr absl::Duration kAdvancePatience = absl::Seconds(1);

FeedChange ChangeOf(const common_v1::FollowSummariesResponse& message) {
  FeedChange change;
  change.reset = message.reset();
  change.incarnation = message.incarnation();
  change.position = message.position();
  change.cache_epoch = message.cache_epoch();
  change.units.reserve(static_cast<size_t>(message.unit_uids_size()));
  for (const int64_t uid : message.unit_uids()) change.units.emplace_back(uid);
  change.structure_changed = message.structure_changed();
  change.structure_revision = message.structure_revision();
  return change;
}

using Stream = common::PulledStream<common_v1::FollowSummariesResponse>;

template <typename Request>
struct Asked {
  grpc::ClientContext context;
  Request request;
  common_v1::SummaryHead head;
};

}  // namespace

struct SummaryFollower::Impl {
  Impl(std::shared_ptr<grpc::Channel> to, const Uses& with, Options how, Told then)
      : channel(std::move(to)),
        stub(common_v1::SummaryFeedService::NewStub(channel)),
        uses(with),
        options(std::move(how)),
        told(std::move(then)) {}

  void Run();
  bool Follow();  // one stream; true if it brought anything
  std::string_view Read(Stream& call, bool& brought);
  void AskHead();
  void AskAdvance();
  void Pause(absl::Duration backoff);
  void Lost(std::string_view cause, std::string_view detail);
  bool Stopping() {
    std::unique_lock lock(mutex);
    return stopping;
  }

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<Stub> stub;
  const Uses uses;
  const Options options;
  const Told told;
  bool connected = false;  // of the thread, as are the next two
  absl::Time next_head = absl::InfinitePast();
  absl::Time advance_again = absl::InfinitePast();

  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  Stream* stream = nullptr;
  std::thread thread;
  CallsUnderWay calls;
};

void SummaryFollower::Impl::Run() {
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

bool SummaryFollower::Impl::Follow() {
  const Freshness::State state = uses.freshness->state();
  common_v1::FollowSummariesRequest request;
  request.set_incarnation(state.incarnation);
  request.set_position(state.position);
  Stream call;
  if (const absl::Status ready = common::PrepareOwn(call.context(), absl::InfiniteFuture(), uses.token); !ready.ok()) {
    Lost("no token", ready.ToString());
    return false;
  }
  call.Begin([&](auto* context, auto* reactor) { stub->async()->FollowSummaries(context, &request, reactor); });
  bool stop = false;
  {
    std::unique_lock lock(mutex);
    stop = stopping;
    stream = &call;
  }
  bool brought = false;
  const std::string_view cause = stop ? "stopped" : Read(call, brought);
  {
    std::unique_lock lock(mutex);
    stream = nullptr;
  }
  const grpc::Status status = call.Finish();
  if (!Stopping()) Lost(cause, status.error_message());
  return brought;
}

std::string_view SummaryFollower::Impl::Read(Stream& call, bool& brought) {
  absl::Time heard = uses.clock.Now();
  while (true) {
    const absl::Time now = uses.clock.Now();
    if (now >= next_head || next_head > now + options.head_interval) {
      next_head = now + options.head_interval;
      AskHead();
      if (uses.freshness->state().cache_doubted && now >= advance_again) AskAdvance();
    }
    const absl::Time silent = heard + (brought ? options.silence : options.first_message);
    if (now >= silent) return "silent";
    switch (call.Wait(std::min(next_head, silent) - now)) {
      case Stream::Event::kTimeout:
        continue;
      case Stream::Event::kEnd:
        return "ended";
      case Stream::Event::kStopped:
        return "stopped";
      case Stream::Event::kMessage:
        break;
    }
    const FeedChange change = ChangeOf(call.message());
    heard = uses.clock.Now();
    if (!connected) {
      connected = true;
      common::Log(common::LogLevel::kInfo, "summaries are followed",
                  {{"of", options.service}, {"position", change.position}, {"reset", change.reset}});
    }
    brought = true;
    call.ReadOn();
    const Touched touched = uses.freshness->Apply(change);
    if (touched.everything || !touched.units.empty()) told(touched, change.position);
  }
}

void SummaryFollower::Impl::AskHead() {
  auto asked = std::make_shared<Asked<common_v1::GetSummaryHeadRequest>>();
  const absl::Time sent = uses.clock.Now();
  if (!common::PrepareOwn(asked->context, sent + kHeadPatience, uses.token).ok()) return;
  Asked<common_v1::GetSummaryHeadRequest>& a = *asked;
  calls.Begin();
  stub->async()->GetSummaryHead(&a.context, &a.request, &a.head, [this, asked, sent](const grpc::Status& s) mutable {
    const common_v1::SummaryHead& head = asked->head;
    if (s.ok()) uses.freshness->Head(head.incarnation(), head.position(), head.cache_epoch(), sent);
    asked.reset();
    calls.End();
  });
}

void SummaryFollower::Impl::AskAdvance() {
  const Freshness::State state = uses.freshness->state();
  auto asked = std::make_shared<Asked<common_v1::AdvanceCacheEpochRequest>>();
  advance_again = uses.clock.Now() + kAdvancePatience;
  asked->request.set_cache_epoch(state.cache_epoch);
  if (!common::PrepareOwn(asked->context, advance_again, uses.token).ok()) return;
  Asked<common_v1::AdvanceCacheEpochRequest>& a = *asked;
  calls.Begin();
  stub->async()->AdvanceCacheEpoch(&a.context, &a.request, &a.head, [this, asked](const grpc::Status& s) mutable {
    if (s.ok()) uses.freshness->CacheAdvanced(asked->head.incarnation(), asked->head.cache_epoch());
    asked.reset();
    calls.End();
  });
}

void SummaryFollower::Impl::Lost(std::string_view cause, std::string_view detail) {
  if (!connected) return;  // said already
  connected = false;
  common::Log(common::LogLevel::kWarning, "summaries are lost",
              {{"of", options.service}, {"cause", cause}, {"detail", detail}});
}

void SummaryFollower::Impl::Pause(absl::Duration backoff) {
  uint16_t random = 0;
  uses.random.Fill(&random, sizeof random);
  // Half to whole: processes that lost the same service do not come back in step.
  const absl::Duration pause = backoff / 2 + backoff / 2 * (random / 65536.0);
  std::unique_lock lock(mutex);
  wake.wait_for(lock, absl::ToChronoNanoseconds(pause), [&] { return stopping; });
}

SummaryFollower::SummaryFollower(std::shared_ptr<grpc::Channel> channel, const Uses& uses, Options options, Told told)
    : impl_(std::make_unique<Impl>(std::move(channel), uses, std::move(options), std::move(told))) {}

SummaryFollower::~SummaryFollower() {
  Stop();
}

void SummaryFollower::Start() {
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

void SummaryFollower::Stop() {
  {
    std::unique_lock lock(impl_->mutex);
    impl_->stopping = true;
    if (impl_->stream != nullptr) impl_->stream->Interrupt();
  }
  impl_->wake.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->calls.Wait();
}

}  // namespace ronghe::gateway
