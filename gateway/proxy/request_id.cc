#include "gateway/proxy/request_id.h"

#include <vector>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace ronghe::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

std::string Field(int number, std::string_view text) {
  const uint32_t tag = WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  std::string bytes;
  uint8_t head[20];
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(tag, head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(text.size()), end);
  bytes.append(reinterpret_cast<const char*>(head), static_cast<size_t>(end - head));
  bytes.append(text);
  return bytes;
}

}  // namespace

std::optional<int> RequestIdField(const google::protobuf::Descriptor* message) {
  const google::protobuf::FieldDescriptor* field = message->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING) {
    return std::nullopt;
  }
  return field->number();
}

std::optional<bool> HasText(std::string_view message, int field) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(message.data()), static_cast<int>(message.size()));
  const uint32_t wanted = WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  bool set = false;
  while (true) {
    const uint32_t tag = input.ReadTag();
    if (tag == 0) {
      if (!input.ConsumedEntireMessage()) return std::nullopt;
      return set;
    }
    if (tag != wanted) {
      if (!WireFormatLite::SkipField(&input, tag)) return std::nullopt;
      continue;
    }
    // The last occurrence counts.
    uint32_t length = 0;
    if (!input.ReadVarint32(&length) || !input.Skip(static_cast<int>(length))) return std::nullopt;
    set = length > 0;
  }
}

std::optional<grpc::ByteBuffer> WithRequestId(const grpc::ByteBuffer& request, int field, std::string_view id) {
  grpc::Slice flat;
  if (!request.TrySingleSlice(&flat).ok() && !request.DumpToSingleSlice(&flat).ok()) return std::nullopt;
  const std::optional<bool> set = HasText({reinterpret_cast<const char*>(flat.begin()), flat.size()}, field);
  if (!set.has_value() || *set) return std::nullopt;
  const grpc::Slice slices[] = {flat, grpc::Slice(Field(field, id))};
  return grpc::ByteBuffer(slices, 2);
}

}  // namespace ronghe::gateway
