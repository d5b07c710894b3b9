#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace ronghe::gateway::cli {

// The script that completes commands, options and their fixed values in `bash`, `zsh` or `fish`; made from the declared
// commands, so it cannot differ from them. nullopt for another shell.
std::optional<std::string> CompletionScript(const CLI::App& app, std::string_view shell);

}  // namespace ronghe::gateway::cli
