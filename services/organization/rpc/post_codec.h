#pragma once

#include "ronghe/organization/v1/post.pb.h"

#include "services/organization/app/post_store.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// Records as messages. One that was only tried has no name, times, etag and revision.
v1::Post ToProto(const StoredPost& post, const Tree& tree, RevisionGate& gate);
v1::Term ToProto(const StoredTerm& term, const Tree& tree, RevisionGate& gate);
v1::Appointment ToProto(const StoredAppointment& appointment, const Tree& tree, RevisionGate& gate);

}  // namespace ronghe::organization
