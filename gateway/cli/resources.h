#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "gateway/cli/commands.h"

// What commands on single resources and lists have in common.
namespace ronghe::gateway::cli {

// Fills `message` from a command line's texts. INVALID_ARGUMENT with every wrong one.
absl::Status FillFields(const FieldTexts& fields, google::protobuf::Message& message);
// Sets a date field by name from text, unless it is empty.
void SetDateText(google::protobuf::Message& message, const char* field, const std::string& text,
                 common::Violations& violations);

// A list as a table of these fields, or as a JSON array.
void PrintList(Context& context, const std::vector<const google::protobuf::Message*>& messages,
               const std::vector<std::string_view>& fields);
template <typename Message>
void PrintList(Context& context, const std::vector<Message>& messages, const std::vector<std::string_view>& fields) {
  std::vector<const google::protobuf::Message*> pointers;
  for (const Message& message : messages) pointers.push_back(&message);
  PrintList(context, pointers, fields);
}

// `TO_DO` from `to-do`.
std::string ShortName(std::string text);
// The value of an enum by its short name, in any case and with hyphens; 0 for an empty text.
absl::StatusOr<int> ValueOf(const google::protobuf::EnumDescriptor* type, std::string text, std::string_view field);

}  // namespace ronghe::gateway::cli
