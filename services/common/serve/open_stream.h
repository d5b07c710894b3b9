#pragma once

#include <memory>
#include <optional>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include "services/common/values/mutex.h"

namespace ronghe::common {

struct CallFrame;  // serve/call_frame.h

// An open stream of any kind: base of the reactors of serve/ and of RawStream. It keeps itself alive until gRPC is done
// with it, and lets any thread end it: reads and writes begin through it, so that none begins after the end.
class OpenStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                   public std::enable_shared_from_this<OpenStream> {
 public:
  ~OpenStream() override;

  // Begin a read or write; OnReadDone or OnWritten follows. False once the stream has ended: then nothing follows. One
  // of each at a time; the buffer must stay until then.
  bool Read(grpc::ByteBuffer* message);
  bool Write(const grpc::ByteBuffer* message);
  // Answers with the status (OK: the stream is complete) unless the stream has ended; true for the first. Thread-safe.
  bool End(const absl::Status& status);
  bool EndRaw(const grpc::Status& status);  // as it is, details included
  bool ended() const;

 protected:
  explicit OpenStream(std::shared_ptr<CallFrame> frame);
  CallFrame& frame() const { return *frame_; }

  // The stream is set up. Before all else, unless it was refused.
  virtual void OnStart() = 0;
  virtual void OnWritten(bool ok) = 0;
  // The stream has ended, by whomever: let go of what is behind it. Once, on the thread that ended it; may run beside
  // OnReadDone and OnWritten.
  virtual void OnEnded() {}
  // Every second or so while open.
  virtual void OnTick(absl::Time now) { (void)now; }

  // Between them the answer is held back: while reads and writes are handed to gRPC, and while the frame is filled in.
  // Hold is false, and not to be settled, once the stream has ended.
  bool Hold();
  void Settle();

 private:
  friend struct StreamAccess;  // serve/ only
  void OnWriteDone(bool ok) final;
  void OnCancel() final;
  void OnDone() final;
  void Tick(absl::Time now);
  bool Close(absl::Status status, std::optional<grpc::Status> raw);
  void Answer();

  std::shared_ptr<CallFrame> frame_;
  std::shared_ptr<OpenStream> self_;  // until OnDone
  mutable Mutex mutex_;
  int holds_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> raw_ ABSL_GUARDED_BY(mutex_);
  absl::Time ended_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time writing_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Mutex context_mutex_;
  bool released_ ABSL_GUARDED_BY(context_mutex_) = false;
};

// What the rest of serve/ does with streams.
struct StreamAccess {
  // The reactor to be given to gRPC; registers the stream, or ends it at once where that is refused or `refuse` is an
  // error.
  static OpenStream* Start(const std::shared_ptr<OpenStream>& stream, const absl::Status& refuse = absl::OkStatus());
  static void Tick(OpenStream& stream, absl::Time now) { stream.Tick(now); }
};

// A stream that only fails.
std::shared_ptr<OpenStream> FailingStream(std::shared_ptr<CallFrame> frame);

}  // namespace ronghe::common
