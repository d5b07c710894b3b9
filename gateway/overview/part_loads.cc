// How Part asks its service.

#include <algorithm>
#include <mutex>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "gateway/overview/part.h"
#include "gateway/overview/part_reading.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr size_t kUnitsPerRequest = 100;

absl::Status GivenUp(const std::string& service) {
  return common::Unavailable("SERVICE_UNAVAILABLE", {fmt::format("the {} service does not answer", service),
                                                     fmt::format("{} 服务暂时不可用", service)});
}

}  // namespace

// `alone`: loads that are under way will not do.
void Part::StartLoads(const std::shared_ptr<Reading>& reading, const std::vector<size_t>& missing, bool alone) {
  if (missing.empty()) return;
  reading->Expect(missing);
  const Asking asking = MayAsk();
  if (asking == Asking::kNot) {
    const absl::Status given_up = GivenUp(service_);
    for (const size_t i : missing) reading->Set(i, given_up);
    return;
  }
  // A load that was begun before it was known that the service does not answer is no try.
  if (asking == Asking::kTrying) reading->trying = alone = true;
  struct Led {
    size_t index;
    Load::Item item;
  };
  std::vector<Led> led;
  for (const size_t i : missing) {
    const std::string key = LocalKey(reading->UnitAt(i).uid, reading->SpanAt(i));
    if (alone) flights_.Forget(key);
    flights_.Start(
        key,
        [&](Flights::Done end) {
          led.push_back({i, {key, reading->UnitAt(i).name, reading->SpanAt(i).text, std::move(end)}});
        },
        [reading, i](const Flights::Result& result) { reading->Set(i, result); });
  }
  if (led.empty()) return;
  for (const Led& one : led) reading->loaded[one.index] = 1;
  const auto new_load = [&] {
    auto load = std::make_shared<Load>();
    load->sent = uses_.clock.Now();
    load->deadline = load->sent + kPatience;
    load->request.set_totals_only(true);
    load->request.set_structure(reading->wanted.spans.front().structure);
    return load;
  };
  const auto add_period = [](Load& load, const std::string& period) {
    auto& periods = *load.request.mutable_periods();
    if (std::find(periods.begin(), periods.end(), period) == periods.end()) *periods.Add() = period;
  };
  if (reading->wanted.with_children && led.size() * 2 > reading->count) {
    std::shared_ptr<Load> load = new_load();
    load->request.add_units(reading->wanted.units.front().name);
    load->request.set_include_children(true);
    for (Led& one : led) {
      add_period(*load, one.item.period);
      load->items.push_back(std::move(one.item));
    }
    Send(std::move(load));
    return;
  }
  std::shared_ptr<Load> load;
  absl::flat_hash_set<std::string> named;
  for (Led& one : led) {
    if (!named.contains(one.item.unit) && named.size() == kUnitsPerRequest) {
      Send(std::exchange(load, nullptr));
      named.clear();
    }
    if (load == nullptr) load = new_load();
    if (named.insert(one.item.unit).second) load->request.add_units(one.item.unit);
    add_period(*load, one.item.period);
    load->items.push_back(std::move(one.item));
  }
  Send(std::move(load));
}

// With tokens everyone asks for himself.
void Part::AskDirectly(const std::shared_ptr<Reading>& reading, absl::Time deadline) {
  std::vector<size_t> all(reading->count);
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  reading->missing = all;
  reading->Expect(all);
  const Wanted& wanted = reading->wanted;
  const size_t step = wanted.with_children ? wanted.units.size() : kUnitsPerRequest;
  for (size_t first = 0; first < wanted.units.size(); first += step) {
    auto load = std::make_shared<Load>();
    load->sent = uses_.clock.Now();
    load->deadline = deadline;
    load->request.set_totals_only(true);
    load->request.set_include_children(wanted.with_children);
    load->request.set_structure(wanted.spans.front().structure);
    load->request.mutable_min_revision()->Add(wanted.min_revision.begin(), wanted.min_revision.end());
    for (const Span& span : wanted.spans) load->request.add_periods(span.text);
    for (size_t u = first; u < std::min(first + step, wanted.units.size()); ++u) {
      if (u == 0 || !wanted.with_children) load->request.add_units(wanted.units[u].name);
      for (size_t s = 0; s < wanted.spans.size(); ++s) {
        const size_t i = u * wanted.spans.size() + s;
        reading->loaded[i] = 1;
        load->items.push_back({LocalKey(wanted.units[u].uid, wanted.spans[s]), wanted.units[u].name,
                               wanted.spans[s].text,
                               [reading, i](const Flights::Result& result) { reading->Set(i, result); }});
      }
    }
    Send(std::move(load));
  }
}

void Part::Send(std::shared_ptr<Load> load) {
  {
    const common::MutexLock lock(mutex_);
    ++loads_;
  }
  const common::v1::BatchGetSummariesRequest& request = load->request;
  const absl::Time deadline = load->deadline;
  uses_.source.BatchGet(request, deadline, [this, load = std::move(load)](absl::StatusOr<SummaryBatch> batch) {
    Receive(load, std::move(batch));
    const common::MutexLock lock(mutex_);
    --loads_;
    ended_.notify_all();
  });
}

void Part::Receive(const std::shared_ptr<Load>& load, absl::StatusOr<SummaryBatch> batch) {
  Learn(batch.status(), load->deadline - load->sent);
  if (absl::IsNotFound(batch.status())) {
    // This process knows of the unit before the service does. The others can still be had.
    const std::string unknown = common::ResourceOf(batch.status());
    auto& units = *load->request.mutable_units();
    const auto found = std::find(units.begin(), units.end(), unknown);
    if (units.size() > 1 && found != units.end()) {
      units.erase(found);
      Send(load);
      return;
    }
    for (const Load::Item& item : load->items) item.end(SummaryPtr());
    return;
  }
  for (const Load::Item& item : load->items) {
    if (!batch.ok()) {
      item.end(batch.status());
      continue;
    }
    const auto total = batch->totals.find(std::make_pair(item.unit, item.period));
    if (total == batch->totals.end()) {
      item.end(SummaryPtr());
      continue;
    }
    auto summary = std::make_shared<const Summary>(Summary{batch->place, load->sent, total->second});
    known_.Put(item.key, summary);
    item.end(SummaryPtr(std::move(summary)));
  }
}

}  // namespace ronghe::gateway
