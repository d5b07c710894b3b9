#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <grpcpp/support/byte_buffer.h>

// Adds the request ids that make writes happen once, without knowing the types of the messages.
namespace ronghe::gateway {

// The number of the message's singular string field `request_id`; nullopt if it has none.
std::optional<int> RequestIdField(const google::protobuf::Descriptor* message);

// Whether a top-level string field of this number is set and not empty, as a parser would see it. nullopt for bytes
// that are no message.
std::optional<bool> HasText(std::string_view message, int field);

// `request` with the field set to `id` if it is not set: the field is appended, the rest is shared, not copied. nullopt
// if it is set, or the bytes are no message: pass the request on as it is.
std::optional<grpc::ByteBuffer> WithRequestId(const grpc::ByteBuffer& request, int field, std::string_view id);

}  // namespace ronghe::gateway
