#pragma once

#include <string>
#include <vector>

#include "gateway/cli/context.h"

namespace ronghe::gateway::cli {

// Runs one command line (without the program's name) and returns its exit code. Tests call it like the program does.
int Run(const std::vector<std::string>& arguments, Environment& environment);

}  // namespace ronghe::gateway::cli
