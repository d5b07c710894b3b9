#pragma once

#include <string_view>

#include <absl/time/time.h>

#include "ronghe/rectification/v1/ledger.pb.h"

#include "services/rectification/app/ledger_import_target.h"
#include "services/rectification/app/problem_query.h"
#include "services/rectification/rpc/problem_codec.h"

namespace ronghe::rectification {

// Payloads are the sender's messages, serialized.
class ProtoLedgerRows final : public LedgerRowCodec {
 public:
  absl::Status Decode(std::string_view payload, LedgerEntry& entry) const override;
};

// As an export has it. Texts and names of persons only where the view shows them; days are those of the zone.
v1::LedgerEntry ToLedger(const ProblemRecord& record, const common::RecordNames& names, absl::TimeZone zone);

}  // namespace ronghe::rectification
