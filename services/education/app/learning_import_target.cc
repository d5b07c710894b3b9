#include "services/education/app/learning_import_target.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "services/common/values/digest.h"
#include "services/common/values/resource_name.h"

namespace ronghe::education {
namespace {

constexpr absl::Duration kRosterDeadline = absl::Seconds(20);

common::RowIssue IssueOf(int64_t line, const common::Violation& violation) {
  return {line, violation.field, violation.reason, violation.text};
}

// 128 bits of an external id: rows are remembered by it, so that memory stays small however long the ids are.
using Fingerprint = std::pair<uint64_t, uint64_t>;

Fingerprint FingerprintOf(const LearningRecord& record) {
  constexpr size_t kDigits = 16;
  const std::string hex = common::Sha256Hex(record.platform + ' ' + record.external_id);
  Fingerprint print;
  std::from_chars(hex.data(), hex.data() + kDigits, print.first, 16);
  std::from_chars(hex.data() + kDigits, hex.data() + 2 * kDigits, print.second, 16);
  return print;
}

}  // namespace

// Of one import: every row by itself, no external id twice, and none that is known with another content.
class LearningImportTarget::Check final : public common::ImportCheck {
 public:
  Check(LearningImportTarget& target, common::Import import, std::shared_ptr<Knowledge> knowledge)
      : target_(target), import_(std::move(import)), knowledge_(std::move(knowledge)) {}

  absl::Status Add(std::span<const common::ImportRow> rows, common::IssueSink refuse) override {
    RONGHE_ASSIGN_OR_RETURN(std::vector<Read> reads, target_.ReadRows(import_, *knowledge_, rows));
    std::vector<LearningRecord> good;
    std::vector<size_t> places;
    for (size_t i = 0; i < reads.size(); ++i) {
      Read& read = reads[i];
      if (!read.record.external_id.empty() && !seen_.insert(FingerprintOf(read.record)).second) {
        read.violations.Add("external_id", "DUPLICATE", {"is there twice", "外部编号重复"});
      }
      if (!read.violations.empty()) continue;
      good.push_back(read.record);
      places.push_back(i);
    }
    RONGHE_ASSIGN_OR_RETURN(const std::vector<LearningKnown> known,
                            target_.parts_.records.Look(good, target_.parts_.real_clock.Now() + kRosterDeadline));
    for (size_t i = 0; i < good.size(); ++i) {
      if (known[i] != LearningKnown::kNew) knowledge_->all_new = false;
      if (known[i] == LearningKnown::kOther) AddConflict(reads[places[i]].violations);
    }
    for (const Read& read : reads) {
      for (const common::Violation& one : read.violations.list()) {
        RONGHE_RETURN_IF_ERROR(refuse(IssueOf(read.line, one)));
      }
    }
    return absl::OkStatus();
  }
  absl::Status Finish(common::IssueSink) override { return absl::OkStatus(); }

  static void AddConflict(common::Violations& violations) {
    violations.Add("external_id", "EXTERNAL_ID_USED",
                   {"is known with another content", "已有内容不同的记录使用该外部编号"});
  }

 private:
  LearningImportTarget& target_;
  const common::Import import_;
  const std::shared_ptr<Knowledge> knowledge_;
  absl::flat_hash_set<Fingerprint> seen_;
};

std::shared_ptr<LearningImportTarget::Knowledge> LearningImportTarget::KnowledgeOf(const common::Import& import) {
  common::MutexLock lock(mutex_);
  if (known_import_ != import.id || knowledge_ == nullptr) {
    known_import_ = import.id;
    knowledge_ = std::make_shared<Knowledge>();
  }
  return knowledge_;
}

absl::StatusOr<std::unique_ptr<common::ImportCheck>> LearningImportTarget::NewCheck(const common::Import& import) {
  {
    common::MutexLock lock(mutex_);
    known_import_ = 0;  // a check asks anew
  }
  std::shared_ptr<Knowledge> knowledge = KnowledgeOf(import);
  knowledge->all_new = true;
  return std::make_unique<Check>(*this, import, std::move(knowledge));
}

void LearningImportTarget::Place(const common::Import& import, Knowledge& knowledge, Read& read) const {
  if (read.record.member == 0) return;
  const Membership* const membership = knowledge.book.Find(read.record.member);
  if (membership == nullptr) {
    read.violations.Add("member", "UNKNOWN_MEMBER", {"is not known", "没有这名党员"});
    return;
  }
  const std::optional<common::UnitUid> unit = membership->UnitOn(read.record.day);
  if (!unit) {
    read.violations.Add("date", "OUTSIDE_MEMBERSHIP", {"is no day of membership", "当日不是党员"});
    return;
  }
  const auto [below, is_new] = knowledge.below.try_emplace(*unit);
  if (is_new) below->second = parts_.units.IsWithin(parts_.units.AnswersFor(*unit), import.parent);
  if (!below->second) {
    read.violations.Add("member", "NOT_BELOW",
                        {"belonged to no unit under that of the import on that day", "当日不属于导入单位及其下级组织"});
    return;
  }
  read.record.unit = *unit;
}

absl::StatusOr<std::vector<LearningImportTarget::Read>> LearningImportTarget::ReadRows(
    const common::Import& import, Knowledge& knowledge, std::span<const common::ImportRow> rows) const {
  std::vector<Read> reads(rows.size());
  std::vector<int64_t> members;
  std::vector<bool> dated(rows.size());
  const absl::CivilDay today = parts_.calendar.Today();
  LearningFields fields;
  for (size_t i = 0; i < rows.size(); ++i) {
    Read& read = reads[i];
    read.line = rows[i].line;
    fields = {};
    parts_.codec.Decode(rows[i].payload, fields, read.violations);
    read.record = std::move(fields.record);
    dated[i] = fields.has_day;
    if (fields.member.empty()) read.violations.Add("member", "REQUIRED", {"is required", "必填"});
    if (!fields.has_day) read.violations.Add("date", "REQUIRED", {"is required", "必填"});
    read.record.member = common::ReadOptionalId(fields.member, "members", "member", read.violations);
    CheckLearning(read.record, parts_.rules, today, "", read.violations);
    const bool repeated = !members.empty() && members.back() == read.record.member;
    if (read.record.member != 0 && !repeated) members.push_back(read.record.member);
  }
  RONGHE_RETURN_IF_ERROR(knowledge.book.Fetch(parts_.roster, members, parts_.real_clock.Now() + kRosterDeadline));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (dated[i]) Place(import, knowledge, reads[i]);
  }
  return reads;
}

absl::StatusOr<common::ChunkOutcome> LearningImportTarget::Apply(common::ImportTxn& txn, const common::Import& import,
                                                                 std::span<const common::ImportRow> rows) {
  // After a restart the memberships are asked for once more, here, while the partition is held.
  const std::shared_ptr<Knowledge> knowledge = KnowledgeOf(import);
  RONGHE_ASSIGN_OR_RETURN(std::vector<Read> reads, ReadRows(import, *knowledge, rows));
  common::ChunkOutcome outcome;
  std::vector<LearningRecord> records;
  std::vector<int64_t> lines;
  records.reserve(reads.size());
  for (Read& read : reads) {
    for (const common::Violation& one : read.violations.list()) outcome.refused.push_back(IssueOf(read.line, one));
    if (!read.violations.empty()) continue;
    lines.push_back(read.line);
    records.push_back(std::move(read.record));
  }
  const absl::StatusOr<std::vector<EnteredLearning>> done =
      parts_.records.Enter(txn, import, records, knowledge->all_new);
  if (knowledge->all_new && absl::IsAlreadyExists(done.status())) {
    knowledge->all_new = false;  // somebody has entered one since the check: the chunk is run again
    return absl::AbortedError("an external id has come meanwhile");
  }
  RONGHE_RETURN_IF_ERROR(done.status());
  const std::vector<EnteredLearning>& entered = *done;
  for (size_t i = 0; i < entered.size(); ++i) {
    if (entered[i].same) {
      ++outcome.unmarked;
      continue;
    }
    common::Violations violations;
    Check::AddConflict(violations);
    outcome.refused.push_back(IssueOf(lines[i], violations.list().front()));
  }
  return outcome;
}

absl::Status LearningImportTarget::Revert(common::ImportTxn& txn, const common::Import& import,
                                          std::span<const int64_t>) {
  return parts_.records.Erase(txn, import);
}

}  // namespace ronghe::education
