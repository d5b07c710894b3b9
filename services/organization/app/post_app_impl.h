#pragma once

// What the parts of PostApp share; for its own files only.

#include <span>

#include "services/organization/app/owner_registry.h"
#include "services/organization/app/post_app.h"

namespace ronghe::organization {

template <typename IdType>
struct Collection;
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

// The id in a name; no id, and BAD_NAME on `field`, for another form.
template <typename IdType>
IdType ReadId(const std::string& name, std::string_view field, common::Violations& violations) {
  const IdType id(IdFromName(name, Collection<IdType>::kName));
  if (!id) {
    const std::string form = std::string(Collection<IdType>::kName) + "/{number}";
    violations.Add(std::string(field), name.empty() ? "REQUIRED" : "BAD_NAME",
                   {"must have the form " + form, "格式应为 " + form});
  }
  return id;
}

// FAILED_PRECONDITION with all blockers and the reason of the first; OK for none.
absl::Status RefuseFor(std::vector<common::Blocker> blockers);

// What was only tried has no revision, and so no name.
template <typename Stored>
void MarkTried(Stored& stored) {
  stored.info.revision = 0;
}
inline void MarkTried(PostApp::ElectionOutcome& outcome) {
  MarkTried(outcome.term);
  if (outcome.next) MarkTried(*outcome.next);
  for (StoredAppointment& appointment : outcome.appointments) MarkTried(appointment);
}

template <typename Result>
absl::StatusOr<Result> PostApp::Run(common::PartitionId partition, const common::Call& call,
                                    const WriteOptions& options,
                                    absl::FunctionRef<absl::StatusOr<Result>(PostTxn&, std::string& remember)> change,
                                    absl::FunctionRef<absl::StatusOr<Result>(PostTxn&, const std::string& name)> again,
                                    std::span<const common::PartitionId> also) {
  std::optional<Result> result;
  bool tried = false;
  const absl::Status status = store_.Write(partition, also, call, [&](PostTxn& txn) -> absl::Status {
    tried = false;
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<std::string> prior, txn.Claim(options.key));
      if (prior) {
        RONGHE_ASSIGN_OR_RETURN(result, again(txn, *prior));
        return absl::OkStatus();
      }
    }
    std::string remember;
    RONGHE_ASSIGN_OR_RETURN(result, change(txn, remember));
    txn.Remember(std::move(remember));
    tried = options.validate_only;
    return tried ? absl::CancelledError("only tried") : absl::OkStatus();
  });
  if (!tried || !absl::IsCancelled(status)) RONGHE_RETURN_IF_ERROR(status);
  if (tried) MarkTried(*result);
  return *std::move(result);
}

template <typename Stored, typename IdType>
absl::StatusOr<Stored> PostApp::RunOn(const common::Call& call, const std::string& name, IdType id,
                                      const WriteOptions& options,
                                      absl::FunctionRef<absl::StatusOr<Stored>(PostTxn&, const Stored&)> change) {
  auto changed = [&](PostTxn& txn, std::string& remember) -> absl::StatusOr<Stored> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<Stored> before, txn.Find(id));
    // The wrapper has checked the unit that owned it when the call came.
    if (!before || !tree_.Covers(call.scope, before->info.unit)) return common::NotFound(name);
    RONGHE_RETURN_IF_ERROR(CheckEtag(EtagOf(before->info), options.etag));
    remember = NameOf(id);
    return change(txn, *before);
  };
  auto again = [&](PostTxn& txn, const std::string& done) -> absl::StatusOr<Stored> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Stored> now, txn.Find(IdType(IdFromName(done, Collection<IdType>::kName))));
    if (!now) return common::NotFound(done);
    return *std::move(now);
  };
  return Run<Stored>(common::PartitionOf(id.value), call, options, changed, again);
}

}  // namespace ronghe::organization
