#pragma once

#include "services/common/values/timestamp.h"
#include "services/organization/app/record_store.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// What the messages of records have in common. One that was only tried has no name, times, etag and revision.
template <typename Stored, typename Message>
void WriteRecordInfo(const Stored& stored, const Tree& tree, RevisionGate& gate, Message& message) {
  message.set_unit("units/" + tree.CodeOf(stored.info.unit));
  if (stored.info.revision == 0) return;
  message.set_name(NameOf(stored.id));
  common::WriteTimestamp(stored.info.create_time, *message.mutable_create_time());
  common::WriteTimestamp(stored.info.update_time, *message.mutable_update_time());
  message.set_etag(EtagOf(stored.info));
  message.set_revision(gate.Token(common::PartitionOf(stored.id.value), stored.info.revision));
}

}  // namespace ronghe::organization
