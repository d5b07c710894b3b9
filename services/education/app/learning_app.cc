#include "services/education/app/learning_app.h"

#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/text_rules.h"
#include "services/common/values/write_once.h"

namespace ronghe::education {
namespace {

constexpr size_t kMaxReason = 200;

absl::Status Refused(const char* reason, const std::string& name, const common::Text& text) {
  return common::FailedPrecondition(reason, text, {{reason, name, text}});
}

absl::Status ExternalIdUsed(LearningRecordId id) {
  return Refused("EXTERNAL_ID_USED", NameOf(id),
                 {"the external id is known with another content: void and replace that record",
                  "该外部编号已有内容不同的记录，请作废并更正原记录"});
}

}  // namespace

std::string NameOf(LearningRecordId id) {
  return fmt::format("learningRecords/{}", id.value);
}

// For WriteOrTry: found by argument-dependent lookup.
static void MarkTried(VoidedLearning& result) {
  result.voided.stored.revision = 0;
  if (result.replacement) result.replacement->stored.revision = 0;
}

LearningView LearningApp::View(StoredLearning stored) const {
  const common::UnitUid unit = parts_.units.AnswersFor(stored.record.unit);
  return {std::move(stored), unit};
}

absl::Status LearningApp::Place(const common::Call& call, std::string_view prefix, LearningFields& fields,
                                common::Violations& violations) const {
  const std::string field = fmt::format("{}member", prefix);
  if (fields.member.empty()) violations.Add(field, "REQUIRED", {"is required", "必填"});
  LearningRecord& record = fields.record;
  record.member = common::ReadOptionalId(fields.member, "members", field, violations);
  const std::string date = fmt::format("{}date", prefix);
  if (!fields.has_day) violations.Add(date, "REQUIRED", {"is required", "必填"});
  CheckLearning(record, parts_.rules, parts_.calendar.Today(), prefix, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Membership> memberships,
                          parts_.roster.Memberships({&record.member, 1}, call.deadline));
  if (memberships.empty()) return common::NotFound(fields.member);
  const std::optional<common::UnitUid> unit = memberships.front().UnitOn(record.day);
  if (!unit) {
    violations.Add(date, "OUTSIDE_MEMBERSHIP", {"is no day of membership", "当日不是党员"});
  } else if (!parts_.units.Covers(call.scope, parts_.units.AnswersFor(*unit))) {
    violations.Add(date, "NOT_IN_SCOPE", {"belonged to another unit on that day", "当日隶属于其他组织"});
  } else {
    record.unit = *unit;
  }
  return violations.ToStatus();
}

absl::StatusOr<LearningView> LearningApp::Create(const common::Call& call, LearningFields fields,
                                                 const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  RONGHE_RETURN_IF_ERROR(Place(call, "learning_record.", fields, violations));
  const auto write = [&](absl::FunctionRef<absl::Status(LearningTxn&)> body) {
    return parts_.store.Write(common::PartitionOf(fields.record.member), call, body);
  };
  const auto read = [](LearningTxn& txn, LearningRecordId id) -> absl::StatusOr<StoredLearning> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredLearning> found, txn.Find(id));
    if (!found) return common::NotFound(NameOf(id));
    found->revision = txn.revision();
    return *std::move(found);
  };
  const auto enter = [&](LearningTxn& txn, std::string& remember) -> absl::StatusOr<StoredLearning> {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<EnteredLearning> entered, txn.Enter({&fields.record, 1}, {}));
    if (!entered.front().same) return ExternalIdUsed(entered.front().id);
    remember = NameOf(entered.front().id);
    return read(txn, entered.front().id);
  };
  const auto again = [&](LearningTxn& txn, const std::string& name) {
    return read(txn, LearningRecordId(common::IdFromName(name, "learningRecords")));
  };
  RONGHE_ASSIGN_OR_RETURN(StoredLearning stored,
                          (common::WriteOnce<StoredLearning, LearningTxn>(options, write, enter, again)));
  return View(std::move(stored));
}

absl::StatusOr<LearningView> LearningApp::Get(const common::Call& call, const std::string& name) {
  const LearningRecordId id(common::IdFromName(name, "learningRecords"));
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredLearning> found, parts_.store.Find(id, call.deadline));
  if (!found || !parts_.units.Covers(call.scope, parts_.units.AnswersFor(found->record.unit))) {
    return common::NotFound(name);
  }
  return View(*std::move(found));
}

absl::StatusOr<VoidedLearning> LearningApp::Void(const common::Call& call, const std::string& name,
                                                 const std::string& reason, std::optional<LearningFields> replacement,
                                                 const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  common::CheckText({"reason", 1, kMaxReason}, reason, violations);
  const LearningRecordId id(common::IdFromName(name, "learningRecords"));
  RONGHE_ASSIGN_OR_RETURN(const LearningView known, Get(call, name));
  if (replacement) {
    if (replacement->member.empty()) replacement->member = fmt::format("members/{}", known.stored.record.member);
    RONGHE_RETURN_IF_ERROR(Place(call, "replacement.", *replacement, violations));
    if (replacement->record.member != known.stored.record.member) {
      violations.Add("replacement.member", "OTHER_MEMBER", {"must be the same member", "应为同一名党员"});
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const auto write = [&](absl::FunctionRef<absl::Status(LearningTxn&)> body) {
    return parts_.store.Write(common::PartitionOf(id.value), call, body);
  };
  const auto read = [&](LearningTxn& txn) -> absl::StatusOr<VoidedLearning> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredLearning> voided, txn.Find(id));
    if (!voided) return common::NotFound(name);
    VoidedLearning result;
    if (voided->replaced_by) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<StoredLearning> by, txn.Find(voided->replaced_by));
      if (by) {
        by->revision = txn.revision();
        result.replacement = View(*std::move(by));
      }
    }
    voided->revision = txn.revision();
    result.voided = View(*std::move(voided));
    return result;
  };
  const auto change = [&](LearningTxn& txn, std::string& remember) -> absl::StatusOr<VoidedLearning> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredLearning> before, txn.Find(id));
    if (!before) return common::NotFound(name);
    if (before->state == LearningState::kVoided) return Refused("VOIDED", name, {"is voided already", "已经作废"});
    if (before->record.source == LearningSource::kActivity) {
      return Refused("OF_ACTIVITY", name, {"an activity gave it: amend the activity", "由组织活动产生，请更正该活动"});
    }
    RONGHE_RETURN_IF_ERROR(txn.Void(*before, reason, call.actor.key, replacement.has_value()));
    if (replacement) {
      RONGHE_ASSIGN_OR_RETURN(const std::vector<EnteredLearning> entered,
                              txn.Enter({&replacement->record, 1}, {0, id, false}));
      if (entered.front().known) return ExternalIdUsed(entered.front().id);
      RONGHE_RETURN_IF_ERROR(txn.Replaced(*before, entered.front().id));
    }
    remember = name;
    return read(txn);
  };
  return common::WriteOnce<VoidedLearning, LearningTxn>(
      options, write, change, [&](LearningTxn& txn, const std::string&) { return read(txn); });
}

absl::StatusOr<LearningPage> LearningApp::List(const common::Call& call, const std::string& parent, int year,
                                               int page_size, const std::string& page_token) {
  common::Violations violations;
  const absl::StatusOr<int> size = common::PageSize(page_size);
  violations.AddAll(size.status());
  if (year == 0) year = static_cast<int>(parts_.calendar.Today().year());
  if (year < 1900 || year > 9999) violations.Add("year", "OUT_OF_RANGE", {"is no year", "年份不正确"});
  const int64_t member = common::IdFromName(parent, "members");
  if (member == 0) violations.AddAll(common::BadName(parent, "parent", "members"));
  const std::string purpose = fmt::format("learning records\n{}\n{}", parent, year);
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, purpose, page_token);
  violations.AddAll(token.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const common::ListPosition after, common::ReadListPosition(*token));
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredLearning> found,
                          parts_.store.List(member, year, after.key, after.id, *size + 1, call.deadline));
  LearningPage page;
  RONGHE_ASSIGN_OR_RETURN(page.credit_deci_hours, parts_.store.Credit(member, year, call.deadline));
  if (found.size() > static_cast<size_t>(*size)) {
    found.pop_back();
    const StoredLearning& last = found.back();
    page.page.next =
        common::MakePageToken(parts_.signer, purpose,
                              common::TextOf(common::ListPosition{common::DayNumber(last.record.day), last.id.value}));
  }
  for (StoredLearning& stored : found) page.page.items.push_back(View(std::move(stored)));
  return page;
}

absl::StatusOr<common::UnitUid> LearningApp::OwnerOf(std::string_view name, absl::Time deadline) {
  if (name.starts_with("members/")) {
    const int64_t member = common::IdFromName(name, "members");
    if (member == 0) return common::BadName(name, "name", "members");
    RONGHE_ASSIGN_OR_RETURN(const std::vector<Membership> found, parts_.roster.Memberships({&member, 1}, deadline));
    const std::optional<common::UnitUid> unit = found.empty() ? std::nullopt : found.front().LastUnit();
    if (!unit) return common::NotFound(std::string(name));
    return parts_.units.AnswersFor(*unit);
  }
  const LearningRecordId id(common::IdFromName(name, "learningRecords"));
  if (!id) return common::BadName(name, "name", "learningRecords");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredLearning> found, parts_.store.Find(id, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->record.unit);
}

}  // namespace ronghe::education
