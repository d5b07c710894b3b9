#include "services/organization/app/member_import_target.h"

#include <optional>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>
#include <fmt/format.h>

#include "services/organization/app/home_units.h"

namespace ronghe::organization {
namespace {

// 128 bits of a key: enough to tell five million apart, small enough to keep them all.
using Mark = std::pair<uint64_t, uint64_t>;

Mark MarkOf(std::string_view key) {
  return {absl::HashOf(key), absl::HashOf(key, std::string_view("again"))};
}

// A row that is right in itself and in its unit.
struct GoodRow {
  int64_t line = 0;
  common::UnitUid unit;
  Member member;
};

// Decodes rows and checks each by itself and with its unit.
class RowReader {
 public:
  RowReader(UnitStore& units, const MemberRowCodec& codec, absl::CivilDay today, const Import& import,
            const common::Clock& clock)
      : units_(units), codec_(codec), today_(today), homes_(import.partition, import.parent), clock_(clock) {}

  absl::StatusOr<std::vector<GoodRow>> Read(std::span<const ImportRow> rows, IssueSink refuse) {
    std::vector<MemberDraft> drafts(rows.size());
    std::vector<absl::Status> forms(rows.size());
    std::vector<std::string> codes;
    for (size_t i = 0; i < rows.size(); ++i) {
      forms[i] = codec_.Decode(rows[i].payload, drafts[i]);
      if (!drafts[i].unit_code.empty()) codes.push_back(drafts[i].unit_code);
    }
    RONGHE_RETURN_IF_ERROR(
        units_.Read(clock_.Now() + kPortion, [&](UnitReader& reader) { return homes_.Load(reader, codes); }));
    std::vector<GoodRow> good;
    for (size_t i = 0; i < rows.size(); ++i) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<GoodRow> row,
                              Judge(rows[i].line, std::move(forms[i]), std::move(drafts[i]), refuse));
      if (row.has_value()) good.push_back(*std::move(row));
    }
    return good;
  }

 private:
  absl::StatusOr<std::optional<GoodRow>> Judge(int64_t line, absl::Status form, MemberDraft draft, IssueSink refuse) {
    common::Violations violations;
    violations.AddAll(form);
    absl::StatusOr<Member> member = Member::Create(std::move(draft.fields), today_);
    violations.AddAll(member.status());
    common::UnitUid unit;
    if (!draft.unit_code.empty()) {
      const HomeUnits::Verdict& home = homes_.Of(draft.unit_code);
      if (!home.reason.empty()) violations.Add("unit", home.reason, home.text);
      unit = home.uid;
    }
    for (const common::Violation& violation : violations.list()) {
      RONGHE_RETURN_IF_ERROR(refuse(IssueOf(line, violation)));
    }
    if (!violations.empty() || !member.ok()) return std::nullopt;
    return GoodRow{line, unit, *std::move(member)};
  }

  UnitStore& units_;
  const MemberRowCodec& codec_;
  absl::CivilDay today_;
  HomeUnits homes_;
  const common::Clock& clock_;
};

// An ALREADY_EXISTS as the refusal of a row.
RowIssue Duplicate(int64_t line, const absl::Status& status) {
  const std::string reason = common::ReasonOf(status);
  const bool external = reason == "DUPLICATE_EXTERNAL_ID";
  return {line, external ? "external_id" : "identity_number", reason, common::TextOf(status)};
}

RowIssue TwiceInImport(int64_t line, bool external) {
  if (external) {
    return {line,
            "external_id",
            "DUPLICATE_EXTERNAL_ID",
            {"The external id occurs twice in the import.", "导入数据中外部编号重复。"}};
  }
  return {line,
          "identity_number",
          "DUPLICATE_PERSON",
          {"The person occurs twice in the import.", "导入数据中人员重复。"}};
}

// The import's own sender, for whom the runner works: external ids are unique for each sender.
common::Call CallFor(const Import& import) {
  common::Call call;
  call.actor.key = import.actor_key;
  call.request_id = import.request_id;
  return call;
}

class MemberCheck final : public ImportCheck {
 public:
  MemberCheck(MemberStore& members, RowReader reader, const common::Clock& clock, common::Call call)
      : members_(members), reader_(std::move(reader)), clock_(clock), call_(std::move(call)) {}

  absl::Status Add(std::span<const ImportRow> rows, IssueSink refuse) override {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<GoodRow> good, reader_.Read(rows, refuse));
    std::vector<Member> members;
    members.reserve(good.size());
    for (const GoodRow& row : good) members.push_back(row.member);
    call_.deadline = clock_.Now() + kPortion;
    RONGHE_ASSIGN_OR_RETURN(const std::vector<absl::Status> known, members_.CheckDuplicates(call_, members));
    for (size_t i = 0; i < good.size(); ++i) {
      if (!known[i].ok()) {
        RONGHE_RETURN_IF_ERROR(refuse(Duplicate(good[i].line, known[i])));
        continue;
      }
      if (!persons_.insert(MarkOf(members_.PersonKey(good[i].member))).second) {
        RONGHE_RETURN_IF_ERROR(refuse(TwiceInImport(good[i].line, false)));
      }
      const std::string& external = good[i].member.external_id();
      if (!external.empty() && !externals_.insert(MarkOf(external)).second) {
        RONGHE_RETURN_IF_ERROR(refuse(TwiceInImport(good[i].line, true)));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Finish(IssueSink) override { return absl::OkStatus(); }

 private:
  MemberStore& members_;
  RowReader reader_;
  const common::Clock& clock_;
  common::Call call_;
  absl::flat_hash_set<Mark> persons_;
  absl::flat_hash_set<Mark> externals_;
};

absl::Status InUse(std::vector<common::Blocker> blockers) {
  return common::FailedPrecondition("IMPORT_IN_USE",
                                    {"Something has been built on what the import made.", "导入的数据已被后续操作使用，无法撤回。"},
                                    std::move(blockers));
}

}  // namespace

int64_t MemberImportTarget::OrderOf(std::string_view payload) const {
  (void)payload;
  return 0;
}

absl::StatusOr<std::unique_ptr<ImportCheck>> MemberImportTarget::NewCheck(const Import& import) {
  return std::make_unique<MemberCheck>(
      members_, RowReader(units_, codec_, calendar_.Today(), import, calendar_.clock()), calendar_.clock(), CallFor(import));
}

absl::StatusOr<ChunkOutcome> MemberImportTarget::Apply(ImportTxn& txn, const Import& import,
                                                       std::span<const ImportRow> rows) {
  ChunkOutcome outcome;
  const auto refuse = [&](RowIssue issue) {
    outcome.refused.push_back(std::move(issue));
    return absl::OkStatus();
  };
  const common::Call call = CallFor(import);
  RowReader reader(units_, codec_, calendar_.Today(), import, calendar_.clock());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<GoodRow> good, reader.Read(rows, refuse));
  const std::unique_ptr<MemberTxn> members = txns_.Join(txn, call);
  absl::flat_hash_map<common::UnitUid, bool> open;  // as committed, and held so by the transaction
  std::vector<NewMember> fresh;
  std::vector<int64_t> lines;
  for (const GoodRow& row : good) {
    const auto [home, first] = open.try_emplace(row.unit, false);
    if (first) {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> unit, members->FindUnit(row.unit));
      home->second = unit.has_value() && unit->state == UnitState::kActive;
    }
    if (!home->second) {
      RONGHE_RETURN_IF_ERROR(
          refuse({row.line, "unit", "UNIT_DISSOLVED", {"The unit is dissolved.", "该组织已撤销。"}}));
      continue;
    }
    fresh.push_back({row.unit, row.member});
    lines.push_back(row.line);
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<absl::StatusOr<StoredMember>> made, members->Insert(fresh));
  for (size_t i = 0; i < made.size(); ++i) {
    if (made[i].ok()) {
      outcome.applied.push_back({lines[i], made[i]->id.value});
    } else if (absl::IsAlreadyExists(made[i].status())) {
      RONGHE_RETURN_IF_ERROR(refuse(Duplicate(lines[i], made[i].status())));
    } else {
      return made[i].status();
    }
  }
  return outcome;
}

absl::Status MemberImportTarget::Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) {
  const std::unique_ptr<MemberTxn> members = txns_.Join(txn, CallFor(import));
  std::vector<common::Blocker> blockers;
  std::vector<StoredMember> gone;
  for (const int64_t result : results) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredMember> member, members->Find(MemberId(result)));
    if (!member.has_value()) continue;
    if (member->version > 1) {
      blockers.push_back({"CHANGED_SINCE",
                          MemberName(member->id),
                          {"The member has been changed since the import.", "该党员信息在导入后已被修改。"}});
    }
    gone.push_back(*std::move(member));
  }
  if (!blockers.empty()) return InUse(std::move(blockers));
  return members->Erase(gone);
}

}  // namespace ronghe::organization
