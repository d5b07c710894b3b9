#include "services/organization/service_parts.h"

#include <string>
#include <utility>

#include "ronghe/organization/v1/metrics.pb.h"

#include "services/common/import/rpc/import_upload.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/log.h"
#include "services/organization/storage/sql_post_txn.h"
#include "services/organization/storage/sql_transfer_txn.h"
#include "services/organization/storage/sql_unit_txn.h"

namespace ronghe::organization {

void LogError(std::string_view what, const absl::Status& status) {
  common::Log(common::LogLevel::kError, what, {{"error", status.ToString()}});
}

Service::Parts::Parts(common::Process& p, std::unique_ptr<common::sql::Database> opened, KeyRing key_ring,
                      LoadedRules loaded, LoadedDivisions loaded_divisions)
    : rules(std::move(loaded)),
      divisions(std::move(loaded_divisions)),
      database(std::move(opened)),
      log(*database, p.clock(), p.random()),
      feed(*database),
      hub(p.clock()),
      publisher(*database, p.clock(), p.random()),
      timers(*database, log, p.clock()),
      keys(std::move(key_ring)),
      vault(keys, p.random()),
      member_occupants(&vault),
      workplace_occupants(rules.book),
      duty_occupants(p.calendar().zone()),
      transfer_occupants(&vault),
      // Duties before members: who goes along with a duty keeps the part in it.
      occupants({&duty_occupants, &workplace_occupants, &member_occupants, &transfer_occupants}),
      metrics(v1::OrganizationMetrics::descriptor()),
      facts(metrics, occupants),
      totals({"organization", metrics, *database, log, publisher, feed, hub, p.directory(), p.signer(), p.calendar(),
              p.wrapper(), facts}),
      units(*database, log, occupants, p.calendar()),
      access(*database, log),
      members(*database, log, vault),
      index_filler(*database, vault, [](const absl::Status& status) { LogError("names cannot be indexed", status); }),
      posts(*database, log, p.calendar().zone()),
      workplaces(*database, log),
      duties(*database, log, p.calendar().zone()),
      alerts(*database),
      transfers(*database, log, vault),
      roster(*database, p.calendar().zone()),
      integrity(*database, divisions.map),
      audit(*database, p.clock()),
      loader(*database, log, feed, p.clock()),
      loader_source(loader),
      directory_feed(loader, p.directory(), p.clock(),
                     [](const absl::Status& status) { LogError("directory cannot be read", status); }),
      tree(p.directory()),
      consistency(*database, log, publisher, p.directory()),
      imports(*database, log, p.clock()),
      sealer(keys, p.random()),
      unit_join(occupants),
      member_join(vault),
      resolver(owners, consistency),
      gate(consistency, p.signer()),
      reorganizations({units, tree, gate, reorganization_codec, p.signer(), p.calendar(), rules.book}),
      unit_app(units, gate, p.calendar(), rules.book, &reorganizations),
      unit_query(units, tree, p.signer(), p.calendar()),
      access_app(access, tree, owners, gate, p.signer(), p.clock()),
      audit_app(audit, AuditPlacesOf(tree), p.signer()),
      member_app({members, audit, tree, gate, p.calendar(), rules.book}),
      member_query(members, tree, gate, p.signer(), rules.book),
      membership_app({members, tree, gate, p.calendar(), rules.book}),
      member_search({members, audit, tree, gate, p.signer(), rules.book}),
      post_app(posts, tree, p.calendar(), rules.book),
      post_query(posts, tree, p.signer()),
      workplace_app(workplaces, tree, p.calendar(), rules.book),
      workplace_query(workplaces, tree, p.signer()),
      duty_app(duties, tree, p.calendar(), rules.book),
      duty_query(duties, tree, p.signer()),
      alert_query(alerts, tree, p.signer()),
      alert_keeper({*database, log, feed, tree, p.calendar(), rules.book}),
      transfer_app({transfers, members, tree, gate, p.signer(), p.calendar(), rules.book}),
      unit_target(units, unit_join, unit_rows, consistency, p.calendar(), rules.book),
      member_target({members, member_join, member_rows, tree, consistency}, p.calendar()),
      import_engine(imports, sealer, p.clock(), {&unit_target, &member_target}),
      import_hub(p.clock()),
      import_runner(import_engine, import_hub, {.holder = p.random().Uuid()}, LogError),
      import_places(tree, gate),
      import_app({import_engine, import_hub, import_places, p.signer(), [this] { import_runner.Wake(); }}),
      watch({"organization", log, feed, hub, p.directory(), p.signer(), p.wrapper().executor(), p.clock(),
             [&p] { return p.directory().structure_revision(); }}),
      organization_rpc(
          p.wrapper(),
          {unit_app, unit_query, totals, gate, watch, rules, alert_query, integrity, divisions, tree, p.calendar(),
           [&p, this](const common::Call& call) {
             return common::NewImportUpload(p.wrapper().executor(), import_app, call, "units", ReadUnitsMessage);
           }}),
      access_rpc(p.wrapper(), access_app, audit_app, gate),
      directory_rpc(p.wrapper(), loader_source, hub),
      member_rpc(p.wrapper(), {member_app, member_query, membership_app, member_search, transfer_app, watch,
                               [&p, this](const common::Call& call) {
                                 return common::NewImportUpload(p.wrapper().executor(), import_app, call, "members",
                                                                ReadMembersMessage);
                               }}),
      post_rpc(p.wrapper(), {post_app, post_query, tree, gate, watch}),
      workplace_rpc(p.wrapper(), {workplace_app, workplace_query, tree, gate, watch}),
      duty_rpc(p.wrapper(), {duty_app, duty_query, tree, gate, watch}),
      import_rpc(p.wrapper(), import_app),
      structure_rpc(p.wrapper(), {reorganizations, tree, gate}),
      roster_rpc(p.wrapper(), roster, tree) {
  AddOwners();
  HandleTimers(p.calendar());
  members.SetFiller(index_filler);
  log.OnCommit([this] {
    publisher.Hint();
    timers.Hint();
  });
  alert_keeper.OnError([](const absl::Status& status) { LogError("alerts cannot be kept", status); });
  publisher.OnPublished([this](int64_t position) {
    hub.Advance(position);
    directory_feed.Wake();
  });
  publisher.OnError([](const absl::Status& status) { LogError("cannot publish", status); });
}

void Service::Parts::AddOwners() {
  const auto add = [this](const char* collection, auto& app, auto owner_of) {
    owners.Add(collection, [&app, owner_of](std::string_view name, int64_t id, absl::Time deadline) {
      return (app.*owner_of)(name, id, deadline);
    });
  };
  add("grants", access_app, &AccessApp::OwnerOfGrant);
  add("principals", access_app, &AccessApp::OwnerOfPrincipal);
  add("members", member_app, &MemberApp::OwnerOf);
  add("posts", post_app, &PostApp::OwnerOfPost);
  add("terms", post_app, &PostApp::OwnerOfTerm);
  add("appointments", post_app, &PostApp::OwnerOfAppointment);
  add("workplaces", workplace_app, &WorkplaceApp::OwnerOfWorkplace);
  add("covers", workplace_app, &WorkplaceApp::OwnerOfCover);
  add("duties", duty_app, &DutyApp::OwnerOfDuty);
  add("dutyResults", duty_app, &DutyApp::OwnerOfResult);
  add("reorganizations", reorganizations, &ReorganizationApp::OwnerOf);
  owners.Add("imports",
             [this](std::string_view, int64_t id, absl::Time deadline) { return import_app.OwnerOf(id, deadline); });
}

void Service::Parts::HandleTimers(const common::Calendar& calendar) {
  using common::DueTimer;
  using common::WriteTxn;
  const absl::TimeZone zone = calendar.zone();
  timers.Handle(std::string(kDutyMonthTimer), [this, zone](WriteTxn& txn, const DueTimer& timer) {
    SqlDutyTxn in_txn(txn, zone);
    return duty_app.MonthDue(in_txn, DutyId(timer.record), timer.due);
  });
  timers.Handle(std::string(kTermTimer), [this, zone](WriteTxn& txn, const DueTimer& timer) {
    SqlPostTxn in_txn(txn, zone);
    return post_app.TermDue(in_txn, TermId(timer.record), timer.due);
  });
  timers.Handle(std::string(kUnitPostsTimer), [this, zone](WriteTxn& txn, const DueTimer& timer) {
    SqlPostTxn in_txn(txn, zone);
    return post_app.UnitEnded(in_txn, common::UnitUid(timer.record));
  });
  timers.Handle(std::string(kTransferTimer), [this](WriteTxn& txn, const DueTimer& timer) {
    return transfers.InFiring(
        txn, [&](TransferTxn& firing) { return transfer_app.Expire(firing, TransferId(timer.record)); });
  });
  timers.Handle(std::string(kReorganizationTimer), [this, calendar](WriteTxn& txn, const DueTimer& timer) {
    SqlUnitTxn units_txn(txn, occupants, &calendar);
    return reorganizations.TakeEffect(units_txn, timer.record);
  });
  timers.OnError([](const absl::Status& status) { LogError("a timer cannot fire", status); });
}

}  // namespace ronghe::organization
