#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

// Where the codes of administrative divisions went. What each part means stands in division.proto.
namespace ronghe::organization {

struct DivisionChange {
  std::string old_code;
  std::string title;
  std::vector<std::string> new_codes;
  absl::CivilDay effective;
  std::string source;
};

class DivisionMap {
 public:
  // INVALID_ARGUMENT with every fault, by the paths of division.proto. The order of one day's changes stays.
  static absl::StatusOr<DivisionMap> Create(std::string version, std::vector<DivisionChange> changes);

  struct Trace {
    std::vector<std::string> codes;
    bool exact = true;
    std::vector<const DivisionChange*> changes;  // of the map
  };
  // The codes on `as_of` of what `code` stood for on `coded`, or before any change.
  Trace Resolve(const std::string& code, std::optional<absl::CivilDay> coded, absl::CivilDay as_of) const;

  const std::string& version() const { return version_; }

 private:
  DivisionMap(std::string version, std::vector<DivisionChange> changes)
      : version_(std::move(version)), changes_(std::move(changes)) {}
  // Takes the changes [begin, end), all of one day, together.
  void Take(size_t begin, size_t end, Trace& trace) const;

  std::string version_;
  std::vector<DivisionChange> changes_;  // by day
};

}  // namespace ronghe::organization
