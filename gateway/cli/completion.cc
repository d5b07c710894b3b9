#include "gateway/cli/completion.h"

#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

namespace ronghe::gateway::cli {
namespace {

// What may follow a sequence of commands.
struct Node {
  std::string path;  // commands from the top, joined by blanks; empty at the top
  std::string about;
  std::vector<std::pair<std::string, std::string>> commands;  // name, what it does
  std::vector<std::pair<std::string, std::string>> options;   // `--name`, what it means
};

void Collect(const CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, app.get_description(), {}, {}};
  std::vector<const CLI::App*> below;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name().empty()) continue;
    node.commands.emplace_back(command->get_name(), command->get_description());
    below.push_back(command);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      node.options.emplace_back("--" + name, option->get_description());
  }
  nodes.push_back(std::move(node));
  for (const CLI::App* command : below) {
    Collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), nodes);
  }
}

std::string Words(const Node& node) {
  std::vector<std::string> words;
  for (const auto& [name, about] : node.commands) words.push_back(name);
  for (const auto& [name, about] : node.options) words.push_back(name);
  return fmt::format("{}", fmt::join(words, " "));
}

std::string Escape(std::string text, std::string_view characters, char by) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += ' ';
      continue;
    }
    if (characters.find(c) != std::string_view::npos) out += by;
    out += c;
  }
  return out;
}

// Inside single quotes, where a colon ends the name.
std::string ZshText(const std::string& about) {
  std::string out;
  for (const char c : Escape(about, ":", '\\')) out += c == '\'' ? std::string("’") : std::string(1, c);
  return out;
}

std::string Bash(const std::vector<Node>& nodes) {
  std::string out =
      "# bash completion for ronghectl\n"
      "_ronghectl() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} path='' word words\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$path $word\" in\n";
  std::vector<std::string> paths;
  for (const Node& node : nodes) {
    if (!node.path.empty()) paths.push_back(fmt::format("\" {}\"", node.path));
  }
  out += fmt::format("      {}) path=\"$path $word\" ;;\n", fmt::join(paths, " | "));
  out += "    esac\n  done\n  case \"$path\" in\n";
  for (const Node& node : nodes) {
    out += fmt::format("    \"{}{}\") words=\"{}\" ;;\n", node.path.empty() ? "" : " ", node.path, Words(node));
  }
  out +=
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "}\n"
      "complete -o default -F _ronghectl ronghectl\n";
  return out;
}

std::string Zsh(const std::vector<Node>& nodes) {
  std::string out =
      "#compdef ronghectl\n"
      "_ronghectl() {\n"
      "  local path_='' word\n"
      "  local -a entries\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
      "    case \"$path_ $word\" in\n";
  std::vector<std::string> paths;
  for (const Node& node : nodes) {
    if (!node.path.empty()) paths.push_back(fmt::format("\" {}\"", node.path));
  }
  out += fmt::format("      {}) path_=\"$path_ $word\" ;;\n", fmt::join(paths, "|"));
  out += "    esac\n  done\n  case \"$path_\" in\n";
  for (const Node& node : nodes) {
    out += fmt::format("    \"{}{}\") entries=(", node.path.empty() ? "" : " ", node.path);
    for (const auto* list : {&node.commands, &node.options}) {
      for (const auto& [name, about] : *list) {
        out += fmt::format(" '{}:{}'", name, ZshText(about));
      }
    }
    out += " ) ;;\n";
  }
  out +=
      "  esac\n"
      "  _describe 'ronghectl' entries || _files\n"
      "}\n"
      "if [ \"$funcstack[1]\" = \"_ronghectl\" ]; then _ronghectl; else compdef _ronghectl ronghectl; fi\n";
  return out;
}

std::string Fish(const std::vector<Node>& nodes) {
  // A command is offered where all commands above it are on the line and none of its own level.
  std::string out = "# fish completion for ronghectl\ncomplete -c ronghectl -e\n";
  for (const Node& node : nodes) {
    std::vector<std::string> conditions;
    if (!node.path.empty()) {
      std::string seen = "__fish_seen_subcommand_from ";
      for (const char c : node.path)
        seen += c == ' ' ? std::string("; and __fish_seen_subcommand_from ") : std::string(1, c);
      conditions.push_back(seen);
    }
    std::vector<std::string> own;
    for (const auto& [name, about] : node.commands) own.push_back(name);
    if (!own.empty()) conditions.push_back(fmt::format("not __fish_seen_subcommand_from {}", fmt::join(own, " ")));
    const std::string condition = conditions.empty() ? "" : fmt::format(" -n '{}'", fmt::join(conditions, "; and "));
    for (const auto& [name, about] : node.commands) {
      out += fmt::format("complete -c ronghectl -f{} -a {} -d '{}'\n", condition, name, Escape(about, "'\\", '\\'));
    }
    for (const auto& [name, about] : node.options) {
      const std::string where = node.path.empty() ? "" : fmt::format(" -n '{}'", conditions.front());
      out += fmt::format("complete -c ronghectl{} -l {} -d '{}'\n", where, name.substr(2), Escape(about, "'\\", '\\'));
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> CompletionScript(const CLI::App& app, std::string_view shell) {
  std::vector<Node> nodes;
  Collect(app, "", nodes);
  if (shell == "bash") return Bash(nodes);
  if (shell == "zsh") return Zsh(nodes);
  if (shell == "fish") return Fish(nodes);
  return std::nullopt;
}

}  // namespace ronghe::gateway::cli
