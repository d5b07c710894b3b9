#pragma once

#include <string>
#include <string_view>

#include "services/common/import/rpc/import_upload.h"
#include "services/organization/app/import_parts.h"

namespace ronghe::organization {

// Messages of the streams.
common::ImportMessage ReadUnitsMessage(const google::protobuf::Message& message);
common::ImportMessage ReadMembersMessage(const google::protobuf::Message& message);

// Payloads are the sender's messages, serialized.
class ProtoUnitRows final : public UnitRowCodec {
 public:
  absl::Status Decode(std::string_view payload, UnitDraft& draft) const override;
};
class ProtoMemberRows final : public MemberRowCodec {
 public:
  absl::Status Decode(std::string_view payload, MemberDraft& draft) const override;
};

}  // namespace ronghe::organization
