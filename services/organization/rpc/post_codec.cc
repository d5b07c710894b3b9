#include "services/organization/rpc/post_codec.h"

#include "services/organization/rpc/record_codec.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
v1::Post ToProto(const StoredPost& post, const Tree& tree, RevisionGate& gate) {
  v1::Post out;
  WriteRecordInfo(post, tree, gate, out);
  out.set_kind(static_cast<v1::PostKind>(post.kind));
  out.set_title(post.title);
  out.set_seats(post.seats);
  WriteDate(post.days.from, *out.mutable_start_date());
  if (post.days.until) WriteDate(*post.days.until, *out.mutable_end_date());
  out.set_state(static_cast<v1::PostState>(post.state));
  out.set_filled_seats(post.filled);
  out.set_vacant_seats(post.vacant());
  return out;
}

v1::Term ToProto(const StoredTerm& term, const Tree& tree, RevisionGate& gate) {
  v1::Term out;
  WriteRecordInfo(term, tree, gate, out);
  out.set_number(term.number);
  WriteDate(term.dates.start, *out.mutable_start_date());
  WriteDate(term.dates.due, *out.mutable_due_date());
  WriteDate(term.dates.original_due, *out.mutable_original_due_date());
  WriteDate(term.dates.expiring, *out.mutable_expiring_date());
  if (term.end) WriteDate(*term.end, *out.mutable_end_date());
  out.set_state(static_cast<v1::TermState>(term.state));
  out.set_election_state(static_cast<v1::ElectionState>(term.election));
  if (term.planned) WriteDate(*term.planned, *out.mutable_planned_election_date());
  if (term.held) WriteDate(*term.held, *out.mutable_held_election_date());
  out.set_extension_reason(static_cast<v1::ExtensionReason>(term.extension_reason));
  if (term.extension_approver) out.set_extension_approver("units/" + tree.CodeOf(term.extension_approver));
  out.set_extension_document(term.extension_document);
  return out;
}

v1::Appointment ToProto(const StoredAppointment& appointment, const Tree& tree, RevisionGate& gate) {
  v1::Appointment out;
  WriteRecordInfo(appointment, tree, gate, out);
  out.set_post(NameOf(appointment.post));
  out.set_kind(static_cast<v1::PostKind>(appointment.kind));
  out.set_member(MemberName(appointment.member));
  if (appointment.term) out.set_term(NameOf(appointment.term));
  out.set_basis(static_cast<v1::AppointmentBasis>(appointment.basis));
  out.set_document(appointment.document);
  WriteDate(appointment.days.from, *out.mutable_start_date());
  if (appointment.days.until) WriteDate(*appointment.days.until, *out.mutable_end_date());
  out.set_state(static_cast<v1::AppointmentState>(appointment.state));
  out.set_end_reason(static_cast<v1::EndReason>(appointment.end_reason));
  return out;
}

}  // namespace ronghe::organization
