#pragma once

#include <atomic>
#include <memory>

#include "services/common/serve/binding.h"
#include "services/common/serve/call_frame.h"
#include "services/common/serve/open_stream.h"
#include "services/common/values/status.h"

namespace ronghe::common {

// A stream that answers with the messages of a source, one write outstanding.
class SourceStream : public OpenStream {
 protected:
  using OpenStream::OpenStream;

  // Begins to answer. `keeper` is released after the source was destroyed.
  void Attach(std::unique_ptr<MessageSource> source, std::shared_ptr<void> keeper);
  // The caller may do this; from now on it is asked again every second whether that still holds.
  void Admitted() { admitted_.store(true, std::memory_order_release); }

  // What it was admitted with; null for a stream of messages. Asked for after Admitted only.
  virtual const google::protobuf::Message* Request() const { return nullptr; }

  void OnWritten(bool ok) override;
  void OnEnded() override;
  void OnTick(absl::Time now) override;

 private:
  struct Doomed {
    std::unique_ptr<MessageSource> source;
    std::shared_ptr<void> keeper;
  };
  void Pull();
  void Take(absl::StatusOr<std::unique_ptr<google::protobuf::Message>> message);
  void Discard(Doomed doomed);

  std::atomic<bool> admitted_{false};
  grpc::ByteBuffer out_;
  Mutex source_mutex_;
  Doomed behind_ ABSL_GUARDED_BY(source_mutex_);
  bool asking_ ABSL_GUARDED_BY(source_mutex_) = false;  // a thread is in Next
  bool again_ ABSL_GUARDED_BY(source_mutex_) = false;   // and has to call it again
  bool let_go_ ABSL_GUARDED_BY(source_mutex_) = false;
};

// Runs what a handler is; an exception, which there should be none of, becomes INTERNAL.
template <typename Function>
absl::Status Guarded(Function function) {
  try {
    return function();
  } catch (...) {
    return Internal("a handler threw an exception");
  }
}

using ServerStreamHandler =
    std::function<absl::StatusOr<std::unique_ptr<MessageSource>>(const Call&, const google::protobuf::Message&)>;
using UploadHandler = std::function<absl::StatusOr<std::unique_ptr<Upload>>(const Call&)>;

// The reactors of the two kinds of streams. The handlers outlive them.
std::shared_ptr<OpenStream> MakeServerStream(std::shared_ptr<CallFrame> frame, const ServerStreamHandler& handler);
std::shared_ptr<OpenStream> MakeUpload(std::shared_ptr<CallFrame> frame, const UploadHandler& handler);

}  // namespace ronghe::common
