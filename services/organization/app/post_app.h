#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/organization/app/post_store.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/unit_app.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// Writes of posts, terms and appointments. `options.effective` is the day of the event, today where it has none.
// Thread-safe.
class PostApp {
 public:
  // All outlive it.
  PostApp(PostStore& store, const Tree& tree, common::Calendar calendar, const RuleBook& rules)
      : store_(store), tree_(tree), calendar_(calendar), rules_(rules) {}

  // Reads, in the caller's scope.
  absl::StatusOr<StoredPost> GetPost(const common::Call& call, const std::string& name);
  absl::StatusOr<StoredTerm> GetTerm(const common::Call& call, const std::string& name);
  absl::StatusOr<StoredAppointment> GetAppointment(const common::Call& call, const std::string& name);
  // The owning unit, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOfPost(std::string_view name, int64_t id, absl::Time deadline);
  absl::StatusOr<common::UnitUid> OwnerOfTerm(std::string_view name, int64_t id, absl::Time deadline);
  absl::StatusOr<common::UnitUid> OwnerOfAppointment(std::string_view name, int64_t id, absl::Time deadline);

  absl::StatusOr<StoredPost> CreatePost(const common::Call& call, const std::string& unit, const PostFields& fields,
                                        const WriteOptions& options);
  struct PostChanges {
    PostFields fields;
    std::vector<std::string> mask;  // empty: those that are set
  };
  absl::StatusOr<StoredPost> UpdatePost(const common::Call& call, const std::string& name, const PostChanges& changes,
                                        const WriteOptions& options);
  absl::StatusOr<StoredPost> AbolishPost(const common::Call& call, const std::string& name,
                                         const WriteOptions& options);

  // `number` 0: one more than the last.
  absl::StatusOr<StoredTerm> CreateTerm(const common::Call& call, const std::string& unit, int number,
                                        const WriteOptions& options);
  absl::StatusOr<StoredTerm> PlanElection(const common::Call& call, const std::string& name,
                                          const WriteOptions& options);
  struct Election {
    bool valid = false;
    struct Elected {
      std::string post;
      std::string member;
    };
    std::vector<Elected> elected;
    std::string document;
  };
  struct ElectionOutcome {
    StoredTerm term;
    std::optional<StoredTerm> next;
    std::vector<StoredAppointment> appointments;
  };
  absl::StatusOr<ElectionOutcome> RecordElection(const common::Call& call, const std::string& name,
                                                 const Election& election, const WriteOptions& options);
  struct Extension {
    std::string approver;  // `units/{code}`
    int reason = 0;
    std::string document;
  };
  // `options.effective`: the new last day, required.
  absl::StatusOr<StoredTerm> ExtendTerm(const common::Call& call, const std::string& name, const Extension& extension,
                                        const WriteOptions& options);
  absl::StatusOr<StoredTerm> EndTerm(const common::Call& call, const std::string& name, const WriteOptions& options);

  struct NewAppointment {
    std::string post;
    std::string member;
    int basis = 0;
    std::string document;
  };
  absl::StatusOr<StoredAppointment> CreateAppointment(const common::Call& call, const NewAppointment& fields,
                                                      const WriteOptions& options);
  absl::StatusOr<StoredAppointment> EndAppointment(const common::Call& call, const std::string& name, int reason,
                                                   const WriteOptions& options);

  // The clock has come to a day on which the term changes, in the firing transaction.
  absl::Status TermDue(PostTxn& txn, TermId id, absl::Time due);
  // Everything that the unit had ends with it, in a transaction of its partition; nothing happens while it is active.
  absl::Status UnitEnded(PostTxn& txn, common::UnitUid unit);

 private:
  // Claim, `change`, remember, commit; `again` answers a request that was done before, by the name it remembered.
  // `also` as PostStore::Write.
  template <typename Result>
  absl::StatusOr<Result> Run(common::PartitionId partition, const common::Call& call, const WriteOptions& options,
                             absl::FunctionRef<absl::StatusOr<Result>(PostTxn&, std::string& remember)> change,
                             absl::FunctionRef<absl::StatusOr<Result>(PostTxn&, const std::string& name)> again,
                             std::span<const common::PartitionId> also = {});
  // The same for a write on a record that exists: found, in scope, of the etag that the caller knows.
  template <typename Stored, typename IdType>
  absl::StatusOr<Stored> RunOn(const common::Call& call, const std::string& name, IdType id,
                               const WriteOptions& options,
                               absl::FunctionRef<absl::StatusOr<Stored>(PostTxn&, const Stored&)> change);
  template <typename Stored, typename IdType>
  absl::StatusOr<Stored> FindVisible(const common::Call& call, const std::string& name);

  absl::StatusOr<TreeUnit> VisibleUnit(const common::Call& call, const std::string& name, std::string_view field,
                                       common::Violations violations) const;
  // The day of an event: `options.effective` or today; adds IN_FUTURE.
  absl::CivilDay DayOf(const WriteOptions& options, std::string_view field, common::Violations& violations) const;
  // Begins a term of the unit on a day.
  absl::StatusOr<StoredTerm> Begin(PostTxn& txn, common::UnitUid unit, int number, int years, absl::CivilDay start);
  absl::StatusOr<StoredTerm> Finish(PostTxn& txn, StoredTerm term, TermEvent event, absl::CivilDay day);
  absl::StatusOr<ElectionOutcome> Elect(PostTxn& txn, const StoredTerm& term, const Election& election,
                                        absl::CivilDay day);

  // What forbids an appointment, all of it; empty: nothing does.
  struct Candidate {
    const StoredPost& post;
    MemberId member;
    AppointmentBasis basis;
    absl::CivilDay from;
    std::optional<TermId> term;  // of an election; otherwise it is looked up
  };
  absl::StatusOr<std::vector<common::Blocker>> Blockers(PostTxn& txn, const Candidate& candidate, TermId& term);
  absl::Status PersonBlockers(PostTxn& txn, const Candidate& candidate, std::vector<common::Blocker>& blockers);
  absl::Status OverlapBlockers(PostTxn& txn, const Candidate& candidate, std::vector<common::Blocker>& blockers);

  PostStore& store_;
  const Tree& tree_;
  common::Calendar calendar_;
  const RuleBook& rules_;
};

// Ends appointments on a day, or on their first day where that is later.
absl::StatusOr<StoredAppointment> EndOn(PostTxn& txn, StoredAppointment appointment, absl::CivilDay day,
                                        EndReason reason);
// What a member's going to another unit of the partition (none: away altogether) ends: every appointment after `to`
// none; else those by election whose unit does not have `to` in or below it. In the transaction in which the member
// goes.
absl::Status EndPostsOfMember(PostTxn& txn, MemberId member, common::UnitUid to, absl::CivilDay day);

}  // namespace ronghe::organization
