#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "gateway/cli/context.h"

// What the commands do. Each prints its result to the context's console and returns what went wrong. Options hold the
// command line's texts; units may be given by name or by code, `-` or nothing being everything in the caller's scope.
namespace ronghe::gateway::cli {

// Values by field name, for messages that a command line fills: `{"title", "…"}`.
using FieldTexts = std::map<std::string, std::string>;

struct OverviewOptions {
  std::string unit;
  int depth = 1;     // 1: the unit and its children; 2: theirs too
  bool all = false;  // every metric
  std::string period;
  std::string structure;  // `then` or `now`; empty: then
  std::string order_by;
  bool watch = false;
  int count = 0;  // of tables shown with `watch`; 0: until interrupted
  std::vector<std::string> min_revision;
};
absl::Status RunOverview(const OverviewOptions& options, Context& context);

struct TrendOptions {
  std::string unit;
  std::string end_period;
  int months = 0;
  std::string structure;
  bool all = false;
  std::vector<std::string> min_revision;
};
absl::Status RunTrend(const TrendOptions& options, Context& context);

struct CompareOptions {
  std::vector<std::string> units;
  std::string period;
  std::string structure;
  bool all = false;
  std::vector<std::string> min_revision;
};
absl::Status RunCompare(const CompareOptions& options, Context& context);

struct ExplainOptions {
  std::string unit;
  std::string period;
  std::vector<std::string> min_revision;
};
absl::Status RunExplain(const ExplainOptions& options, Context& context);

struct AuditOptions {
  std::string service;  // empty: all
  int limit = 0;        // of differences listed for each; 0: 100
};
absl::Status RunAudit(const AuditOptions& options, Context& context);

struct TreeOptions {
  std::string unit;
  int depth = 0;  // levels shown; 0: all
  std::string as_of;
};
absl::Status RunTree(const TreeOptions& options, Context& context);

struct UnitOptions {
  std::string unit;
  std::string parent;
  std::string filter;
  std::string date;  // as_of or effective date
  std::string etag;
  std::string request_id;
  bool subtree = false;
  bool validate_only = false;
  bool closing = false;
  FieldTexts fields;
};
absl::Status RunUnitGet(const UnitOptions& options, Context& context);
absl::Status RunUnitList(const UnitOptions& options, Context& context);
absl::Status RunUnitHistory(const UnitOptions& options, Context& context);
absl::Status RunUnitCreate(const UnitOptions& options, Context& context);
absl::Status RunUnitUpdate(const UnitOptions& options, Context& context);
absl::Status RunUnitMove(const UnitOptions& options, Context& context);
absl::Status RunUnitDissolve(const UnitOptions& options, Context& context);

struct DivisionOptions {
  std::string code;
  std::string coded;  // a day on which the code was in use
  std::string as_of;
};
absl::Status RunDivision(const DivisionOptions& options, Context& context);
struct RulesOptions {
  std::string as_of;  // only the set in force on this day
};
absl::Status RunRules(const RulesOptions& options, Context& context);
struct StructureOptions {
  std::vector<std::string> units;
  std::string parent;  // the successor, the new parent, or the unit whose reorganizations are meant
  std::string file;    // JSON
  std::string date;
  std::string title;
  std::string filter;
  std::string reorganization;
  std::string request_id;
  bool validate_only = false;
};
absl::Status RunUnitMerge(const StructureOptions& options, Context& context);
absl::Status RunUnitSplit(const StructureOptions& options, Context& context);
absl::Status RunUnitRestore(const StructureOptions& options, Context& context);
absl::Status RunReorganizationApply(const StructureOptions& options, Context& context);
absl::Status RunReorganizationShow(const StructureOptions& options, Context& context);
absl::Status RunReorganizationList(const StructureOptions& options, Context& context);
absl::Status RunReorganizationCancel(const StructureOptions& options, Context& context);

struct AlertOptions {
  std::string unit;
  std::string filter;
  int limit = 0;  // 0: all
};
absl::Status RunAlerts(const AlertOptions& options, Context& context);

struct IntegrityOptions {
  int limit = 0;  // of each check; 0: as the service has it
};
// FAILED_PRECONDITION if anything was found.
absl::Status RunIntegrity(const IntegrityOptions& options, Context& context);

struct MemberOptions {
  std::string member;
  std::string unit;
  std::string filter;
  std::string purpose;  // read in full, for this purpose
  std::string etag;
  std::string request_id;
  bool subtree = false;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunMemberGet(const MemberOptions& options, Context& context);
absl::Status RunMemberList(const MemberOptions& options, Context& context);
absl::Status RunMemberCreate(const MemberOptions& options, Context& context);
absl::Status RunMemberUpdate(const MemberOptions& options, Context& context);
absl::Status RunMemberMove(const MemberOptions& options, Context& context);

struct MembershipOptions {
  std::string member;
  std::string unit;
  std::string date;
  std::string reason;
  std::string etag;
  std::string request_id;
  int months = 0;
};
absl::Status RunMemberConfirm(const MembershipOptions& options, Context& context);
absl::Status RunMemberExtendProbation(const MembershipOptions& options, Context& context);
absl::Status RunMemberFloat(const MembershipOptions& options, Context& context);
absl::Status RunMemberReturn(const MembershipOptions& options, Context& context);
absl::Status RunMemberLeave(const MembershipOptions& options, Context& context);
absl::Status RunMemberRestore(const MembershipOptions& options, Context& context);
absl::Status RunMemberHistory(const MembershipOptions& options, Context& context);

struct TransferOptions {
  std::string name;  // transfers/ID, or the ID
  std::string member;
  std::string unit;
  std::string outside;  // the organization there
  std::string letter;
  std::string date;  // of the letter
  std::string worklist;
  std::string side;
  std::string filter;
  std::string reason;
  std::string etag;
  std::string request_id;
  bool validate_only = false;
  FieldTexts fields;  // of somebody from outside
};
absl::Status RunTransferGet(const TransferOptions& options, Context& context);
absl::Status RunTransferList(const TransferOptions& options, Context& context);
absl::Status RunTransferApply(const TransferOptions& options, Context& context);
absl::Status RunTransferReceive(const TransferOptions& options, Context& context);
absl::Status RunTransferRelease(const TransferOptions& options, Context& context);
absl::Status RunTransferAccept(const TransferOptions& options, Context& context);
absl::Status RunTransferWithdraw(const TransferOptions& options, Context& context);
absl::Status RunTransferReturn(const TransferOptions& options, Context& context);

struct SearchOptions {
  std::string unit;
  std::string by;  // a field of SearchMembersRequest
  std::string purpose;
  bool show_ended = false;
};
// What is searched for is the first line of standard input, so that it stands in no list of processes and no history of
// a shell.
absl::Status RunMemberSearch(const SearchOptions& options, Context& context);

struct ReadingsOptions {
  std::string unit;
  std::string service = "members";  // or problems, education
  std::string actor;
  std::string member;
  std::string resource;
  int limit = 100;
  std::vector<std::string> known;  // CHAIN:SEQUENCE:HASH
};
absl::Status RunReadingsList(const ReadingsOptions& options, Context& context);
absl::Status RunReadingsVerify(const ReadingsOptions& options, Context& context);
// Of posts, terms and appointments.
struct PostOptions {
  std::string name;  // posts/ID, terms/ID, appointments/ID, or the ID
  std::string unit;
  std::string filter;
  std::string member;
  std::string date;      // the day it is about
  std::string approver;  // of an extension
  std::string reason;
  std::string document;
  std::vector<std::string> elected;  // POST=MEMBER
  bool failed = false;               // of an election
  std::string etag;
  std::string request_id;
  bool subtree = false;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunPostGet(const PostOptions& options, Context& context);
absl::Status RunPostList(const PostOptions& options, Context& context);
absl::Status RunPostCreate(const PostOptions& options, Context& context);
absl::Status RunPostUpdate(const PostOptions& options, Context& context);
absl::Status RunPostAbolish(const PostOptions& options, Context& context);
absl::Status RunTermGet(const PostOptions& options, Context& context);
absl::Status RunTermList(const PostOptions& options, Context& context);
absl::Status RunTermCreate(const PostOptions& options, Context& context);
absl::Status RunTermPlan(const PostOptions& options, Context& context);
absl::Status RunTermElect(const PostOptions& options, Context& context);
absl::Status RunTermExtend(const PostOptions& options, Context& context);
absl::Status RunTermEnd(const PostOptions& options, Context& context);
absl::Status RunAppointmentGet(const PostOptions& options, Context& context);
absl::Status RunAppointmentList(const PostOptions& options, Context& context);
absl::Status RunAppointmentCreate(const PostOptions& options, Context& context);
absl::Status RunAppointmentEnd(const PostOptions& options, Context& context);

// Of workplaces and who serves them.
struct WorkplaceOptions {
  std::string name;  // workplaces/ID, covers/ID, or the ID
  std::string unit;
  std::string filter;
  std::string workplace;
  std::string date;                     // the day it is about
  std::vector<std::string> workplaces;  // names or ids
  std::string etag;
  std::string request_id;
  bool subtree = false;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunWorkplaceGet(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceList(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceUncovered(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceCreate(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceUpdate(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceMove(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceClose(const WorkplaceOptions& options, Context& context);
absl::Status RunWorkplaceRestore(const WorkplaceOptions& options, Context& context);
absl::Status RunCoverGet(const WorkplaceOptions& options, Context& context);
absl::Status RunCoverList(const WorkplaceOptions& options, Context& context);
absl::Status RunCoverAssign(const WorkplaceOptions& options, Context& context);
absl::Status RunCoverEnd(const WorkplaceOptions& options, Context& context);

// Of duties and their results.
struct DutyOptions {
  std::string name;  // duties/ID, dutyResults/ID, or the ID
  std::string unit;
  std::string filter;
  std::string member;
  std::string month;
  std::string date;  // the day it is about
  std::string reason;
  std::string outcome;
  std::string summary;
  std::vector<std::string> parties;  // ROLE=WHO
  int64_t part = 0;
  std::string etag;
  std::string request_id;
  bool subtree = false;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunDutyGet(const DutyOptions& options, Context& context);
absl::Status RunDutyList(const DutyOptions& options, Context& context);
absl::Status RunDutyCreate(const DutyOptions& options, Context& context);
absl::Status RunDutyUpdate(const DutyOptions& options, Context& context);
absl::Status RunDutyStart(const DutyOptions& options, Context& context);
absl::Status RunDutyComplete(const DutyOptions& options, Context& context);
absl::Status RunDutyEnd(const DutyOptions& options, Context& context);
absl::Status RunDutyCancel(const DutyOptions& options, Context& context);
absl::Status RunDutyJoin(const DutyOptions& options, Context& context);
absl::Status RunDutyLeave(const DutyOptions& options, Context& context);
absl::Status RunDutyResults(const DutyOptions& options, Context& context);
absl::Status RunDutyResult(const DutyOptions& options, Context& context);
absl::Status RunDutyRecord(const DutyOptions& options, Context& context);
absl::Status RunDutyAmend(const DutyOptions& options, Context& context);

struct ImportOptions {
  std::string file;
  std::string parent;
  bool valid_rows = false;  // leave bad rows out instead of applying nothing
  bool validate_only = false;
  std::string rejected;  // file for the rejected rows
  std::string request_id;
  std::string format;                // `csv` or `ndjson`; empty: by the file's name
  std::vector<std::string> columns;  // `TITLE=FIELD`: what the file calls a field
};
absl::Status RunImportUnits(const ImportOptions& options, Context& context);
absl::Status RunImportMembers(const ImportOptions& options, Context& context);
absl::Status RunImportProblems(const ImportOptions& options, Context& context);
absl::Status RunImportLearning(const ImportOptions& options, Context& context);

struct ImportRecordOptions {
  std::string import;
  std::string parent;
  bool problems = false;  // those of ledgers of problems
  bool learning = false;  // those of learning records
};
absl::Status RunImportShow(const ImportRecordOptions& options, Context& context);
absl::Status RunImportList(const ImportRecordOptions& options, Context& context);
absl::Status RunImportRevert(const ImportRecordOptions& options, Context& context);

struct ExportOptions {
  std::string parent;
  std::string format = "csv";
  std::string output;  // empty: standard output
  std::string filter;  // of problems
};
absl::Status RunExportUnits(const ExportOptions& options, Context& context);
absl::Status RunExportMembers(const ExportOptions& options, Context& context);
absl::Status RunExportProblems(const ExportOptions& options, Context& context);

struct WatchOptions {
  std::string service = "organization";
  std::vector<std::string> units;
  std::vector<std::string> kinds;
  std::string resume_token;
  int64_t count = 0;  // ends after so many changes; 0: never
};
absl::Status RunWatch(const WatchOptions& options, Context& context);

struct TokenOptions {
  std::string key;
  std::string issuer;
  std::string subject;
  std::string ttl = "12h";
};
absl::Status RunTokenCreate(const TokenOptions& options, Context& context);
absl::Status RunKeysCreate(const std::string& directory, Context& context);

struct GrantOptions {
  std::string unit;
  std::string principal;
  std::string issuer;
  std::string subject;
  std::string role;
  std::string start;
  std::string end;
  std::string grant;
  bool show_ended = false;
};
absl::Status RunGrantList(const GrantOptions& options, Context& context);
absl::Status RunGrantCreate(const GrantOptions& options, Context& context);
absl::Status RunGrantRevoke(const GrantOptions& options, Context& context);
absl::Status RunPrincipalList(Context& context);
absl::Status RunWhoami(Context& context);

}  // namespace ronghe::gateway::cli
