// What is recorded of the members who are expected.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/digest.h"
#include "services/common/values/resource_name.h"
#include "services/education/app/activity_app.h"
#include "services/education/domain/activity_state.h"

namespace ronghe::education {
namespace {

constexpr size_t kMaxRecords = 1000;
constexpr int kMaxCodes = 500;
constexpr absl::Duration kDefaultLifetime = absl::Minutes(10);
constexpr absl::Duration kMinLifetime = absl::Seconds(10);
constexpr absl::Duration kMaxLifetime = absl::Hours(24);
constexpr size_t kCodeSize = 12;

// Without what is easily taken for something else; 32 of them, so that every byte gives one evenly.
constexpr std::string_view kAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
static_assert(kAlphabet.size() == 32);

std::string NewCode(common::Random& random) {
  unsigned char bytes[kCodeSize];
  random.Fill(bytes, sizeof(bytes));
  std::string code;
  for (const unsigned char byte : bytes) code += kAlphabet[byte % kAlphabet.size()];
  return code;
}

// Bound to the activity, so that a code is worth nothing at another one.
std::string DigestOf(ActivityId id, const std::string& code) {
  return common::Sha256Hex(fmt::format("{}\n{}", id.value, code));
}

// The entries as records; each member at most once.
std::vector<Attendance> ReadEntries(const std::vector<AttendanceEntry>& entries, common::Violations& violations) {
  if (entries.size() > kMaxRecords) {
    violations.Add("records", "TOO_MANY", {"has more than 1000 entries", "超过 1000 项"});
    return {};
  }
  std::vector<Attendance> records;
  std::set<int64_t> seen;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string field = fmt::format("records[{}].member", i);
    Attendance& record = records.emplace_back(entries[i].record);
    record.member = common::ReadOptionalId(entries[i].member, "members", field, violations);
    if (entries[i].member.empty()) violations.Add(field, "REQUIRED", {"is required", "必填"});
    if (record.member != 0 && !seen.insert(record.member).second) {
      violations.Add(field, "DUPLICATE", {"is there twice", "人员重复"});
    }
  }
  return records;
}

void Count(const Attendance& before, const Attendance& after, Activity& activity) {
  const auto recorded = [](const Attendance& one) { return one.status != AttendanceStatus::kUnspecified ? 1 : 0; };
  const auto present = [](const Attendance& one) { return Attended(one.status) ? 1 : 0; };
  activity.recorded += recorded(after) - recorded(before);
  activity.present += present(after) - present(before);
}

}  // namespace

absl::StatusOr<std::vector<Attendance>> ActivityApp::Save(ActivityTxn& txn, const StoredActivity& stored,
                                                          const std::vector<AttendanceEntry>& entries,
                                                          AttendanceStatus rest, Activity& activity) const {
  common::Violations violations;
  const std::vector<Attendance> records = ReadEntries(entries, violations);
  if (rest != AttendanceStatus::kUnspecified && rest != AttendanceStatus::kPresent &&
      rest != AttendanceStatus::kAbsent) {
    violations.Add("rest", "UNKNOWN_VALUE", {"must be PRESENT or ABSENT", "应为出席或缺席"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::vector<int64_t> members;
  for (const Attendance& record : records) members.push_back(record.member);
  std::vector<Attendance> known;
  if (!members.empty() || rest != AttendanceStatus::kUnspecified) {
    const bool all = rest != AttendanceStatus::kUnspecified;
    RONGHE_ASSIGN_OR_RETURN(known, txn.Attendances(stored, all ? std::vector<int64_t>() : members));
  }
  std::map<int64_t, const Attendance*> by_member;
  for (const Attendance& one : known) by_member[one.member] = &one;
  std::vector<Attendance> before;
  std::vector<Attendance> after;
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string prefix = fmt::format("records[{}].", i);
    CheckRecord(records[i], DayOf(stored.activity.start), parts_.calendar.Today(), prefix, violations);
    const auto at = by_member.find(records[i].member);
    if (at == by_member.end()) {
      violations.Add(prefix + "member", "NOT_EXPECTED", {"is not expected at the activity", "不在应到人员名单中"});
      continue;
    }
    before.push_back(*at->second);
    Attendance& row = after.emplace_back(records[i]);
    row.unit = at->second->unit;
    row.recorded = txn.now();
    by_member.erase(at);
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  for (const auto& [member, one] : by_member) {
    if (rest == AttendanceStatus::kUnspecified || one->status != AttendanceStatus::kUnspecified) continue;
    before.push_back(*one);
    Attendance& row = after.emplace_back(*one);
    row.status = rest;
    row.recorded = txn.now();
  }
  for (size_t i = 0; i < before.size(); ++i) Count(before[i], after[i], activity);
  RONGHE_RETURN_IF_ERROR(txn.ReplaceAttendances(stored, before, after));
  return before;
}

absl::StatusOr<ActivityView> ActivityApp::Record(const common::Call& call, const std::string& name,
                                                 const std::vector<AttendanceEntry>& entries, AttendanceStatus rest,
                                                 const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  if (entries.empty() && rest == AttendanceStatus::kUnspecified) {
    violations.Add("records", "REQUIRED", {"is required", "必填"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const auto change = [&](ActivityTxn& txn, const StoredActivity& before,
                          Activity& activity) -> absl::StatusOr<ActivityStep> {
    ActivityStep step;
    step.event = ActivityEvent::kRecord;
    RONGHE_ASSIGN_OR_RETURN(const std::vector<Attendance> replaced, Save(txn, before, entries, rest, activity));
    step.attendances = static_cast<int>(replaced.size());
    return step;
  };
  return RunOn(call, name, ActivityEvent::kRecord, options, change);
}

absl::StatusOr<ActivityView> ActivityApp::Amend(const common::Call& call, const std::string& name,
                                                const AmendmentFields& fields, const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  CheckReason(fields.reason, /*required=*/true, violations);
  if (fields.minutes) common::CheckDocument(*fields.minutes, "minutes", violations);
  common::CheckDocuments(fields.evidence, "evidence", violations);
  if (fields.credit) CheckCredit(*fields.credit, "credit_deci_hours", violations);
  if (fields.entries.empty() && !fields.minutes && fields.evidence.empty() && !fields.credit) {
    violations.Add("records", "REQUIRED", {"nothing is to be amended", "没有要更正的内容"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const auto change = [&](ActivityTxn& txn, const StoredActivity& before,
                          Activity& activity) -> absl::StatusOr<ActivityStep> {
    ActivityStep step;
    step.event = ActivityEvent::kAmend;
    step.reason = fields.reason;
    RONGHE_ASSIGN_OR_RETURN(step.replaced, Save(txn, before, fields.entries, AttendanceStatus::kUnspecified, activity));
    step.attendances = static_cast<int>(step.replaced.size());
    if (fields.minutes) {
      step.replaced_minutes = activity.minutes;
      activity.minutes = fields.minutes;
    }
    activity.evidence.insert(activity.evidence.end(), fields.evidence.begin(), fields.evidence.end());
    if (fields.credit) {
      step.replaced_credit = activity.credit_deci_hours;
      activity.credit_deci_hours = *fields.credit;
    }
    ++activity.amendments;
    common::Violations too_many;
    common::CheckDocuments(activity.evidence, "evidence", too_many);
    RONGHE_RETURN_IF_ERROR(too_many.ToStatus());
    return step;
  };
  return RunOn(call, name, ActivityEvent::kAmend, options, change);
}

absl::StatusOr<IssuedCodes> ActivityApp::IssueCodes(const common::Call& call, const std::string& name, int count,
                                                    absl::Duration lifetime, const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  if (count < 1 || count > kMaxCodes) {
    violations.Add("count", "OUT_OF_RANGE", {"must lie between 1 and 500", "应在 1 到 500 之间"});
  }
  const absl::Duration good = lifetime == absl::ZeroDuration() ? kDefaultLifetime : lifetime;
  if (good < kMinLifetime || good > kMaxLifetime) {
    violations.Add("lifetime", "OUT_OF_RANGE", {"must lie between 10 s and 24 h", "应在 10 秒到 24 小时之间"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  IssuedCodes issued;
  const auto change = [&](ActivityTxn& txn, const StoredActivity& before, Activity&) -> absl::StatusOr<ActivityStep> {
    issued.codes.clear();
    std::vector<std::string> digests;
    for (int i = 0; i < count; ++i) {
      issued.codes.push_back(NewCode(parts_.random));
      digests.push_back(DigestOf(before.id, issued.codes.back()));
    }
    issued.expire = txn.now() + good;
    RONGHE_RETURN_IF_ERROR(txn.InsertCodes(before.id, digests, issued.expire));
    ActivityStep step;
    step.event = ActivityEvent::kIssueCodes;
    return step;
  };
  RONGHE_RETURN_IF_ERROR(RunOn(call, name, ActivityEvent::kIssueCodes, options, change).status());
  return issued;
}

absl::StatusOr<CheckedIn> ActivityApp::CheckIn(const common::Call& call, const std::string& name,
                                               const std::string& code, const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  const ActivityId id(common::IdFromName(name, "activities"));
  if (!id) violations.AddAll(common::BadName(name, "name", "activities"));
  if (code.empty()) violations.Add("code", "REQUIRED", {"is required", "必填"});
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const int64_t member = call.actor.member_id;
  if (member == 0) {
    return common::PermissionDenied("NO_MEMBER", {"only members check in, for themselves", "只能由党员本人签到"});
  }
  CheckedIn result;
  const auto check_in = [&](ActivityTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<std::string> prior, txn.Claim(options.key));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredActivity> before, txn.Find(id));
    if (!before) return common::NotFound(name);
    RONGHE_ASSIGN_OR_RETURN(const std::vector<Attendance> rows, txn.Attendances(*before, {&member, 1}));
    if (rows.empty()) return common::NotFound(name);
    result.record = rows.front();
    result.revision = before->revision;
    if (prior) return absl::OkStatus();
    RONGHE_RETURN_IF_ERROR(NextState(before->activity.state, ActivityEvent::kCheckIn, name).status());
    if (rows.front().status != AttendanceStatus::kUnspecified) {
      const common::Text text{"the attendance is recorded already", "考勤已登记"};
      return common::FailedPrecondition("ALREADY_RECORDED", text, {{"ALREADY_RECORDED", name, text}});
    }
    RONGHE_ASSIGN_OR_RETURN(const CodeUse use, txn.TakeCode(id, DigestOf(id, code), member));
    if (use == CodeUse::kUnknown) return common::NotFound("code");
    if (use != CodeUse::kTaken) {
      const bool used = use == CodeUse::kUsed;
      const common::Text text = used ? common::Text{"the code was used", "签到码已使用"}
                                     : common::Text{"the code has expired", "签到码已过期"};
      const char* const reason = used ? "CODE_USED" : "CODE_EXPIRED";
      return common::FailedPrecondition(reason, text, {{reason, name, text}});
    }
    Attendance record = rows.front();
    record.status = AttendanceStatus::kPresent;
    record.recorded = txn.now();
    Activity activity = before->activity;
    Count(rows.front(), record, activity);
    RONGHE_RETURN_IF_ERROR(txn.ReplaceAttendances(*before, rows, {&record, 1}));
    ActivityStep step;
    step.event = ActivityEvent::kCheckIn;
    step.after = activity.state;
    step.actor = call.actor.key;
    step.attendances = 1;
    RONGHE_ASSIGN_OR_RETURN(const StoredActivity stored, txn.Replace(*before, activity, step));
    txn.Remember(NameOf(id));
    result.record = record;
    result.revision = stored.revision;
    return absl::OkStatus();
  };
  result.partition = common::PartitionOf(id.value).value;
  RONGHE_RETURN_IF_ERROR(parts_.store.Write(common::PartitionOf(id.value), call, check_in));
  return result;
}

}  // namespace ronghe::education
