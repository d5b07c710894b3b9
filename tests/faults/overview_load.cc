#include "tests/faults/overview_load.h"

#include <utility>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "ronghe/common/v1/summary.pb.h"
#include "ronghe/gateway/v1/overview_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/made_up.h"

namespace ronghe::tests {
namespace {

namespace gv1 = gateway::v1;
namespace ov1 = organization::v1;

constexpr char kRoot[] = "37";
constexpr absl::Duration kMaxAge = absl::Seconds(1);
// A county rests now and then, so that its totals lie in the caches when it is written to again.
constexpr int kRestEvery = 12;
constexpr absl::Duration kRest = absl::Milliseconds(1300);
constexpr size_t kExamplesKept = 12;
constexpr size_t kCountyInChain = 2;  // branch, township, county, prefecture, province

// The pace of writers and readers; nothing is waited for.
void Rest(absl::Duration duration, const std::atomic<bool>& stop) {
  const absl::Time until = absl::Now() + duration;
  while (!stop && absl::Now() < until) Pause();
}

gv1::OverviewPart PartOf(const gv1::Overview& overview) {
  for (const gv1::OverviewPart& part : overview.parts()) {
    if (part.service() == "organization") return part;
  }
  gv1::OverviewPart none;
  none.set_missing(true);
  return none;
}

}  // namespace

OverviewLoad::OverviewLoad(Options options)
    : options_(std::move(options)), random_(options_.seed), source_(options_.organization, options_.token) {
  for (const std::string& gateway : options_.gateways) {
    clients_.push_back(std::make_unique<RpcClient>(gateway, options_.token));
  }
  phases_.emplace_back("start", Counts());
}

OverviewLoad::~OverviewLoad() {
  Stop();
}

void OverviewLoad::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool OverviewLoad::CreateUnit(const std::string& code, const std::string& parent, int level) {
  ov1::CreateUnitRequest request;
  FillUnit(code, parent, static_cast<ov1::Level>(level), *request.mutable_unit());
  request.set_request_id(random_.Uuid());
  ov1::Unit unit;
  const grpc::Status status =
      clients_.front()->Call("ronghe.organization.v1.OrganizationService/CreateUnit", request, unit);
  if (!status.ok()) Example(fmt::format("CreateUnit {}: {}", code, status.error_message()));
  units_.push_back(code);
  return status.ok();
}

bool OverviewLoad::Establish() {
  bool ok = CreateUnit(kRoot, "", ov1::LEVEL_PROVINCE);
  for (const std::string& prefecture : {std::string("3701"), std::string("3702")}) {
    ok = ok && CreateUnit(prefecture, kRoot, ov1::LEVEL_PREFECTURE);
    for (const std::string& county : {prefecture + "01", prefecture + "02"}) {
      ok = ok && CreateUnit(county, prefecture, ov1::LEVEL_COUNTY);
      counties_.push_back(county);
      for (const std::string& township : {county + "001", county + "002"}) {
        ok = ok && CreateUnit(township, county, ov1::LEVEL_TOWNSHIP);
        for (const std::string& branch : {township + "01", township + "02"}) {
          ok = ok && CreateUnit(branch, township, ov1::LEVEL_BRANCH);
          branches_[county].push_back(branch);
          chains_[branch] = {branch, township, county, prefecture, kRoot};
        }
      }
    }
  }
  return ok;
}

void OverviewLoad::Start() {
  for (size_t county = 0; county < counties_.size(); ++county) {
    threads_.emplace_back([this, county] { WriteOn(county); });
  }
  for (size_t gateway = 0; gateway < clients_.size(); ++gateway) {
    for (int reader = 0; reader < kReadersPerGateway; ++reader) {
      threads_.emplace_back([this, gateway, reader] { ReadOn(gateway, /*plain=*/reader > 0); });
    }
  }
  threads_.emplace_back([this] { ReadSourceOn(); });
}

// One after another, so that the last one's token covers all of the county's.
void OverviewLoad::WriteOn(size_t county) {
  const std::vector<std::string>& branches = branches_[counties_[county]];
  for (int n = 1; !stopping_; ++n) {
    const std::string branch = branches[random_.Below(branches.size())];
    const std::vector<std::string>& chain = chains_.at(branch);
    ov1::CreateMemberRequest request;
    *request.mutable_member() = MadeUpMember(++persons_, "units/" + branch);
    request.set_request_id(random_.Uuid());
    ledger_.Begin(chain);
    for (;;) {
      ov1::Member member;
      const grpc::Status status =
          clients_.front()->Call("ronghe.organization.v1.MemberService/CreateMember", request, member);
      if (status.ok()) {
        const std::vector<int64_t> counts = ledger_.Acknowledge(chain);
        const common::MutexLock lock(mutex_);
        own_[counties_[county]] = {member.revision(), chain, counts};
        break;
      }
      ++write_failures_;
      Example(fmt::format("CreateMember: {} {}", status.error_code(), status.error_message()));
      if (stopping_) return;
    }
    ++written_;
    Rest(n % kRestEvery == 0 ? kRest : absl::Milliseconds(static_cast<int64_t>(random_.Below(80))), stopping_);
  }
}

void OverviewLoad::ReadOn(size_t gateway, bool plain) {
  while (!stopping_) {
    if (plain) {
      ReadPlain(gateway);
    } else {
      ReadOwn(gateway);
    }
    Rest(absl::Milliseconds(static_cast<int64_t>(random_.Below(12))), stopping_);
  }
}

void OverviewLoad::ReadPlain(size_t gateway) {
  const std::string& unit = units_[random_.Below(units_.size())];
  gv1::GetOverviewRequest request;
  request.set_unit("units/" + unit);
  gv1::Overview overview;
  const size_t phase = phase_;
  const absl::Time begin = absl::Now();
  const grpc::Status status =
      clients_[gateway]->Call("ronghe.gateway.v1.OverviewService/GetOverview", request, overview);
  const absl::Duration took = absl::Now() - begin;
  const gv1::OverviewPart part = PartOf(overview);
  const int64_t value = overview.organization().members();
  const bool missing = status.ok() && part.missing();
  const bool failed = !status.ok();
  const bool empty = failed || missing;
  const bool impossible = !empty && value > ledger_.Begun(unit);
  const absl::Duration age = empty || part.stale() ? absl::ZeroDuration() : ledger_.Age(unit, value, begin);
  if (empty || impossible || age > kMaxAge) {
    Example(fmt::format("gateway {} {}: {} {}, members {} of {} begun, {} old, position {}, took {}", gateway, unit,
                        status.error_code(), status.error_message(), value, ledger_.Begun(unit),
                        absl::FormatDuration(age), part.position(), absl::FormatDuration(took)));
  }
  Judge(phase, [&](Counts& counts) {
    ++counts.plain;
    counts.failed += failed ? 1 : 0;
    counts.missing += missing ? 1 : 0;
    counts.stale += !empty && part.stale() ? 1 : 0;
    counts.impossible += impossible ? 1 : 0;
    counts.too_old += age > kMaxAge ? 1 : 0;
    counts.oldest = std::max(counts.oldest, age);
    counts.slowest = std::max(counts.slowest, took);
  });
}

void OverviewLoad::ReadOwn(size_t gateway) {
  const std::string& county = counties_[random_.Below(counties_.size())];
  gv1::GetOverviewRequest request;
  std::string unit;
  int64_t least = 0;
  {
    const common::MutexLock lock(mutex_);
    const auto found = own_.find(county);
    if (found == own_.end()) return;
    const Own& own = found->second;
    const size_t which = random_.Below(own.units.size());
    unit = own.units[which];
    if (which <= kCountyInChain) {
      least = own.counts[which];
      request.add_min_revision(own.token);
    } else {
      // Above the county: the last writes of all counties below.
      for (const auto& [other, last] : own_) {
        if (!other.starts_with(unit)) continue;
        least += last.counts[kCountyInChain];
        request.add_min_revision(last.token);
      }
    }
  }
  request.set_unit("units/" + unit);
  gv1::Overview overview;
  const size_t phase = phase_;
  const absl::Time begin = absl::Now();
  const grpc::Status status =
      clients_[gateway]->Call("ronghe.gateway.v1.OverviewService/GetOverview", request, overview);
  const absl::Duration took = absl::Now() - begin;
  const gv1::OverviewPart part = PartOf(overview);
  const int64_t value = overview.organization().members();
  const bool missing = status.ok() && part.missing();
  const bool failed = !status.ok();
  const bool empty = failed || missing;
  const bool not_own = !empty && value < least;
  if (empty || not_own) {
    Example(fmt::format("gateway {} {} with min_revision: {} {}, members {}, own write {}, position {}{}", gateway,
                        unit, status.error_code(), status.error_message(), value, least, part.position(),
                        part.stale() ? ", stale" : ""));
  }
  Judge(phase, [&](Counts& counts) {
    ++counts.with_token;
    counts.failed += failed ? 1 : 0;
    counts.missing += missing ? 1 : 0;
    counts.stale += !empty && part.stale() ? 1 : 0;
    counts.not_own += not_own ? 1 : 0;
    counts.slowest = std::max(counts.slowest, took);
  });
}

// Tells a machine that is too busy to fold within a second from a gateway that serves what is old.
void OverviewLoad::ReadSourceOn() {
  common::v1::BatchGetSummariesRequest request;
  request.set_totals_only(true);
  for (const std::string& unit : units_) request.add_units("units/" + unit);
  while (!stopping_) {
    ov1::BatchGetSummariesResponse response;
    const size_t phase = phase_;
    const absl::Time begin = absl::Now();
    const grpc::Status status =
        source_.Call("ronghe.organization.v1.OrganizationService/BatchGetSummaries", request, response);
    for (const ov1::UnitSummary& summary : response.summaries()) {
      const std::string unit = summary.unit().substr(std::string_view("units/").size());
      if (ledger_.Age(unit, summary.total().members(), begin) <= kMaxAge) continue;
      Judge(phase, [](Counts& counts) { ++counts.source_old; });
    }
    if (!status.ok()) Example(fmt::format("source: {}", status.error_message()));
    Rest(absl::Milliseconds(100), stopping_);
  }
}

void OverviewLoad::SetPhase(const std::string& name) {
  const common::MutexLock lock(mutex_);
  for (size_t i = 0; i < phases_.size(); ++i) {
    if (phases_[i].first == name) {
      phase_ = i;
      return;
    }
  }
  phases_.emplace_back(name, Counts());
  phase_ = phases_.size() - 1;
}

void OverviewLoad::Judge(size_t phase, const std::function<void(Counts&)>& change) {
  const common::MutexLock lock(mutex_);
  change(phases_[phase].second);
}

void OverviewLoad::Example(const std::string& text) {
  const common::MutexLock lock(mutex_);
  if (examples_.size() < kExamplesKept) examples_.push_back(fmt::format("[{}] {}", phases_[phase_].first, text));
}

std::vector<std::pair<std::string, OverviewLoad::Counts>> OverviewLoad::Phases() const {
  const common::MutexLock lock(mutex_);
  return phases_;
}

OverviewLoad::Counts OverviewLoad::Total() const {
  Counts total;
  const std::vector<std::pair<std::string, Counts>> phases = Phases();
  for (const auto& [name, counts] : phases) {
    total.plain += counts.plain;
    total.with_token += counts.with_token;
    total.failed += counts.failed;
    total.missing += counts.missing;
    total.stale += counts.stale;
    total.too_old += counts.too_old;
    total.not_own += counts.not_own;
    total.impossible += counts.impossible;
    total.source_old += counts.source_old;
    total.oldest = std::max(total.oldest, counts.oldest);
    total.slowest = std::max(total.slowest, counts.slowest);
  }
  return total;
}

std::vector<std::string> OverviewLoad::examples() const {
  const common::MutexLock lock(mutex_);
  return examples_;
}

}  // namespace ronghe::tests
