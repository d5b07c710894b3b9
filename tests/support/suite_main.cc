// ronghe_suite: starts the five processes for a test in another language, prints one line of JSON (addresses, http,
// token, directory, programs) and stops them when its standard input ends.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/suite.h"

int main() {
  ronghe::tests::Suite::Options options;
  options.arguments["gateway"] = {"--http-listen", "127.0.0.1:0"};
  ronghe::tests::Suite suite(options);
  nlohmann::json about;
  for (const std::string& service : ronghe::tests::Suite::Services()) {
    about["addresses"][service] = suite.Address(service);
    about["probes"][service] = suite.ProbeAddress(service);
  }
  std::ifstream ports(suite.File("gateway.port"));
  for (std::string line; std::getline(ports, line);) {
    if (line.rfind("http=", 0) == 0) about["http"] = "http://127.0.0.1:" + line.substr(5);
  }
  about["token"] = suite.administrator();
  about["directory"] = suite.directory();
  about["ronghectl"] = ronghe::tests::Suite::Program("ronghectl");
  std::cout << about.dump() << std::endl;
  while (std::getchar() != EOF) {
  }
  return 0;
}
