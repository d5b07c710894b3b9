#include "services/common/audit/audit_app.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// Entries in one statement, and in one call.
constexpr int kEntriesAtOnce = 500;
constexpr int kMostLooks = 20;

std::string QueryText(const ListAuditQuery& query) {
  return fmt::format("audit\n{}\n{}\n{}\n{}\n{}", query.parent, query.filter.actor, query.filter.resource,
                     absl::ToUnixMicros(query.filter.start), absl::ToUnixMicros(query.filter.end));
}

}  // namespace

AuditPlaces PlacesOf(const Units& units) {
  AuditPlaces places;
  places.find = [&units](const Call& call, const std::string& parent) -> absl::StatusOr<UnitUid> {
    RONGHE_ASSIGN_OR_RETURN(const UnitView unit, VisibleUnit(units, call, parent, "parent", {}));
    return unit.uid;
  };
  places.partitions_below = [&units](UnitUid unit) {
    std::set<PartitionId> partitions;
    for (const UnitView& below : units.SubtreeOf(unit)) partitions.insert(below.partition);
    return partitions;
  };
  places.is_within = [&units](UnitUid unit, UnitUid ancestor) { return units.IsWithin(unit, ancestor); };
  places.code_of = [&units](UnitUid uid) {
    const std::optional<UnitView> unit = units.Find(uid);
    return unit ? unit->code : std::string();
  };
  return places;
}

absl::StatusOr<Page<NamedAuditEntry>> AuditApp::List(const Call& call, const ListAuditQuery& query) {
  Violations v;
  const absl::StatusOr<int> page_size = PageSize(query.page_size);
  v.AddAll(page_size.status());
  const absl::StatusOr<std::string> token = ReadPageToken(signer_, QueryText(query), query.page_token);
  v.AddAll(token.status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const UnitUid parent, places_.find(call, query.parent));
  // Before this entry (id) of this chain (key).
  RONGHE_ASSIGN_OR_RETURN(ListPosition position, ReadListPosition(*token));
  const std::set<PartitionId> partitions = places_.partitions_below(parent);
  const auto visible = [&](const AuditEntry& entry) {
    return entry.reading.unit ? places_.is_within(entry.reading.unit, parent) : call.scope.everything;
  };
  Page<NamedAuditEntry> page;
  const auto more = [&] { page.next = MakePageToken(signer_, QueryText(query), TextOf(position)); };
  auto chain = partitions.lower_bound(PartitionId(position.key));
  for (int looks = 0; chain != partitions.end(); ++looks) {
    if (call.cancelled()) return Cancelled();
    if (chain->value != position.key) position = {chain->value, std::numeric_limits<int64_t>::max()};
    if (looks == kMostLooks) {
      more();
      return page;
    }
    RONGHE_ASSIGN_OR_RETURN(const std::vector<AuditEntry> entries,
                            log_.List(*chain, query.filter, position.id, kEntriesAtOnce, call.deadline));
    for (const AuditEntry& entry : entries) {
      if (visible(entry)) {
        if (static_cast<int>(page.items.size()) == *page_size) {
          more();
          return page;
        }
        const UnitUid unit = entry.reading.unit;
        page.items.push_back({entry, unit ? "units/" + places_.code_of(unit) : ""});
      }
      position.id = entry.seq;
    }
    if (entries.size() < static_cast<size_t>(kEntriesAtOnce)) ++chain;
  }
  return page;
}

absl::StatusOr<std::vector<AuditFinding>> AuditApp::Verify(const Call& call, const std::string& parent_name,
                                                           const std::vector<AuditHead>& known) {
  RONGHE_ASSIGN_OR_RETURN(const UnitUid parent, places_.find(call, parent_name));
  std::vector<AuditFinding> findings;
  for (PartitionId partition : places_.partitions_below(parent)) {
    std::vector<AuditHead> heads;
    std::copy_if(known.begin(), known.end(), std::back_inserter(heads),
                 [&](const AuditHead& head) { return head.partition == partition; });
    RONGHE_ASSIGN_OR_RETURN(AuditFinding finding, log_.Verify(partition, heads, call.deadline, call.cancelled));
    const bool empty = finding.intact && finding.head.seq == 0;
    if (!empty) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace ronghe::common
