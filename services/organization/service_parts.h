#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "services/common/audit/sql/sql_audit_log.h"
#include "services/common/changelog/watch.h"
#include "services/common/import/import_runner.h"
#include "services/common/import/sql/key_ring_row_sealer.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/summary/totals.h"
#include "services/common/timer/timer.h"
#include "services/organization/app/audit_places.h"
#include "services/organization/app/import_places.h"
#include "services/organization/app/member_import_target.h"
#include "services/organization/app/unit_import_target.h"
#include "services/organization/rpc/access_rpc.h"
#include "services/organization/rpc/directory_rpc.h"
#include "services/organization/rpc/duty_rpc.h"
#include "services/organization/rpc/import_codec.h"
#include "services/organization/rpc/import_rpc.h"
#include "services/organization/rpc/member_rpc.h"
#include "services/organization/rpc/organization_rpc.h"
#include "services/organization/rpc/owner_resolver.h"
#include "services/organization/rpc/post_rpc.h"
#include "services/organization/rpc/reorganization_codec.h"
#include "services/organization/rpc/roster_rpc.h"
#include "services/organization/rpc/rule_pack_codec.h"
#include "services/organization/rpc/structure_rpc.h"
#include "services/organization/rpc/workplace_rpc.h"
#include "services/organization/service.h"
#include "services/organization/storage/alert_keeper.h"
#include "services/organization/storage/alert_rows.h"
#include "services/organization/storage/directory_feed.h"
#include "services/organization/storage/directory_tree.h"
#include "services/organization/storage/sql_access_store.h"
#include "services/organization/storage/sql_consistency.h"
#include "services/organization/storage/sql_duty_occupants.h"
#include "services/organization/storage/sql_duty_store.h"
#include "services/organization/storage/sql_facts.h"
#include "services/organization/storage/sql_import_joins.h"
#include "services/organization/storage/sql_integrity.h"
#include "services/organization/storage/sql_member_occupants.h"
#include "services/organization/storage/sql_member_store.h"
#include "services/organization/storage/sql_post_store.h"
#include "services/organization/storage/sql_roster.h"
#include "services/organization/storage/sql_transfer_store.h"
#include "services/organization/storage/sql_unit_store.h"
#include "services/organization/storage/sql_workplace_occupants.h"
#include "services/organization/storage/sql_workplace_store.h"

namespace ronghe::organization {

// For the log.
void LogError(std::string_view what, const absl::Status& status);

// The loader as the streams of DirectoryService know it.
class LoaderSource final : public DirectorySource {
 public:
  explicit LoaderSource(DirectoryLoader& loader) : loader_(loader) {}
  absl::StatusOr<std::string> Incarnation() override { return loader_.Incarnation(); }
  absl::StatusOr<Head> ReadHead(absl::Time deadline) override {
    RONGHE_ASSIGN_OR_RETURN(common::Feed::Head head, loader_.ReadHead(deadline));
    return Head{head.position, head.partition_revision};
  }
  absl::StatusOr<std::vector<common::DirectoryDelta>> LoadAll(absl::Time deadline) override {
    return loader_.LoadAll(deadline);
  }
  absl::StatusOr<common::DirectoryDelta> After(int64_t position, int64_t structure_revision,
                                               absl::Time deadline) override {
    return loader_.After(position, structure_revision, deadline);
  }

 private:
  DirectoryLoader& loader_;
};

// In the order of construction; destroyed in reverse.
struct Service::Parts {
  Parts(common::Process& p, std::unique_ptr<common::sql::Database> opened, KeyRing key_ring, LoadedRules loaded,
        LoadedDivisions loaded_divisions);
  // Which unit a name belongs to, by collection: for permissions.
  void AddOwners();
  // What the clock does.
  void HandleTimers(const common::Calendar& calendar);

  LoadedRules rules;
  LoadedDivisions divisions;

  // Where things are kept.
  std::unique_ptr<common::sql::Database> database;
  common::ChangeLog log;
  common::Feed feed;
  common::FeedHub hub;
  common::Publisher publisher;
  common::TimerLoop timers;
  KeyRing keys;
  PersonVault vault;
  SqlMemberOccupants member_occupants;
  SqlWorkplaceOccupants workplace_occupants;
  SqlDutyOccupants duty_occupants;
  SqlTransferOccupants transfer_occupants;
  std::vector<UnitOccupants*> occupants;
  common::MetricSet metrics;
  SqlFacts facts;
  common::Totals totals;
  SqlUnitStore units;
  SqlAccessStore access;
  SqlMemberStore members;
  MemberIndexFiller index_filler;
  SqlPostStore posts;
  SqlWorkplaceStore workplaces;
  SqlDutyStore duties;
  SqlAlertStore alerts;
  SqlTransferStore transfers;
  SqlRoster roster;
  SqlIntegrity integrity;
  common::SqlAuditLog audit;
  DirectoryLoader loader;
  LoaderSource loader_source;
  DirectoryFeed directory_feed;
  DirectoryTree tree;
  SqlConsistency consistency;
  common::SqlImportStore imports;
  common::KeyRingRowSealer sealer;
  SqlUnitJoin unit_join;
  SqlMemberJoin member_join;

  // What is done with them.
  OwnerRegistry owners;
  ServiceOwnerResolver resolver;
  RevisionGate gate;
  ProtoReorganizationCodec reorganization_codec;
  ReorganizationApp reorganizations;
  UnitApp unit_app;
  UnitQuery unit_query;
  AccessApp access_app;
  common::AuditApp audit_app;
  MemberApp member_app;
  MemberQuery member_query;
  MembershipApp membership_app;
  MemberSearch member_search;
  PostApp post_app;
  PostQuery post_query;
  WorkplaceApp workplace_app;
  WorkplaceQuery workplace_query;
  DutyApp duty_app;
  DutyQuery duty_query;
  AlertQuery alert_query;
  AlertKeeper alert_keeper;
  TransferApp transfer_app;
  ProtoUnitRows unit_rows;
  ProtoMemberRows member_rows;
  UnitImportTarget unit_target;
  MemberImportTarget member_target;
  common::ImportEngine import_engine;
  common::ImportHub import_hub;
  common::ImportRunner import_runner;
  TreeImportPlaces import_places;
  common::ImportApp import_app;

  // How it is reached.
  common::WatchService watch;
  OrganizationRpc organization_rpc;
  AccessRpc access_rpc;
  DirectoryRpc directory_rpc;
  MemberRpc member_rpc;
  PostRpc post_rpc;
  WorkplaceRpc workplace_rpc;
  DutyRpc duty_rpc;
  ImportRpc import_rpc;
  StructureRpc structure_rpc;
  RosterRpc roster_rpc;
};

}  // namespace ronghe::organization
