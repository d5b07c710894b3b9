#include "services/common/serve/open_stream.h"

#include <utility>

#include "services/common/serve/call_frame.h"
#include "services/common/serve/wrapper_impl.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// How long an ended stream may wait for its reader before the connection's stream is broken off.
constexpr absl::Duration kLinger = absl::Seconds(10);

class Failing final : public OpenStream {
 public:
  explicit Failing(std::shared_ptr<CallFrame> frame) : OpenStream(std::move(frame)) {}

 private:
  void OnStart() override {}
  void OnWritten(bool) override {}
};

}  // namespace

OpenStream::OpenStream(std::shared_ptr<CallFrame> frame) : frame_(std::move(frame)) {}
OpenStream::~OpenStream() = default;

bool OpenStream::Hold() {
  MutexLock lock(mutex_);
  if (ended_) return false;
  ++holds_;
  return true;
}

void OpenStream::Settle() {
  {
    MutexLock lock(mutex_);
    if (--holds_ > 0 || !ended_) return;
  }
  Answer();
}

bool OpenStream::Read(grpc::ByteBuffer* message) {
  if (!Hold()) return false;
  StartRead(message);
  Settle();
  return true;
}

bool OpenStream::Write(const grpc::ByteBuffer* message) {
  {
    MutexLock lock(mutex_);
    if (ended_) return false;
    ++holds_;
    writing_since_ = frame_->wrapper.clock().Now();
  }
  StartWrite(message);
  Settle();
  return true;
}

bool OpenStream::End(const absl::Status& status) {
  return Close(status, std::nullopt);
}
bool OpenStream::EndRaw(const grpc::Status& status) {
  return Close(absl::OkStatus(), status);
}

bool OpenStream::ended() const {
  MutexLock lock(mutex_);
  return ended_;
}

bool OpenStream::Close(absl::Status status, std::optional<grpc::Status> raw) {
  // What is behind the stream may hold the last reference but gRPC's, and gRPC may be done as soon as it has the
  // answer.
  std::shared_ptr<OpenStream> keep = shared_from_this();
  bool answer = false;
  {
    MutexLock lock(mutex_);
    if (ended_) return false;
    ended_ = true;
    ended_at_ = frame_->wrapper.clock().Now();
    status_ = std::move(status);
    raw_ = std::move(raw);
    answer = holds_ == 0;
  }
  frame_->Gone();
  OnEnded();
  if (answer) Answer();
  return true;
}

// Runs once: by the end itself, or by the last to settle after it.
void OpenStream::Answer() {
  absl::Status status;
  std::optional<grpc::Status> raw;
  {
    MutexLock lock(mutex_);
    status = status_;
    raw = std::move(raw_);
  }
  if (raw.has_value()) {
    frame_->Close(*raw);
    Finish(*std::move(raw));
  } else {
    Finish(frame_->Close(std::move(status)));
  }
}

void OpenStream::OnWriteDone(bool ok) {
  {
    MutexLock lock(mutex_);
    writing_since_ = absl::InfiniteFuture();
  }
  OnWritten(ok);
}

void OpenStream::OnCancel() {
  End(frame_->WhyGone());
}

void OpenStream::OnDone() {
  {
    MutexLock lock(context_mutex_);
    released_ = true;
  }
  frame_->wrapper.impl().Leave(this);
  std::shared_ptr<OpenStream> self = std::move(self_);
}

void OpenStream::Tick(absl::Time now) {
  bool stalled = false;
  bool lingers = false;
  {
    MutexLock lock(mutex_);
    stalled = !ended_ && now - writing_since_ > frame_->wrapper.impl().options.stall;
    lingers = ended_ && now - ended_at_ > kLinger;
  }
  if (lingers) {
    // The lock keeps the context alive; cancelling only sets things going.
    MutexLock lock(context_mutex_);
    if (!released_) frame_->context->TryCancel();
  } else if (stalled) {
    End(ResourceExhausted("SLOW_READER", {"the stream was not read for too long", "数据流长时间未被读取"}));
  } else {
    OnTick(now);
  }
}

OpenStream* StreamAccess::Start(const std::shared_ptr<OpenStream>& stream, const absl::Status& refuse) {
  stream->self_ = stream;
  absl::Status entered = refuse;
  if (entered.ok()) entered = stream->frame_->wrapper.impl().Enter(stream);
  if (entered.ok()) {
    stream->OnStart();
  } else {
    stream->End(entered);
  }
  return stream.get();
}

std::shared_ptr<OpenStream> FailingStream(std::shared_ptr<CallFrame> frame) {
  return std::make_shared<Failing>(std::move(frame));
}

}  // namespace ronghe::common
