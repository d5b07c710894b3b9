#pragma once

#include <map>
#include <string>

#include "tests/support/suite.h"

namespace ronghe::tests {

// Makes one record of every kind that lies in a branch: a member, who holds a post and is on the way to the
// branch `other`, a workplace, a duty, a problem, an order; through the gateway. Returns their names by collection
// (`members`).
std::map<std::string, std::string> MakeRecords(Suite& suite, const std::string& branch, const std::string& other,
                                               const std::string& identity_number);

}  // namespace ronghe::tests
