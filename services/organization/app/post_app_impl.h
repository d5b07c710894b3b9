#pragma once

// What the parts of PostApp share; for its own files only.

#include "services/organization/app/post_app.h"
#include "services/organization/app/record_write.h"

namespace ronghe::organization {

template <>
struct Collection<PostId> {
  static constexpr std::string_view kName = "posts";
};
template <>
struct Collection<TermId> {
  static constexpr std::string_view kName = "terms";
};
template <>
struct Collection<AppointmentId> {
  static constexpr std::string_view kName = "appointments";
};

inline void MarkTried(PostApp::ElectionOutcome& outcome) {
  MarkTried(outcome.term);
  if (outcome.next) MarkTried(*outcome.next);
  MarkTried(outcome.appointments);
}

}  // namespace ronghe::organization
