#include "tests/bench/report.h"

#include <cstdio>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ronghe::bench {

void Report::Add(Figure figure) {
  fmt::print("  {:<44} {:>14.3f} {}\n", figure.id, figure.value, figure.unit);
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

int Report::Finish(const std::string& file) const {
  nlohmann::json all = nlohmann::json::array();
  bool holds = true;
  fmt::print("\n{:<46} {:>14} {:<12} {:>12}  {}\n", "figure", "measured", "unit", "asked", "holds");
  for (const Figure& f : figures_) {
    const bool asked = f.asked != Figure::Asked::kNothing;
    const char* sign = f.asked == Figure::Asked::kAtLeast ? ">=" : "<=";
    fmt::print("{:<46} {:>14.3f} {:<12} {:>12}  {}\n", f.id, f.value, f.unit,
               asked ? fmt::format("{} {:g}", sign, f.target) : "", asked ? (f.holds() ? "yes" : "NO") : "");
    nlohmann::json row = {{"id", f.id}, {"value", f.value}, {"unit", f.unit}, {"holds", f.holds()}};
    row["target"] = asked ? nlohmann::json(f.target) : nlohmann::json(nullptr);
    all.push_back(row);
    holds = holds && f.holds();
  }
  if (!file.empty()) std::ofstream(file) << all.dump(2) << "\n";
  return holds ? 0 : 1;
}

}  // namespace ronghe::bench
