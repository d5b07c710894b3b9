#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ronghe/organization/v1/reorganization.pb.h"

#include "services/organization/app/reorganization_app.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// Steps as callers write them; a wrong form is a violation of `prefix` + field. A step that names nothing to do is
// REQUIRED.
std::vector<Step> StepsFromProto(const google::protobuf::RepeatedPtrField<v1::ReorganizationStep>& steps,
                                 std::string_view prefix, common::Violations& violations);
EstablishStep EstablishFromProto(const v1::Unit& unit, std::string_view prefix, common::Violations& violations);
SplitStep SplitFromProto(const std::string& name, const google::protobuf::RepeatedPtrField<v1::SplitPart>& parts,
                         bool continues, std::string_view prefix, common::Violations& violations);

// As callers see it; `gate` makes its token. One that was only tried has no name.
v1::Reorganization ToProto(const Reorganization& reorganization, const Tree& tree, RevisionGate& gate);

// Steps and outcomes as messages: what the store keeps. Thread-safe.
class ProtoReorganizationCodec final : public ReorganizationCodec {
 public:
  std::string Encode(const std::vector<Step>& steps) const override;
  absl::StatusOr<std::vector<Step>> Decode(std::string_view steps) const override;
  std::string Encode(const ReorganizationOutcome& outcome) const override;
};

}  // namespace ronghe::organization
