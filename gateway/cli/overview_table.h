#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/cli/console.h"
#include "gateway/cli/context.h"
#include "gateway/cli/table.h"
#include "ronghe/gateway/v1/overview_service.pb.h"

// Overviews as tables: columns, labels and units as the protos declare them.
namespace ronghe::gateway::cli {

// A metric or rate of some service.
struct FigureColumn {
  const google::protobuf::FieldDescriptor* service;  // field of Overview
  const google::protobuf::FieldDescriptor* metric;   // null: a rate
  std::string rate;                                  // `education.attendance_rate`
  double scale = 1;                                  // what the number is multiplied by
  int decimals = 0;
  const char* suffix = "";
  std::string label;
};
// Those shown by default, or all, of the services that have figures in any of the overviews.
std::vector<FigureColumn> FigureColumns(const std::vector<v1::Overview>& overviews, Language language, bool all);
// `–` where there is none.
std::string FigureCell(const v1::Overview& overview, const FigureColumn& column);
// One row for each overview: what it is called, code and level (or its period), then its figures. `ordered_by`, if it
// is a figure (`education.attendance_rate desc`): that one comes first, with the rank and a metric's share of the
// whole.
Table OverviewTable(const std::vector<v1::Overview>& overviews, const std::vector<int>& indents, bool by_period,
                    bool all, const Console& console, const std::string& ordered_by = "");
// Says on standard error what is missing, old or summed under different structures.
void PrintNotes(Context& context, const google::protobuf::RepeatedPtrField<v1::OverviewPart>& parts,
                bool structure_differs);
common::v1::Structure StructureOf(const std::string& name);

}  // namespace ronghe::gateway::cli
