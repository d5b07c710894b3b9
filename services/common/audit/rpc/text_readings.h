#pragma once

#include <absl/container/flat_hash_map.h>
#include <google/protobuf/descriptor.h>

#include "services/common/audit/audit_log.h"
#include "services/common/auth/auth.h"
#include "services/common/serve/reading_sink.h"
#include "services/common/values/mutex.h"
#include "services/common/values/units.h"

namespace ronghe::common {

// Records in the audit log who was answered free texts (DATA_CLASS_FREE_TEXT), before they are sent: the method, the
// first resource that the request names, its unit. What somebody wrote is no reading; a write that only tries is one.
// A stream whose messages can have texts is one reading, whether or not they show any. Processes of the suite on their
// own behalf do not read. Thread-safe.
class TextReadings final : public ReadingSink {
 public:
  // All outlive it.
  struct Parts {
    AuditLog& log;
    const Units& units;
    OwnerResolver& owners;
  };
  explicit TextReadings(Parts parts) : parts_(parts) {}

  absl::Status Read(const Call& call, const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, const google::protobuf::Message* response) override;

 private:
  // Whether messages of a type can have free texts, in themselves or below.
  bool MayHaveTexts(const google::protobuf::Descriptor* type);
  // Whether this message has one that is not empty.
  bool HasTexts(const google::protobuf::Message& message);
  absl::StatusOr<UnitUid> UnitOf(const std::string& resource, absl::Time deadline) const;

  const Parts parts_;
  Mutex mutex_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, bool> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::common
