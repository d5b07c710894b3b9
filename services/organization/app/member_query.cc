#include "services/organization/app/member_query.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

constexpr int kExportPage = 500;
// A page usually lies within a few units, so the first statement asks about few; a walk over empty units soon takes
// many.
constexpr size_t kFirstUnits = 16;
constexpr size_t kMostUnits = 512;

std::string QueryText(const ListMembersQuery& query) {
  return fmt::format("members\n{}\n{}\n{}\n{}", query.parent, query.subtree, query.filter, query.order_by);
}

std::string PositionText(const MemberPosition& position) {
  return fmt::format("{}.{}", position.unit.value, position.member.value);
}

absl::StatusOr<MemberPosition> ReadMemberPosition(const std::string& text) {
  MemberPosition position;
  if (text.empty()) return position;
  const char* const end = text.data() + text.size();
  const auto unit = std::from_chars(text.data(), end, position.unit.value);
  if (unit.ec == std::errc() && unit.ptr != end && *unit.ptr == '.') {
    const auto member = std::from_chars(unit.ptr + 1, end, position.member.value);
    if (member.ec == std::errc() && member.ptr == end) return position;
  }
  return common::Internal("a signed page token has another form");
}

struct FilterValue {
  std::string_view field;
  std::string_view name;
  uint32_t MemberFilter::*mask;
  int value;
};
constexpr FilterValue kFilterValues[] = {
    {"status", "FULL", &MemberFilter::statuses, static_cast<int>(MemberStatus::kFull)},
    {"status", "PROBATIONARY", &MemberFilter::statuses, static_cast<int>(MemberStatus::kProbationary)},
    {"status", "LEFT", &MemberFilter::statuses, static_cast<int>(MemberStatus::kLeft)},
    {"status", "MOVED_OUTSIDE", &MemberFilter::statuses, static_cast<int>(MemberStatus::kMovedOutside)},
    {"status", "DECEASED", &MemberFilter::statuses, static_cast<int>(MemberStatus::kDeceased)},
    {"floating", "NONE", &MemberFilter::floatings, static_cast<int>(Floating::kNone)},
    {"sex", "MALE", &MemberFilter::sexes, static_cast<int>(Sex::kMale)},
    {"sex", "FEMALE", &MemberFilter::sexes, static_cast<int>(Sex::kFemale)},
};

}  // namespace

absl::StatusOr<MemberFilter> ParseMemberFilter(std::string_view filter) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions,
                          common::ParseFilter(filter, {"status", "sex", "floating"}));
  MemberFilter parsed;
  bool any_status = false;
  for (const common::Condition& condition : conditions) {
    if (condition.field == "status" && !any_status) {
      parsed.statuses = ~0u;
      any_status = true;
    }
    if (condition.field == "floating" && condition.value == "OUT") {
      const uint32_t home = 1u << static_cast<int>(Floating::kNone);
      parsed.floatings &= condition.negated ? home : ~home;
      continue;
    }
    if (condition.field == "floating" && condition.value == "IN" && !condition.negated) {
      parsed.floating_in = true;
      continue;
    }
    const auto* const value = std::find_if(
        std::begin(kFilterValues), std::end(kFilterValues),
        [&](const FilterValue& known) { return known.field == condition.field && known.name == condition.value; });
    if (value == std::end(kFilterValues)) {
      return common::InvalidArgument(
          "filter", "UNKNOWN_VALUE",
          {fmt::format(
               "{} has no such value; status is FULL, PROBATIONARY, LEFT, MOVED_OUTSIDE or DECEASED, sex is MALE "
               "or FEMALE, floating is NONE, OUT or (only with =) IN",
               condition.field),
           fmt::format("{}没有该取值:status可为FULL、PROBATIONARY、LEFT、MOVED_OUTSIDE或DECEASED,sex可为MALE或FEMALE,"
                       "floating可为NONE、OUT或IN(仅限=)",
                       condition.field)});
    }
    const uint32_t bit = 1u << value->value;
    parsed.*value->mask &= condition.negated ? ~bit : bit;
  }
  return parsed;
}

absl::StatusOr<MemberQuery::Walk> MemberQuery::StartWalk(const common::Call& call, const std::string& parent,
                                                         bool subtree) {
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(parent, "parent"));
  const std::optional<TreeUnit> root = tree_.FindByCode(code);
  if (!root || !tree_.Covers(call.scope, root->uid)) return common::NotFound(parent);
  Walk walk;
  if (!subtree) {
    walk.units.push_back(*root);
    return walk;
  }
  tree_.VisitSubtree(root->uid, [&](const TreeUnit& unit) {
    TreeUnit& kept = walk.units.emplace_back();
    kept.uid = unit.uid;
    kept.partition = unit.partition;
  });
  std::sort(walk.units.begin(), walk.units.end(), [](const TreeUnit& a, const TreeUnit& b) { return a.uid < b.uid; });
  return walk;
}

absl::StatusOr<std::vector<ListedMember>> MemberQuery::Next(const common::Call& call, Walk& walk, int limit) const {
  std::vector<ListedMember> members;
  auto unit = std::lower_bound(walk.units.begin(), walk.units.end(), walk.after.unit,
                               [](const TreeUnit& a, common::UnitUid uid) { return a.uid < uid; });
  for (size_t size = kFirstUnits; unit != walk.units.end() && members.size() < static_cast<size_t>(limit);
       size = std::min(size * 2, kMostUnits)) {
    if (call.cancelled()) return common::Cancelled();
    std::map<common::PartitionId, std::vector<common::UnitUid>> parts;
    const auto end = unit + static_cast<ptrdiff_t>(std::min<size_t>(size, walk.units.end() - unit));
    const common::UnitUid last = (end - 1)->uid;
    for (; unit != end; ++unit) parts[unit->partition].push_back(unit->uid);
    std::vector<UnitsOfPartition> asked;
    for (auto& [partition, uids] : parts) asked.push_back({partition, std::move(uids)});
    const int wanted = limit - static_cast<int>(members.size());
    RONGHE_ASSIGN_OR_RETURN(std::vector<ListedMember> some,
                            store_.List(asked, walk.filter, walk.after, wanted, call.deadline));
    // Everything of these units has been seen unless the limit cut it off.
    if (static_cast<int>(some.size()) < wanted) {
      walk.after = {last, MemberId(std::numeric_limits<int64_t>::max())};
    } else {
      walk.after = {some.back().under, some.back().member.id};
    }
    std::move(some.begin(), some.end(), std::back_inserter(members));
  }
  return members;
}

absl::StatusOr<MemberPage> MemberQuery::List(const common::Call& call, const ListMembersQuery& query) {
  common::Violations v;
  const absl::StatusOr<int> page_size = common::PageSize(query.page_size);
  v.AddAll(page_size.status());
  const absl::StatusOr<MemberFilter> filter = ParseMemberFilter(query.filter);
  v.AddAll(filter.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(signer_, QueryText(query), query.page_token);
  v.AddAll(token.status());
  if (!query.order_by.empty() && query.order_by != "unit") {
    v.Add("order_by", "UNKNOWN_ORDER", {"members are ordered by unit only", "党员列表只支持按unit排序"});
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  MemberPage page;
  // Before the rows are read: what is published until then is in them.
  page.position = tree_.position();
  RONGHE_ASSIGN_OR_RETURN(Walk walk, StartWalk(call, query.parent, query.subtree));
  walk.filter = *filter;
  RONGHE_ASSIGN_OR_RETURN(walk.after, ReadMemberPosition(*token));
  RONGHE_ASSIGN_OR_RETURN(std::vector<ListedMember> members, Next(call, walk, *page_size + 1));
  if (members.size() > static_cast<size_t>(*page_size)) {
    members.pop_back();
    page.next_page_token = common::MakePageToken(signer_, QueryText(query),
                                                 PositionText({members.back().under, members.back().member.id}));
  }
  for (const ListedMember& listed : members) page.members.push_back(views_.Masked(listed.member));
  return page;
}

absl::StatusOr<MemberHistoryPage> MemberQuery::History(const common::Call& call, const std::string& parent,
                                                       int page_size, const std::string& page_token) {
  common::Violations v;
  const absl::StatusOr<int> size = common::PageSize(page_size);
  v.AddAll(size.status());
  const std::string query = "member history\n" + parent;
  const absl::StatusOr<std::string> token = common::ReadPageToken(signer_, query, page_token);
  v.AddAll(token.status());
  const std::optional<MemberId> id = MemberIdOf(parent);
  if (!id) v.Add("parent", "BAD_NAME", {"the name has the form members/{number}", "名称格式应为members/{数字}"});
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  // The wrapper has checked the unit in which the member was when the call came; it may have moved since.
  RONGHE_ASSIGN_OR_RETURN(const std::optional<common::UnitUid> unit, store_.UnitOf(*id, call.deadline));
  if (!unit || !tree_.Covers(call.scope, *unit)) return common::NotFound(parent);
  int64_t after = 0;
  const auto [end, error] = std::from_chars(token->data(), token->data() + token->size(), after);
  if (!token->empty() && (error != std::errc() || end != token->data() + token->size())) {
    return common::Internal("a signed page token has another form");
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<MemberVersion> versions, store_.History(*id, after, *size + 1, call.deadline));
  MemberHistoryPage page;
  if (versions.size() > static_cast<size_t>(*size)) {
    versions.pop_back();
    page.next_page_token = common::MakePageToken(signer_, query, std::to_string(versions.back().version));
  }
  for (MemberVersion& version : versions) page.versions.push_back(views_.Version(std::move(version)));
  return page;
}

absl::StatusOr<MemberQuery::Export> MemberQuery::StartExport(const common::Call& call, const std::string& parent) {
  RONGHE_ASSIGN_OR_RETURN(Walk start, StartWalk(call, parent, true));
  // The call stays valid while the stream lives.
  return Export(
      [this, &call, walk = std::make_shared<Walk>(std::move(start))]() -> absl::StatusOr<std::vector<MemberView>> {
        RONGHE_ASSIGN_OR_RETURN(const std::vector<ListedMember> members, Next(call, *walk, kExportPage));
        std::vector<MemberView> views;
        for (const ListedMember& listed : members) views.push_back(views_.Masked(listed.member));
        return views;
      });
}

}  // namespace ronghe::organization
