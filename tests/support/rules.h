#pragma once

#include <gtest/gtest.h>

#include "services/organization/rpc/rule_pack_codec.h"

namespace ronghe::tests {

// The rules that ship with the service. Link ronghe_organization_rules.
inline const organization::RuleBook& DefaultRules() {
  static const auto* const loaded = new auto(organization::LoadRulePack("").value());
  return loaded->book;
}

}  // namespace ronghe::tests
