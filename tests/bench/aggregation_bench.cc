// Figures of aggregation:
//   aggregation_bench [--json FILE] [--only fold,write,scale,overview,freshness,memory] [--units N]
// `--units`: how many the gateway's memory is measured with; 1,000,000 by default, which takes some minutes to import.

#include <cstdlib>
#include <map>
#include <string>

#include <absl/strings/str_split.h>

#include "tests/bench/aggregation.h"

int main(int argc, char** argv) {
  using namespace ronghe::bench;
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const std::vector<std::string> only = absl::StrSplit(options["--only"], ',', absl::SkipEmpty());
  const auto wanted = [&](const char* name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  Report report;
  if (wanted("fold")) FoldFigures(report);
  if (wanted("write")) WriteFigures(report);
  if (wanted("scale")) ScaleFigures(report);
  if (wanted("overview")) OverviewFigures(report);
  if (wanted("freshness")) FreshnessFigures(report);
  const std::string& units = options["--units"];
  if (wanted("memory")) MemoryFigures(report, units.empty() ? 1'000'000 : std::atoll(units.c_str()));
  return report.Finish(options["--json"]);
}
