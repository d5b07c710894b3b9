#pragma once

#include <functional>
#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include "gateway/cli/console.h"
#include "gateway/cli/session.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"

namespace ronghe::gateway::cli {

// What the program got from its surroundings; tests give their own.
struct Environment {
  Console console;
  std::function<const char*(const char* name)> variable;  // nullptr: unset
  const common::Clock& clock;
  common::Random& random;
  std::function<void(absl::Duration)> pause;  // between attempts
  std::string program;                        // path of the program's file; empty: unknown
};

// What a command works with.
struct Context {
  Environment& environment;
  ConnectOptions connect;
  bool timeout_given = false;

  Console& console() { return environment.console; }
  std::ostream& out() { return *environment.console.out; }
  std::ostream& err() { return *environment.console.err; }
  // Connects at the first use.
  absl::StatusOr<Session*> session();

  std::unique_ptr<Session> connected;
};

// The message as JSON, on one line or indented.
std::string ToJson(const google::protobuf::Message& message, bool indented = false);
// One resource: label and value, one a line; or JSON.
void PrintResource(Context& context, const google::protobuf::Message& message);

}  // namespace ronghe::gateway::cli
