#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/cli/commands.h"
#include "gateway/cli/declare.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/row_mapper.h"
#include "ronghe/common/v1/access.pb.h"

// What the declarations of commands have in common; for declare*.cc only.
namespace ronghe::gateway::cli {

// A command whose options live as long as it may run.
template <typename Options>
struct Declared {
  CLI::App* app;
  std::shared_ptr<Options> options = std::make_shared<Options>();
};

template <typename Options>
Declared<Options> Declare(CLI::App& parent, const char* name, const char* about, Context& context, Command& command,
                          absl::Status (*run)(const Options&, Context&)) {
  Declared<Options> declared{parent.add_subcommand(name, about)};
  declared.app->callback([&context, &command, run, options = declared.options] {
    command = [&context, run, options] { return run(*options, context); };
  });
  return declared;
}

// An option for every field that a caller may set: `--established-date`.
inline void AddFields(CLI::App& app, const google::protobuf::Descriptor* type, bool update, FieldTexts& texts,
                      const std::set<std::string>& without = {}) {
  for (const google::protobuf::FieldDescriptor* field : InputFields(type)) {
    if (without.contains(field->name())) continue;
    if (update && field->options().GetExtension(common::v1::immutable)) continue;
    // Where a resource belongs is changed by moving it.
    if (update && (field->name() == "parent" || field->name() == "unit")) continue;
    std::string option = "--" + field->name();
    std::replace(option.begin(), option.end(), '_', '-');
    const std::string label = LabelOf(field, Language::kEnglish) + " / " + LabelOf(field, Language::kChinese);
    CLI::Option* added = app.add_option_function<std::string>(
        option, [&texts, name = field->name()](const std::string& text) { texts[name] = text; }, label);
    if (!update && field->options().GetExtension(common::v1::required)) added->required();
  }
}

inline constexpr char kDateHelp[] = "effective date, for example 2026-11-01; default today";
inline constexpr char kRequestIdHelp[] = "UUID that makes the request happen once; default a new one";
inline constexpr char kValidateHelp[] = "check everything, change nothing";

template <typename Options>
void AddWriteOptions(CLI::App& app, Options& options, bool validate) {
  app.add_option("--request-id", options.request_id, kRequestIdHelp);
  if (validate) app.add_flag("--validate-only", options.validate_only, kValidateHelp);
}

// What changes a record by its name; `day`: what `--date` is about, null where there is none.
template <typename Options>
void AddEventOptions(Declared<Options>& change, const char* day) {
  change.app->add_option("name", change.options->name)->required();
  if (day != nullptr) change.app->add_option("--date", change.options->date, day);
  change.app->add_option("--etag", change.options->etag, "refuse if it has changed since it was read");
  AddWriteOptions(*change.app, *change.options, /*validate=*/true);
}

}  // namespace ronghe::gateway::cli
