#pragma once

#include <string>
#include <string_view>

#include "ronghe/common/v1/import.pb.h"

#include "services/organization/app/import_app.h"
#include "services/organization/app/import_parts.h"

namespace ronghe::organization {

common::v1::Import ToProto(const Import& import, ImportApp& app);
common::v1::ImportRowError ToProto(const RowIssue& issue);

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
