#pragma once

#include <string>
#include <vector>

namespace ronghe::bench {

// One figure. `target` is what was asked for; figures without one are printed for orientation only.
struct Figure {
  std::string id;  // `foundation.getunit_direct_ratio`
  double value = 0;
  std::string unit;
  enum class Asked { kNothing, kAtLeast, kAtMost } asked = Asked::kNothing;
  double target = 0;

  bool holds() const {
    return asked == Asked::kNothing || (asked == Asked::kAtLeast ? value >= target : value <= target);
  }
};

// Collects the figures of a benchmark program, prints them as a table and writes them as JSON: an array of
// {"id", "value", "unit", "target", "holds"}.
class Report {
 public:
  void Add(Figure figure);
  void AtLeast(std::string id, double value, std::string unit, double target) {
    Add({std::move(id), value, std::move(unit), Figure::Asked::kAtLeast, target});
  }
  void AtMost(std::string id, double value, std::string unit, double target) {
    Add({std::move(id), value, std::move(unit), Figure::Asked::kAtMost, target});
  }
  void Note(std::string id, double value, std::string unit) { Add({std::move(id), value, std::move(unit)}); }
  // Prints the table, writes `file` where it is not empty; returns the program's exit code: 0 if every figure holds.
  int Finish(const std::string& file) const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace ronghe::bench
