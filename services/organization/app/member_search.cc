#include "services/organization/app/member_search.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/member_writer.h"
#include "services/organization/domain/identity_number.h"
#include "services/organization/domain/name_text.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

using common::PartitionId;

constexpr int kDefaultPage = 20;
constexpr int kLargestPage = 100;
// Of one call: index entries passed over, and members opened.
constexpr int kMostLooked = 20'000;
constexpr int kMostOpened = 500;
constexpr int kMembersAtOnce = 500;
constexpr size_t kKnownUnits = 1000;
constexpr size_t kMaxName = 60;
constexpr size_t kMinPhoneDigits = 3;

std::string_view ActionOf(SearchBy by) {
  switch (by) {
    case SearchBy::kIdentityNumber:
      return "members.search.identity_number";
    case SearchBy::kPhone:
      return "members.search.phone";
    default:
      return "members.search.full_name";
  }
}

}  // namespace

// Where a search stands: in which of its indexes, and after which member of which partition.
struct MemberSearch::Position {
  int64_t index = 0;
  int64_t partition = 0;
  int64_t member = 0;
};

struct MemberSearch::Hunt {
  const common::Call& call;
  const SearchMembersQuery& query;
  std::string text;  // as it is compared
  TreeUnit parent;
  int page_size = 0;
  Position position;
  bool more = false;
  int looked = 0;
  int opened = 0;
  std::vector<MemberView> found;

  bool full() const { return static_cast<int>(found.size()) >= page_size; }
  bool tired() const { return looked >= kMostLooked || opened >= kMostOpened; }
};

MemberSearch::MemberSearch(Parts parts) : parts_(parts), views_(parts.tree, parts.gate, parts.rules) {}

std::shared_ptr<const MemberSearch::Partitions> MemberSearch::PartitionsBelow(common::UnitUid unit) {
  const int64_t revision = parts_.tree.structure_revision();
  {
    common::MutexLock lock(mutex_);
    if (known_at_ == revision) {
      if (const auto found = known_.find(unit); found != known_.end()) return found->second;
    }
  }
  std::set<PartitionId> partitions;
  parts_.tree.VisitSubtree(unit, [&](const TreeUnit& below) { partitions.insert(below.partition); });
  auto made = std::make_shared<const Partitions>(partitions.begin(), partitions.end());
  common::MutexLock lock(mutex_);
  if (known_at_ != revision || known_.size() >= kKnownUnits) known_.clear();
  known_at_ = revision;
  known_[unit] = made;
  return made;
}

absl::StatusOr<TreeUnit> MemberSearch::Check(const common::Call& call, const SearchMembersQuery& query,
                                             std::string& text) const {
  common::Violations v;
  v.AddAll(CheckPurpose(query.purpose));
  if (query.page_size < 0) v.Add("page_size", "NEGATIVE", {"must not be negative", "不能为负数"});
  switch (query.by) {
    case SearchBy::kNothing:
      v.Add("query", "REQUIRED", {"say what to search by", "请指定查询条件"});
      break;
    case SearchBy::kIdentityNumber:
      text = NormalizeIdentityNumber(query.text);
      if (!IsIdentityNumber(text)) {
        v.Add("identity_number", "BAD_IDENTITY_NUMBER",
              {"the identity number is not 18 characters with a valid check character (GB 11643)",
               "公民身份号码不是18位,或校验码不正确(GB 11643)"});
      }
      break;
    case SearchBy::kPhone:
      text = PhoneDigits(query.text);
      if (text.size() < kMinPhoneDigits) {
        v.Add("phone", "TOO_SHORT", {"a phone has at least 3 digits", "联系电话至少含3位数字"});
      }
      break;
    case SearchBy::kFullName:
      CheckText({"full_name", 1, kMaxName}, query.text, v);
      text = CountCharacters(query.text) < 0 ? "" : NormalizeName(query.text);
      if (v.empty() && text.empty()) v.Add("full_name", "REQUIRED", {"is blank", "不能为空"});
      break;
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(query.parent, "parent"));
  const std::optional<TreeUnit> parent = parts_.tree.FindByCode(code);
  if (!parent || !parts_.tree.Covers(call.scope, parent->uid)) return common::NotFound(query.parent);
  if (query.by == SearchBy::kFullName && !parts_.store.NameIndexesComplete()) {
    return common::Unavailable("INDEX_BEING_BUILT",
                               {"Names are being indexed; call again later.", "姓名索引正在建立,请稍后重试。"});
  }
  return *parent;
}

absl::Status MemberSearch::Keep(Hunt& hunt, const std::vector<MemberId>& ids) {
  if (ids.empty()) return absl::OkStatus();
  hunt.opened += static_cast<int>(ids.size());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredMember> members, parts_.store.FindAll(ids, hunt.call.deadline));
  const std::string_view text = hunt.text;
  for (const StoredMember& member : members) {
    const Member& facts = member.member;
    bool fits = true;
    if (hunt.query.by == SearchBy::kPhone) fits = PhoneDigits(facts.phone()) == text;
    if (hunt.query.by == SearchBy::kIdentityNumber) fits = facts.identity_number() == text;
    if (hunt.query.by == SearchBy::kFullName) {
      const std::string name = NormalizeName(facts.full_name());
      // The exact ones of a longer name have been answered before the others.
      fits = hunt.position.index == 0 && NameLength(text) > 2 ? name == text : std::string_view(name).starts_with(text);
      if (hunt.position.index == 1) fits = fits && name != text;
    }
    if (fits) hunt.found.push_back(views_.Masked(member));
  }
  return absl::OkStatus();
}

absl::Status MemberSearch::FindPerson(Hunt& hunt) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<FoundMember> found,
                          parts_.store.FindByIdentityNumber(hunt.text, hunt.call.deadline));
  if (!found || !parts_.tree.IsWithin(found->unit, hunt.parent.uid)) return absl::OkStatus();
  if (!hunt.query.show_ended && !IsCurrent(found->status)) return absl::OkStatus();
  return Keep(hunt, {found->id});
}

absl::Status MemberSearch::FindByIndexes(Hunt& hunt) {
  std::vector<MemberIndex> indexes = {MemberIndex::kPhone};
  if (hunt.query.by == SearchBy::kFullName) {
    const size_t length = NameLength(hunt.text);
    indexes = {length == 1 ? MemberIndex::kNameFirst : length == 2 ? MemberIndex::kNameTwo : MemberIndex::kNameWhole};
    if (length > 2) indexes.push_back(MemberIndex::kNameTwo);
  }
  const std::shared_ptr<const Partitions> below = PartitionsBelow(hunt.parent.uid);
  RONGHE_ASSIGN_OR_RETURN(const Partitions partitions, parts_.store.RowsOf(*below, hunt.call.deadline));
  Position& at = hunt.position;
  for (; at.index < static_cast<int64_t>(indexes.size()); ++at.index, at.partition = 0, at.member = 0) {
    auto partition = std::lower_bound(partitions.begin(), partitions.end(), PartitionId(at.partition));
    while (partition != partitions.end()) {
      if (hunt.call.cancelled()) return common::Cancelled();
      if (partition->value != at.partition) {
        at.partition = partition->value;
        at.member = 0;
      }
      if (hunt.full() || hunt.tired()) {
        hunt.more = true;
        return absl::OkStatus();
      }
      // Few first: a page is usually full at once.
      const int limit = hunt.looked == 0 ? 2 * hunt.page_size : kMembersAtOnce;
      RONGHE_ASSIGN_OR_RETURN(const std::vector<FoundMember> found,
                              parts_.store.FindByIndex(*partition, indexes[at.index], hunt.text, MemberId(at.member),
                                                       limit, hunt.call.deadline));
      hunt.looked += static_cast<int>(found.size()) + 1;
      std::vector<MemberId> ids;
      const int room = hunt.page_size - static_cast<int>(hunt.found.size());
      bool all = true;
      for (const FoundMember& member : found) {
        if (static_cast<int>(ids.size()) == room) {
          all = false;
          break;
        }
        at.member = member.id.value;
        if (!hunt.query.show_ended && !IsCurrent(member.status)) continue;
        if (parts_.tree.IsWithin(member.unit, hunt.parent.uid)) ids.push_back(member.id);
      }
      RONGHE_RETURN_IF_ERROR(Keep(hunt, ids));
      if (all && static_cast<int>(found.size()) < limit) ++partition;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<common::Page<MemberView>> MemberSearch::Search(const common::Call& call,
                                                              const SearchMembersQuery& query) {
  Hunt hunt{.call = call, .query = query, .text = {}, .parent = {}, .position = {}, .found = {}};
  RONGHE_ASSIGN_OR_RETURN(hunt.parent, Check(call, query, hunt.text));
  hunt.page_size = query.page_size == 0 ? kDefaultPage : std::min(query.page_size, kLargestPage);
  // The token is tied to the text without showing it to whoever guesses.
  const std::string tied = parts_.store.KeyedDigest(
      fmt::format("search\n{}\n{}\n{}\n{}", query.parent, static_cast<int>(query.by), hunt.text, query.show_ended));
  RONGHE_ASSIGN_OR_RETURN(const std::string token, common::ReadPageToken(parts_.signer, tied, query.page_token));
  Position& at = hunt.position;
  const char* place = token.data();
  for (int64_t* number : {&at.index, &at.partition, &at.member}) {
    if (token.empty()) break;
    const auto read = std::from_chars(place, token.data() + token.size(), *number);
    if (read.ec != std::errc()) return common::Internal("a signed page token has another form");
    place = read.ptr + (read.ptr == token.data() + token.size() ? 0 : 1);
  }
  RONGHE_RETURN_IF_ERROR(query.by == SearchBy::kIdentityNumber ? FindPerson(hunt) : FindByIndexes(hunt));
  RONGHE_RETURN_IF_ERROR(parts_.audit.Append(
      hunt.parent.partition,
      {call.actor.key, std::string(ActionOf(query.by)), query.parent, query.purpose, hunt.parent.uid}, call.deadline));
  common::Page<MemberView> page;
  page.items = std::move(hunt.found);
  if (hunt.more) {
    page.next = common::MakePageToken(parts_.signer, tied, fmt::format("{}.{}.{}", at.index, at.partition, at.member));
  }
  return page;
}

}  // namespace ronghe::organization
