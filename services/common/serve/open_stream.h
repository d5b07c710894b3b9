#pragma once

#include <atomic>
#include <memory>

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

  // Begin a read or write; OnReadDone or OnWriteDone follows. False once the stream has ended: then nothing follows.
  // One of each at a time; the buffer must stay until then.
  bool Read(grpc::ByteBuffer* message);
  bool Write(const grpc::ByteBuffer* message);
  // Answers with the status (OK: the stream is complete) unless the stream has ended; true for the first. Thread-safe.
  bool End(const absl::Status& status);
  bool EndRaw(const grpc::Status& status);  // as it is, details included
  bool ended() const;

 protected:
  explicit OpenStream(std::shared_ptr<CallFrame> frame);
  CallFrame& frame() const { return *frame_; }

  // The stream has ended, by whomever: let go of what is behind it. Once, on the thread that ended it; may run beside
  // OnReadDone and OnWriteDone.
  virtual void OnEnded() {}
  // Once a second while open.
  virtual void OnTick(absl::Time now) { (void)now; }

  void OnWriteDone(bool ok) final;
  virtual void OnWritten(bool ok) = 0;

 private:
  friend struct StreamAccess;  // serve/ only
  void OnCancel() final;
  void OnDone() final;
  void Tick(absl::Time now);
  bool Close(grpc::Status status);
  void Settle();

  std::shared_ptr<CallFrame> frame_;
  std::shared_ptr<OpenStream> self_;  // until OnDone
  mutable Mutex mutex_;
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;  // reads and writes being handed to gRPC now
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status final_ ABSL_GUARDED_BY(mutex_);
  absl::Time ended_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time writing_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Mutex context_mutex_;
  bool released_ ABSL_GUARDED_BY(context_mutex_) = false;
};

}  // namespace ronghe::common
