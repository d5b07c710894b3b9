#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/common/import/import_engine.h"

// A store, a target and a sealer in memory, for tests of what stands above them.
namespace ronghe::common::fake {

// Payloads are `key` or `key>parent`; a payload with `!` is bad in itself. Orders by the number of `>`.
class Target final : public ImportTarget {
 public:
  explicit Target(bool personal = false) : personal_(personal) {}

  std::string_view collection() const override { return "units"; }
  bool personal() const override { return personal_; }
  int64_t OrderOf(std::string_view payload) const override { return std::ranges::count(payload, '>'); }

  absl::StatusOr<std::unique_ptr<ImportCheck>> NewCheck(const Import&) override {
    ++checks;
    struct Check final : ImportCheck {
      absl::Status Add(std::span<const ImportRow> rows, IssueSink refuse) override {
        for (const ImportRow& row : rows) {
          if (row.payload.find('!') != std::string::npos) {
            RONGHE_RETURN_IF_ERROR(refuse({row.line, "code", "BAD", {"bad", "错"}}));
            RONGHE_RETURN_IF_ERROR(refuse({row.line, "title", "BAD", {"bad", "错"}}));
          }
        }
        return absl::OkStatus();
      }
      absl::Status Finish(IssueSink) override { return absl::OkStatus(); }
    };
    return std::make_unique<Check>();
  }
  absl::StatusOr<ChunkOutcome> Apply(ImportTxn&, const Import&, std::span<const ImportRow> rows) override {
    if (!failure.ok()) return std::exchange(failure, absl::OkStatus());
    ChunkOutcome outcome;
    for (const ImportRow& row : rows) {
      if (refuse_late.contains(row.payload)) {
        outcome.refused.push_back({row.line, "code", "DUPLICATE_CODE", {"late", "晚"}});
        continue;
      }
      applied.push_back(row.payload);
      outcome.applied.push_back({row.line, 1000 + row.line});
    }
    chunks.push_back(rows.size());
    return outcome;
  }
  void MakeVisible(const Import& import) override { visible_at = import.applied_rows; }
  absl::Status Revert(ImportTxn&, const Import&, std::span<const int64_t> results) override {
    if (in_use) return common::FailedPrecondition("IMPORT_IN_USE", {"in use", "已被使用"});
    reverted.assign(results.begin(), results.end());
    return absl::OkStatus();
  }

  std::set<std::string> refuse_late;
  absl::Status failure;  // of the next Apply
  bool in_use = false;
  int checks = 0;
  int64_t visible_at = -1;  // rows applied when they were to become visible
  std::vector<std::string> applied;
  std::vector<size_t> chunks;
  std::vector<int64_t> reverted;

 private:
  bool personal_;
};

// Seals by writing backwards, which is enough to see who sees what.
class Sealer final : public RowSealer {
 public:
  absl::StatusOr<std::string> NewKey() override { return "key"; }
  absl::StatusOr<std::unique_ptr<RowKey>> Unwrap(std::string_view wrapped) override {
    if (wrapped != "key") return common::Internal("no such key");
    struct Key final : RowKey {
      absl::StatusOr<std::string> Seal(std::string_view place, std::string_view plain) const override {
        return fmt::format("{}|{}", place, std::string(plain.rbegin(), plain.rend()));
      }
      absl::StatusOr<std::string> Open(std::string_view place, std::string_view sealed) const override {
        if (!sealed.starts_with(place)) return common::Internal("sealed for another place");
        sealed.remove_prefix(place.size() + 1);
        return std::string(sealed.rbegin(), sealed.rend());
      }
    };
    return std::make_unique<Key>();
  }
};

class Store final : public ImportStore {
 public:
  struct Row {
    StagedRow row;
    int state = 0;  // 1 refused, 2 applied
    int64_t result = 0;
  };
  Import import;
  std::map<int64_t, Row> rows;  // by line
  std::vector<NumberedIssue> issues;
  bool due = false;
  std::string lease_holder;
  absl::Time lease_until = absl::InfinitePast();
  const common::Clock* clock = nullptr;

  // A committed import with these payloads, in lines from 1.
  void Fill(const std::vector<std::string>& payloads, ImportEngine& engine, const ImportTarget& target) {
    import.id = 7;
    import.collection = "units";
    import.committed = true;
    import.received_rows = import.announced_rows = static_cast<int64_t>(payloads.size());
    std::vector<StagedRow> staged;
    for (const std::string& payload : payloads) {
      staged.push_back({static_cast<int64_t>(staged.size()) + 1, target.OrderOf(payload), payload});
    }
    import.sealed_key = engine.NewKey("units").value();
    if (!engine.Seal(import, staged).ok()) std::abort();
    for (StagedRow& row : staged) rows[row.line] = {std::move(row)};
    due = true;
  }

  absl::StatusOr<Begun> Begin(const common::Call&, const Import&, const common::RequestKey&) override {
    return Begun{};
  }
  absl::Status Stage(const common::Call&, const Import&, std::span<const StagedRow>) override { return {}; }
  absl::StatusOr<Import> Commit(const common::Call&, const Import&, int64_t) override { return import; }
  absl::StatusOr<Import> Get(const common::Call&, int64_t) override { return import; }
  absl::StatusOr<std::vector<Entry>> List(const common::Call&, int64_t, int) override { return std::vector<Entry>(); }
  absl::StatusOr<std::vector<NumberedIssue>> IssuesByLine(const common::Call&, int64_t, int64_t, int64_t,
                                                          int) override {
    return issues;
  }
  absl::StatusOr<std::vector<NumberedIssue>> IssuesByNumber(const common::Call&, int64_t, int64_t after,
                                                            int limit) override {
    std::vector<NumberedIssue> page;
    for (const NumberedIssue& issue : issues) {
      if (issue.number > after && static_cast<int>(page.size()) < limit) page.push_back(issue);
    }
    return page;
  }
  absl::Status BeginCheck(const common::Call&, const Import&) override {
    issues.clear();
    import.rejected_rows = 0;
    for (auto& [line, row] : rows) row.state = 0;
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<StagedRow>> RowsByLine(const common::Call&, const Import&, int64_t after,
                                                    int limit) override {
    std::vector<StagedRow> page;
    for (auto row = rows.upper_bound(after); row != rows.end() && static_cast<int>(page.size()) < limit; ++row) {
      page.push_back(row->second.row);
    }
    return page;
  }
  absl::StatusOr<int64_t> Refuse(const common::Call&, const Import&, int64_t first_number,
                                 std::span<const RowIssue> refused) override {
    int64_t marked = 0;
    for (const RowIssue& issue : refused) {
      issues.push_back({first_number++, issue});
      marked += std::exchange(rows.at(issue.line).state, 1) == 0;
    }
    import.rejected_rows += marked;
    return marked;
  }
  absl::Status Advance(const common::Call&, const Import& from, const Import& to) override {
    if (from.state != import.state) return common::Aborted("IMPORT_MOVED_ON", {"moved on", "已变化"});
    import = to;
    return absl::OkStatus();
  }
  absl::StatusOr<ChunkResult> ApplyChunk(const common::Call&, const Import& from, int limit, bool stop_on_refusal,
                                         ApplyBody apply) override {
    std::vector<StagedRow> chunk;
    for (auto& [line, row] : rows) {
      if (row.state == 0) chunk.push_back(row.row);
    }
    std::ranges::stable_sort(chunk, {}, &StagedRow::order);
    if (static_cast<int>(chunk.size()) > limit) chunk.resize(limit);
    ChunkResult result;
    result.import = from;
    if (chunk.empty()) return result;
    ImportTxn txn;
    RONGHE_ASSIGN_OR_RETURN(ChunkOutcome outcome, apply(txn, chunk));
    result.refused = outcome.refused;
    if (stop_on_refusal && !outcome.refused.empty()) {
      result.rolled_back = true;
      return result;
    }
    for (const ChunkOutcome::Applied& done : outcome.applied) {
      rows.at(done.line).state = 2;
      rows.at(done.line).result = done.result_id;
      rows.at(done.line).row.payload.clear();
    }
    RONGHE_ASSIGN_OR_RETURN(const int64_t marked,
                            Refuse({}, from, static_cast<int64_t>(issues.size()) + 1, outcome.refused));
    (void)marked;
    import.applied_rows += static_cast<int64_t>(outcome.applied.size());
    result.import = import;
    result.rows = static_cast<int>(chunk.size());
    return result;
  }
  absl::StatusOr<Import> Revert(const common::Call&, const Import&, const Import& to, std::span<const RowIssue> refused,
                                const common::RequestKey&, RevertBody revert) override {
    std::vector<int64_t> results;
    for (const auto& [line, row] : rows) {
      if (row.state == 2) results.push_back(row.result);
    }
    ImportTxn txn;
    RONGHE_RETURN_IF_ERROR(revert(txn, results));
    import = to;
    RONGHE_RETURN_IF_ERROR(Refuse({}, to, static_cast<int64_t>(issues.size()) + 1, refused).status());
    import.applied_rows = 0;
    due = true;
    return import;
  }
  absl::StatusOr<std::vector<int64_t>> Due(const common::Call&, int) override {
    return due ? std::vector<int64_t>{import.id} : std::vector<int64_t>();
  }
  absl::StatusOr<std::vector<int64_t>> Unfinished(const common::Call&, absl::Time, int) override {
    return std::vector<int64_t>();
  }
  absl::StatusOr<std::vector<int64_t>> Ended(const common::Call&, absl::Time, int) override {
    return std::vector<int64_t>();
  }
  absl::StatusOr<bool> Sweep(const common::Call&, const Import&, int) override {
    if (import.state != ImportState::kApplied) rows.clear();
    due = false;
    return true;
  }
  absl::StatusOr<bool> Drop(const common::Call&, const Import&, int) override { return true; }
  absl::StatusOr<bool> Lease(const common::Call&, std::string_view holder, absl::Time until) override {
    if (lease_holder != holder && clock->Now() <= lease_until) return false;
    lease_holder = holder;
    lease_until = until;
    return true;
  }
  absl::Status Release(const common::Call&, std::string_view) override {
    lease_until = absl::InfinitePast();
    return absl::OkStatus();
  }
};

}  // namespace ronghe::common::fake
