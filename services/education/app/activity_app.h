#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"
#include "services/common/values/units.h"
#include "services/common/values/write_options.h"
#include "services/education/app/activity_store.h"
#include "services/education/app/roster.h"

namespace ronghe::education {

// An activity, and the unit that answers for it now.
struct ActivityView {
  StoredActivity stored;
  common::UnitUid unit;
};

// What a request says of an activity, names in place of numbers.
struct ActivityFields {
  std::string unit;                    // `units/{code}`
  std::vector<std::string> joint;      // likewise
  std::string host;                    // `members/{id}`; may be empty
  std::vector<std::string> attendees;  // likewise
  std::optional<absl::Time> start;
  Activity activity;  // the rest
};

// What is to be recorded of one member.
struct AttendanceEntry {
  std::string member;  // `members/{id}`
  Attendance record;
};

struct AmendmentFields {
  std::string reason;
  std::vector<AttendanceEntry> entries;
  std::optional<common::Document> minutes;
  std::vector<common::Document> evidence;  // in addition
  std::optional<int> credit;
};

struct IssuedCodes {
  std::vector<std::string> codes;
  absl::Time expire = {};
};

// What came of a check-in.
struct CheckedIn {
  Attendance record;
  int64_t partition = 0;
  int64_t revision = 0;
};

struct ActivityListQuery {
  std::string parent;  // `units/{code}`
  bool subtree = false;
  int page_size = 0;
  std::string page_token;
  std::string filter;
};

// Activities: what people do with them. Thread-safe.
class ActivityApp {
 public:
  // All outlive it.
  struct Parts {
    ActivityStore& store;
    const common::Units& units;
    Roster& roster;
    common::Calendar calendar;
    common::Random& random;
    const common::TokenSigner& signer;
  };
  explicit ActivityApp(Parts parts) : parts_(parts) {}

  absl::StatusOr<ActivityView> Create(const common::Call& call, ActivityFields fields,
                                      const common::WriteOptions& options);
  absl::StatusOr<ActivityView> Get(const common::Call& call, const std::string& name);
  // `mask` empty: what is set.
  absl::StatusOr<ActivityView> Update(const common::Call& call, const std::string& name, const ActivityFields& fields,
                                      const std::vector<std::string>& mask, const common::WriteOptions& options);
  absl::StatusOr<ActivityView> Hold(const common::Call& call, const std::string& name, common::WriteOptions options);
  // `rest`: of whom nothing is recorded and who is not among the entries.
  absl::StatusOr<ActivityView> Record(const common::Call& call, const std::string& name,
                                      const std::vector<AttendanceEntry>& entries, AttendanceStatus rest,
                                      const common::WriteOptions& options);
  absl::StatusOr<ActivityView> Confirm(const common::Call& call, const std::string& name,
                                       const common::WriteOptions& options);
  absl::StatusOr<ActivityView> Amend(const common::Call& call, const std::string& name, const AmendmentFields& fields,
                                     const common::WriteOptions& options);
  absl::StatusOr<ActivityView> Cancel(const common::Call& call, const std::string& name, const std::string& reason,
                                      const common::WriteOptions& options);
  // `lifetime` zero: the default.
  absl::StatusOr<IssuedCodes> IssueCodes(const common::Call& call, const std::string& name, int count,
                                         absl::Duration lifetime, const common::WriteOptions& options);
  absl::StatusOr<CheckedIn> CheckIn(const common::Call& call, const std::string& name, const std::string& code,
                                    const common::WriteOptions& options);

  absl::StatusOr<common::Page<ActivityView>> List(const common::Call& call, const ActivityListQuery& query);
  absl::StatusOr<common::Page<Attendance>> ListAttendance(const common::Call& call, const std::string& parent,
                                                          int page_size, const std::string& page_token);
  absl::StatusOr<common::Page<ActivityStep>> History(const common::Call& call, const std::string& parent, int page_size,
                                                     const std::string& page_token);
  // The unit that answers for it now, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, absl::Time deadline);

 private:
  using Change = absl::FunctionRef<absl::StatusOr<ActivityStep>(ActivityTxn&, const StoredActivity&, Activity&)>;
  // Claim, `change`, remember, commit; a request that was done before is answered with the activity as it is.
  absl::StatusOr<ActivityView> Run(common::PartitionId partition, const common::Call& call,
                                   const common::WriteOptions& options,
                                   absl::FunctionRef<absl::StatusOr<StoredActivity>(ActivityTxn&)> change);
  // The same on one that exists: found, in scope, of the etag that the caller knows, in a state where the event may
  // happen.
  absl::StatusOr<ActivityView> RunOn(const common::Call& call, const std::string& name, ActivityEvent event,
                                     const common::WriteOptions& options, Change change);
  // Writes what is recorded of members, and the counts.
  absl::StatusOr<std::vector<Attendance>> Save(ActivityTxn& txn, const StoredActivity& stored,
                                               const std::vector<AttendanceEntry>& entries, AttendanceStatus rest,
                                               Activity& activity) const;
  bool Visible(const common::Call& call, const Activity& activity) const;
  ActivityView View(StoredActivity stored) const;
  absl::CivilDay DayOf(absl::Time time) const;
  absl::StatusOr<std::vector<common::UnitUid>> JointOf(const std::vector<std::string>& names,
                                                       const common::UnitView& unit,
                                                       common::Violations& violations) const;
  absl::StatusOr<std::vector<Attendance>> Expected(const common::Call& call, const Activity& activity) const;

  Parts parts_;
};

}  // namespace ronghe::education
