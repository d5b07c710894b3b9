#pragma once

#include <functional>

#include <absl/status/status.h>

#include "gateway/cli/context.h"

namespace CLI {
class App;
}

namespace ronghe::gateway::cli {

// What the command line asks for; set while it is parsed, run afterwards.
using Command = std::function<absl::Status()>;

// Declare the commands. `context` and `command` outlive the parsing and the running.
void DeclareViews(CLI::App& app, Context& context, Command& command);       // overview, tree, rules, alerts, watch
void DeclareUnits(CLI::App& app, Context& context, Command& command);       // unit
void DeclareMembers(CLI::App& app, Context& context, Command& command);     // member
void DeclareReadings(CLI::App& app, Context& context, Command& command);    // readings
void DeclarePosts(CLI::App& app, Context& context, Command& command);       // post, term, appointment
void DeclareWorkplaces(CLI::App& app, Context& context, Command& command);  // workplace, cover
void DeclareDuties(CLI::App& app, Context& context, Command& command);      // duty
void DeclareChecklists(CLI::App& app, Context& context, Command& command);  // checklist, self-check
void DeclareActivities(CLI::App& app, Context& context, Command& command);  // activity
void DeclareLearning(CLI::App& app, Context& context, Command& command);    // learning
void DeclareProblems(CLI::App& app, Context& context, Command& command);    // problem
void DeclareRisks(CLI::App& app, Context& context, Command& command);       // risk-point
void DeclareTransfers(CLI::App& app, Context& context, Command& command);   // import, export
void DeclareAccess(CLI::App& app, Context& context, Command& command);      // grant, principal, whoami, token, keys

}  // namespace ronghe::gateway::cli
