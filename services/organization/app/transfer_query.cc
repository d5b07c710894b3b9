#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "services/organization/app/transfer_app.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMostUnits = 512;
constexpr int kTransfersAtOnce = 1000;

constexpr uint32_t Bit(TransferState state) {
  return 1u << static_cast<int>(state);
}

struct StateName {
  std::string_view name;
  TransferState state;
};
constexpr StateName kStates[] = {
    {"APPLIED", TransferState::kApplied},   {"RELEASED", TransferState::kReleased},
    {"ACCEPTED", TransferState::kAccepted}, {"WITHDRAWN", TransferState::kWithdrawn},
    {"RETURNED", TransferState::kReturned}, {"EXPIRED", TransferState::kExpired},
};

absl::Status UnknownValue(const std::string& field) {
  return common::InvalidArgument(
      "filter", "UNKNOWN_VALUE",
      {fmt::format(
           "{} has no such value; side is SOURCE or TARGET, worklist is TO_DO, WAITING or EXPIRED (both only with =), "
           "state is APPLIED, RELEASED, ACCEPTED, WITHDRAWN, RETURNED or EXPIRED",
           field),
       fmt::format("{}没有该取值:side可为SOURCE或TARGET,worklist可为TO_DO、WAITING或EXPIRED(二者仅限=),"
                   "state可为APPLIED、RELEASED、ACCEPTED、WITHDRAWN、RETURNED或EXPIRED",
                   field)});
}

// Narrows the filter by one condition.
absl::Status Apply(const common::Condition& condition, TransferFilter& filter) {
  const auto keep = [&](uint32_t source, uint32_t target) {
    filter.source_states &= source;
    filter.target_states &= target;
    return absl::OkStatus();
  };
  if (condition.field == "state") {
    for (const StateName& known : kStates) {
      if (known.name != condition.value) continue;
      const uint32_t mask = condition.negated ? ~Bit(known.state) : Bit(known.state);
      return keep(mask, mask);
    }
    return UnknownValue(condition.field);
  }
  if (condition.negated) return UnknownValue(condition.field);
  if (condition.field == "side") {
    if (condition.value == "SOURCE") return keep(~0u, 0);
    if (condition.value == "TARGET") return keep(0, ~0u);
    return UnknownValue(condition.field);
  }
  const Worklists source = WorklistsOf(TransferSide::kSource);
  const Worklists target = WorklistsOf(TransferSide::kTarget);
  if (condition.value == "TO_DO") return keep(source.todo, target.todo);
  if (condition.value == "WAITING") return keep(source.waiting, target.waiting);
  if (condition.value == "EXPIRED") return keep(Bit(TransferState::kExpired), Bit(TransferState::kExpired));
  return UnknownValue(condition.field);
}

absl::StatusOr<TransferPosition> ReadTransferPosition(const std::string& text) {
  TransferPosition position;
  if (text.empty()) return position;
  const char* const end = text.data() + text.size();
  const auto unit = std::from_chars(text.data(), end, position.unit.value);
  if (unit.ec == std::errc() && unit.ptr != end && *unit.ptr == '.') {
    const auto transfer = std::from_chars(unit.ptr + 1, end, position.transfer.value);
    if (transfer.ec == std::errc() && transfer.ptr == end) return position;
  }
  return common::Internal("a signed page token has another form");
}

}  // namespace

absl::StatusOr<TransferFilter> ParseTransferFilter(std::string_view filter) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions,
                          common::ParseFilter(filter, {"state", "side", "worklist"}));
  TransferFilter parsed;
  for (const common::Condition& condition : conditions) RONGHE_RETURN_IF_ERROR(Apply(condition, parsed));
  return parsed;
}

// Few units are asked for by themselves; of many, what does not lie below is passed over.
absl::Status TransferApp::Collect(const common::Call& call, common::UnitUid root, const UnitsOfPartition& part,
                                  const TransferFilter& filter, TransferPosition after, int limit,
                                  std::vector<TransferPosition>& found) {
  const bool few = part.units.size() <= kMostUnits;
  const UnitsOfPartition asked{part.partition, few ? part.units : std::vector<common::UnitUid>()};
  for (int kept = 0; kept < limit;) {
    if (call.cancelled()) return common::Cancelled();
    RONGHE_ASSIGN_OR_RETURN(const std::vector<TransferPosition> some,
                            parts_.store.List(asked, filter, after, few ? limit : kTransfersAtOnce, call.deadline));
    for (const TransferPosition& position : some) {
      if (!few && !parts_.tree.IsWithin(position.unit, root)) continue;
      found.push_back(position);
      if (++kept == limit) break;
    }
    if (few || static_cast<int>(some.size()) < kTransfersAtOnce) break;
    after = some.back();
  }
  return absl::OkStatus();
}

absl::StatusOr<common::Page<TransferView>> TransferApp::List(const common::Call& call, const std::string& parent,
                                                             int page_size, const std::string& page_token,
                                                             const std::string& filter_text) {
  common::Violations v;
  const absl::StatusOr<int> size = common::PageSize(page_size);
  v.AddAll(size.status());
  const absl::StatusOr<TransferFilter> filter = ParseTransferFilter(filter_text);
  v.AddAll(filter.status());
  const std::string query = fmt::format("transfers\n{}\n{}", parent, filter_text);
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, query, page_token);
  v.AddAll(token.status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(parent, "parent"));
  const std::optional<TreeUnit> root = parts_.tree.FindByCode(code);
  if (!root || !parts_.tree.Covers(call.scope, root->uid)) return common::NotFound(parent);
  RONGHE_ASSIGN_OR_RETURN(const TransferPosition after, ReadTransferPosition(*token));

  std::map<common::PartitionId, std::vector<common::UnitUid>> parts;
  parts_.tree.VisitSubtree(root->uid, [&](const TreeUnit& unit) { parts[unit.partition].push_back(unit.uid); });
  std::vector<TransferPosition> found;
  for (auto& [partition, units] : parts) {
    const UnitsOfPartition part{partition, std::move(units)};
    RONGHE_RETURN_IF_ERROR(Collect(call, root->uid, part, *filter, after, *size + 1, found));
  }
  std::sort(found.begin(), found.end());
  common::Page<TransferView> page;
  if (static_cast<int>(found.size()) > *size) {
    found.erase(found.begin() + *size, found.end());
    const TransferPosition& stands = found.back();
    page.next =
        common::MakePageToken(parts_.signer, query, fmt::format("{}.{}", stands.unit.value, stands.transfer.value));
  }
  std::vector<TransferId> ids;
  for (const TransferPosition& position : found) ids.push_back(position.transfer);
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredTransfer> read, parts_.store.FindAll(ids, call.deadline));
  std::map<TransferId, StoredTransfer> by_id;
  for (StoredTransfer& stored : read) by_id[stored.id] = std::move(stored);
  std::vector<StoredTransfer> ordered;
  for (const TransferPosition& position : found) {
    const StoredTransfer& stored = by_id[position.transfer];
    // One that stays below is found at both of its ends: it is listed where it comes from.
    const Transfer& transfer = stored.transfer;
    const bool twice = position.unit == transfer.target && transfer.source != transfer.target && transfer.source &&
                       (filter->source_states & Bit(transfer.state)) != 0 &&
                       parts_.tree.IsWithin(transfer.source, root->uid);
    if (!twice) ordered.push_back(stored);
  }
  RONGHE_ASSIGN_OR_RETURN(page.items, Views(call, std::move(ordered)));
  return page;
}

}  // namespace ronghe::organization
