// ronghe_suite: starts the five processes for a test in another language, prints one line of JSON (addresses, token,
// directory, programs) and stops them when its standard input ends.
#include <cstdio>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/suite.h"

int main() {
  ronghe::tests::Suite suite;
  nlohmann::json about;
  for (const std::string& service : ronghe::tests::Suite::Services()) {
    about["addresses"][service] = suite.Address(service);
    about["probes"][service] = suite.ProbeAddress(service);
  }
  about["token"] = suite.administrator();
  about["directory"] = suite.directory();
  about["ronghectl"] = ronghe::tests::Suite::Program("ronghectl");
  std::cout << about.dump() << std::endl;
  while (std::getchar() != EOF) {
  }
  return 0;
}
