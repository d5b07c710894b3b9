#include "services/common/serve/source_stream.h"

#include <utility>

#include "services/common/serve/codec.h"
#include "services/common/serve/wrapper_impl.h"
#include "services/common/values/status.h"

namespace ronghe::common {

void SourceStream::Attach(std::unique_ptr<MessageSource> source, std::shared_ptr<void> keeper) {
  if (source == nullptr) {
    End(Internal("a handler gave no source"));
    return;
  }
  Doomed doomed{std::move(source), std::move(keeper)};
  {
    MutexLock lock(source_mutex_);
    if (!let_go_) behind_ = std::exchange(doomed, {});
  }
  if (doomed.source != nullptr) {
    Discard(std::move(doomed));
  } else {
    Pull();
  }
}

// The source may answer at once, on another thread, or never. It is not destroyed while a thread is inside Next.
void SourceStream::Pull() {
  MessageSource* source = nullptr;
  {
    MutexLock lock(source_mutex_);
    if (let_go_ || behind_.source == nullptr) return;
    if (std::exchange(asking_, true)) {
      again_ = true;
      return;
    }
    source = behind_.source.get();
  }
  std::shared_ptr<OpenStream> self = shared_from_this();
  Doomed doomed;
  for (;;) {
    absl::Status asked = Guarded([&] {
      source->Next([self, this](auto message) { Take(std::move(message)); });
      return absl::OkStatus();
    });
    if (!asked.ok()) End(asked);
    MutexLock lock(source_mutex_);
    if (!let_go_ && std::exchange(again_, false)) continue;
    asking_ = false;
    if (let_go_) doomed = std::exchange(behind_, {});
    break;
  }
  if (doomed.source != nullptr) Discard(std::move(doomed));
}

void SourceStream::Take(absl::StatusOr<std::unique_ptr<google::protobuf::Message>> message) {
  if (!message.ok()) {
    End(message.status());
  } else if (*message == nullptr) {
    End(absl::OkStatus());
  } else if (absl::Status written = Serialize(**message, out_); !written.ok()) {
    End(written);
  } else {
    Write(&out_);
  }
}

void SourceStream::OnWritten(bool ok) {
  if (ok) {
    Pull();
  } else {
    End(frame().WhyGone());
  }
}

void SourceStream::OnEnded() {
  Doomed doomed;
  {
    MutexLock lock(source_mutex_);
    let_go_ = true;
    if (!asking_) doomed = std::exchange(behind_, {});
  }
  if (doomed.source != nullptr) Discard(std::move(doomed));
}

// Always on the pool: the end may have come from within the source, whose destructor may wait for just that to return.
void SourceStream::Discard(Doomed doomed) {
  frame().wrapper.executor().Post(
      [self = shared_from_this(), held = std::make_shared<Doomed>(std::move(doomed))]() mutable {
        held->source.reset();
        held->keeper.reset();
      });
}

void SourceStream::OnTick(absl::Time now) {
  const Wrapper::Impl& impl = frame().wrapper.impl();
  if (!admitted_.load(std::memory_order_acquire)) {
    if (now - frame().started > impl.options.stall) End(DeadlineExceeded());
    return;
  }
  absl::Status still =
      impl.parts.authorizer.Recheck(frame().identity, *frame().method.access, frame().call.scope, Request());
  if (!still.ok()) End(still);
}

namespace {

absl::Status MissingMessage() {
  return InvalidArgument("", "MISSING_MESSAGE", {"the stream holds no message", "数据流中没有消息"});
}

class ServerStreamCall final : public SourceStream {
 public:
  ServerStreamCall(std::shared_ptr<CallFrame> frame, const ServerStreamHandler& handler)
      : SourceStream(std::move(frame)), handler_(handler) {}

 private:
  void OnStart() override { Read(&in_); }
  const google::protobuf::Message* Request() const override { return request_.get(); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End(frame().context->IsCancelled() ? frame().WhyGone() : MissingMessage());
      return;
    }
    std::shared_ptr<OpenStream> self = shared_from_this();
    absl::Status posted = frame().wrapper.executor().TryPost(
        frame().call.deadline, [self, this] { Open(); }, [self](const absl::Status& why) { self->End(why); });
    if (!posted.ok()) End(posted);
  }

  void Open() {
    if (!Hold()) return;
    std::unique_ptr<MessageSource> source;
    absl::Status opened = Guarded([&] { return Prepare(source); });
    if (opened.ok()) {
      Admitted();
      Attach(std::move(source), nullptr);
    } else {
      End(opened);
    }
    Settle();
  }

  absl::Status Prepare(std::unique_ptr<MessageSource>& source) {
    request_.reset(frame().method.request->New());
    RONGHE_RETURN_IF_ERROR(Parse(in_, *request_));
    in_.Clear();
    RONGHE_RETURN_IF_ERROR(frame().Identify());
    RONGHE_RETURN_IF_ERROR(frame().Admit(*request_));
    RONGHE_ASSIGN_OR_RETURN(source, handler_(frame().call, *request_));
    return absl::OkStatus();
  }

  const ServerStreamHandler& handler_;
  grpc::ByteBuffer in_;
  std::unique_ptr<google::protobuf::Message> request_;  // as long as the source, which may refer to it
};

// Reads on the gRPC threads, receives on the pool: one message is being read or received at a time.
class UploadCall final : public SourceStream {
 public:
  UploadCall(std::shared_ptr<CallFrame> frame, const UploadHandler& handler)
      : SourceStream(std::move(frame)), handler_(handler) {}

 private:
  void OnStart() override {
    Post([this] {
      absl::Status identified = Guarded([this] { return frame().Identify(); });
      if (identified.ok()) {
        Read(&in_);
      } else {
        End(identified);
      }
    });
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      Post([this] { Receive(); });
    } else if (frame().context->IsCancelled()) {
      End(frame().WhyGone());
    } else if (message_ == nullptr) {
      End(MissingMessage());
    } else {
      Post([this] { Respond(); });
    }
  }

  // The first steps may be refused; later ones are bounded by the number of streams.
  void Post(std::function<void()> step) {
    std::shared_ptr<OpenStream> self = shared_from_this();
    auto held = [self, this, step = std::move(step)] {
      if (!Hold()) return;
      BeginStep();
      step();
      EndStep();
      Settle();
    };
    if (message_ != nullptr) {
      frame().wrapper.executor().Post(std::move(held));
      return;
    }
    absl::Status posted = frame().wrapper.executor().TryPost(frame().call.deadline, std::move(held),
                                                             [self](const absl::Status& why) { self->End(why); });
    if (!posted.ok()) End(posted);
  }

  void Receive() {
    bool complete = false;
    absl::Status received = Guarded([&] { return ReceiveOne(complete); });
    in_.Clear();
    if (!received.ok()) {
      End(received);
    } else if (complete) {
      Respond();
    } else {
      Read(&in_);
    }
  }

  absl::Status ReceiveOne(bool& complete) {
    bool first = message_ == nullptr;
    if (first) message_.reset(frame().method.request->New());
    message_->Clear();
    RONGHE_RETURN_IF_ERROR(Parse(in_, *message_));
    if (first) {
      RONGHE_RETURN_IF_ERROR(frame().Admit(*message_));
      Admitted();
      RONGHE_ASSIGN_OR_RETURN(upload_, handler_(frame().call));
    }
    RONGHE_ASSIGN_OR_RETURN(complete, upload_->Receive(*message_));
    return absl::OkStatus();
  }

  void Respond() {
    std::unique_ptr<MessageSource> source;
    absl::Status answered = Guarded([&]() -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(source, upload_->Answer());
      return absl::OkStatus();
    });
    if (answered.ok()) {
      Attach(std::move(source), std::shared_ptr<Upload>(std::move(upload_)));
    } else {
      End(answered);
    }
  }

  void OnEnded() override {
    SourceStream::OnEnded();
    std::unique_ptr<Upload> doomed;
    {
      MutexLock lock(upload_mutex_);
      over_ = true;
      if (steps_ == 0) doomed = std::move(upload_);
    }
    Drop(std::move(doomed));
  }

  // Steps own the upload while they run (the next may begin before the last has quite returned); if the stream ended
  // meanwhile, the last one lets go of it.
  void BeginStep() {
    MutexLock lock(upload_mutex_);
    ++steps_;
  }
  void EndStep() {
    std::unique_ptr<Upload> doomed;
    {
      MutexLock lock(upload_mutex_);
      if (--steps_ == 0 && over_) doomed = std::move(upload_);
    }
    Drop(std::move(doomed));
  }
  void Drop(std::unique_ptr<Upload> upload) {
    if (upload == nullptr) return;
    frame().wrapper.executor().Post(
        [self = shared_from_this(), held = std::shared_ptr<Upload>(std::move(upload))]() mutable { held.reset(); });
  }

  const UploadHandler& handler_;
  grpc::ByteBuffer in_;
  std::unique_ptr<google::protobuf::Message> message_;
  std::unique_ptr<Upload> upload_;  // of the running step; else under the lock
  Mutex upload_mutex_;
  int steps_ ABSL_GUARDED_BY(upload_mutex_) = 0;
  bool over_ ABSL_GUARDED_BY(upload_mutex_) = false;
};

}  // namespace

std::shared_ptr<OpenStream> MakeServerStream(std::shared_ptr<CallFrame> frame, const ServerStreamHandler& handler) {
  return std::make_shared<ServerStreamCall>(std::move(frame), handler);
}

std::shared_ptr<OpenStream> MakeUpload(std::shared_ptr<CallFrame> frame, const UploadHandler& handler) {
  return std::make_shared<UploadCall>(std::move(frame), handler);
}

}  // namespace ronghe::common
