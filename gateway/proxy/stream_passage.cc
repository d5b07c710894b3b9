#include "gateway/proxy/stream_passage.h"

#include <utility>

#include "services/common/values/status.h"

namespace ronghe::gateway {

StreamPassage::StreamPassage(std::shared_ptr<common::RawCall> call, std::shared_ptr<Backend> backend,
                             size_t max_message_bytes)
    : RawStream(std::move(call)),
      backend_(std::move(backend)),
      max_message_bytes_(max_message_bytes),
      upstream_(*this) {}

StreamPassage::~StreamPassage() = default;

void StreamPassage::OnStart() {
  context_ = grpc::ClientContext::FromCallbackServerContext(*raw().context);
  if (absl::Status status = backend_->Prepare(*context_, raw().call); !status.ok()) {
    End(status);
    return;
  }
  keep_ = shared_from_this();
  backend_->stub().PrepareBidiStreamingCall(context_.get(), raw().path, {}, &upstream_);
  // One for the messages that go to the service, one for those that come from it: both begin outside its reactions.
  upstream_.AddMultipleHolds(2);
  upstream_.StartCall();
  started_ = true;
  if (ended()) context_->TryCancel();  // between setting up and here
  ReadNext();
}

void StreamPassage::ReadNext() {
  to_service_.Clear();
  if (!Read(&to_service_)) ReleaseWriter();
}

void StreamPassage::ReleaseWriter() {
  Writer waiting = Writer::kWaiting;
  if (writer_.compare_exchange_strong(waiting, Writer::kReleased)) upstream_.RemoveHold();
}

void StreamPassage::OnReadDone(bool ok) {
  Writer waiting = Writer::kWaiting;
  if (!writer_.compare_exchange_strong(waiting, ok ? Writer::kSending : Writer::kReleased)) return;
  if (!ok) {
    upstream_.StartWritesDone();
    upstream_.RemoveHold();
    return;
  }
  if (to_service_.Length() > max_message_bytes_) {
    End(common::InvalidArgument("", "MESSAGE_TOO_LARGE", {"a message is larger than allowed", "消息超过允许的大小"}));
    writer_ = Writer::kReleased;
    upstream_.RemoveHold();
    return;
  }
  upstream_.StartWrite(&to_service_);
}

void StreamPassage::OnServiceTook(bool ok) {
  writer_ = Writer::kWaiting;
  if (!ok || service_finished_) {
    ReleaseWriter();
  } else {
    ReadNext();
  }
}

void StreamPassage::OnServiceBegan(bool ok) {
  if (!ok) {
    service_finished_ = true;
    ReleaseWriter();
    ReleaseReader();
    return;
  }
  if (Hold()) {
    CopyInitialMetadata(*context_, *raw().context);
    Settle();
  }
  upstream_.StartRead(&to_caller_);
}

void StreamPassage::OnServiceSent(bool ok) {
  if (!ok) {
    // The status is known once nobody can write any more; the caller may be silent for ever.
    service_finished_ = true;
    ReleaseWriter();
    ReleaseReader();
    return;
  }
  if (!Write(&to_caller_)) ReleaseReader();
}

void StreamPassage::OnWritten(bool ok) {
  if (!ok) {
    ReleaseReader();
    return;
  }
  to_caller_.Clear();
  upstream_.StartRead(&to_caller_);
}

void StreamPassage::OnServiceDone(const grpc::Status& status) {
  // Only a stream that is still open has a context to write to.
  if (Hold()) {
    CopyTrailingMetadata(*context_, *raw().context);
    Settle();
  }
  EndRaw(backend_->Translate(status));
  const std::shared_ptr<common::OpenStream> last = std::move(keep_);
}

void StreamPassage::OnEnded() {
  if (started_) context_->TryCancel();
}

}  // namespace ronghe::gateway
