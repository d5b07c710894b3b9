// Figures of organization, on the processes as they ship, over SQLite:
//   organization_bench [--json FILE] [--members N] [--only members,structure]
// `--members`: how many the searches are measured with; 1,000,000 by default, which takes some minutes to import.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <absl/strings/str_split.h>

#include "tests/bench/organization.h"

int main(int argc, char** argv) {
  using namespace ronghe::bench;
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const std::vector<std::string> only = absl::StrSplit(options["--only"], ',', absl::SkipEmpty());
  const auto wanted = [&](const char* name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  Report report;
  const std::string& members = options["--members"];
  if (wanted("structure")) StructureFigures(report);
  if (wanted("members")) MemberFigures(report, members.empty() ? 1'000'000 : std::atoll(members.c_str()));
  return report.Finish(options["--json"]);
}
