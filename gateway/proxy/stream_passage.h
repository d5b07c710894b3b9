#pragma once

#include <atomic>
#include <memory>

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include "gateway/proxy/backend.h"
#include "services/common/serve/raw_binding.h"

namespace ronghe::gateway {

// Passes a stream of any kind on, both ways, message by message: the next message is taken from one side only when the
// other has taken the last one, so a slow reader slows the writer down and nothing piles up here. The end of either
// side ends the other: half-close, cancellation, deadline and status.
class StreamPassage final : public common::RawStream {
 public:
  StreamPassage(std::shared_ptr<common::RawCall> call, std::shared_ptr<Backend> backend, size_t max_message_bytes);
  ~StreamPassage() override;

 private:
  // The side of the service.
  class Upstream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Upstream(StreamPassage& passage) : passage_(passage) {}
    void OnReadInitialMetadataDone(bool ok) override { passage_.OnServiceBegan(ok); }
    void OnReadDone(bool ok) override { passage_.OnServiceSent(ok); }
    void OnWriteDone(bool ok) override { passage_.OnServiceTook(ok); }
    void OnDone(const grpc::Status& status) override { passage_.OnServiceDone(status); }

   private:
    StreamPassage& passage_;
  };
  // Who may begin the next operation towards the service. gRPC must not call the stream done before that is settled.
  enum class Writer { kWaiting, kSending, kReleased };

  // From the caller.
  void OnStart() override;
  void OnReadDone(bool ok) override;
  void OnWritten(bool ok) override;
  void OnEnded() override;
  // From the service.
  void OnServiceBegan(bool ok);
  void OnServiceSent(bool ok);
  void OnServiceTook(bool ok);
  void OnServiceDone(const grpc::Status& status);

  void ReadNext();
  // No more messages go to the service. Nothing happens while one is on its way, or the second time.
  void ReleaseWriter();
  void ReleaseReader() { upstream_.RemoveHold(); }

  const std::shared_ptr<Backend> backend_;  // what is cancelled at the end outlives the proxy
  const size_t max_message_bytes_;
  std::unique_ptr<grpc::ClientContext> context_;
  Upstream upstream_;
  std::shared_ptr<common::OpenStream> keep_;  // until the service's side is done
  grpc::ByteBuffer to_service_;
  grpc::ByteBuffer to_caller_;
  std::atomic<Writer> writer_{Writer::kWaiting};
  std::atomic<bool> service_finished_{false};  // it will take no more
  std::atomic<bool> started_{false};
};

}  // namespace ronghe::gateway
