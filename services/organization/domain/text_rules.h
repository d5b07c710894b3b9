#pragma once

#include "services/common/values/text_rules.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::CheckText;
using common::CountCharacters;
using common::HasControlCharacters;
using common::IsUuid;
using common::kPersonalDigits;
using common::LongestNumber;
using common::TextRule;

}  // namespace ronghe::organization
