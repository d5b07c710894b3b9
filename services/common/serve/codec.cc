#include "services/common/serve/codec.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include "services/common/values/status.h"

namespace ronghe::common {

absl::Status Parse(const grpc::ByteBuffer& buffer, google::protobuf::Message& message) {
  // The reader takes a mutable buffer, but only to read from it.
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&buffer));
  if (reader.status().ok() && message.ParseFromZeroCopyStream(&reader) && reader.status().ok()) {
    return absl::OkStatus();
  }
  return InvalidArgument("", "MALFORMED_MESSAGE",
                         {"the message cannot be read as the type this method takes", "消息无法按此方法的类型读取"});
}

absl::Status Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& buffer) {
  size_t size = message.ByteSizeLong();
  if (size > kMaxResponseBytes) {
    return ResourceExhausted("RESPONSE_TOO_LARGE",
                             {"the answer is too large; ask for less", "结果过大，请缩小查询范围"},
                             absl::ZeroDuration());
  }
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  grpc::ByteBuffer made(&slice, 1);
  buffer.Swap(&made);
  return absl::OkStatus();
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), PublicMessage(status), SerializedDetails(status));
}

}  // namespace ronghe::common
