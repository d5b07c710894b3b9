#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

struct ProblemPage {
  std::vector<ProblemView> problems;
  std::string next_page_token;
};

// Numbers are those of ronghe.rectification.v1.
enum class Worklist {
  kUnspecified = 0,
  kToDo = 1,
  kToVerify = 2,
  kToDecide = 3,
  kDueSoon = 4,
  kOverdue = 5,
  kEscalated = 6,
  kLookBack = 7,
};

struct ProblemListQuery {
  std::string parent;  // `units/{code}`
  bool subtree = false;
  int page_size = 0;
  std::string page_token;
  std::string filter;
  std::string order_by;
};

struct WorklistQuery {
  std::string parent;
  Worklist worklist = Worklist::kUnspecified;
  bool subtree = false;
  std::string person;
  int page_size = 0;
  std::string page_token;
};

struct ProblemCounts {
  int64_t open = 0;
  int64_t overdue = 0;
  int64_t submitted = 0;
  int64_t closed = 0;
};
struct ProblemCountTables {
  std::map<std::string, ProblemCounts> by_category;
  std::map<std::string, ProblemCounts> by_source;
  std::map<std::string, ProblemCounts> by_level;
};

struct ProblemHistory {
  ProblemId id;
  bool show_texts = false;
  common::UnitUid unit;  // that answers for it now
  std::vector<ProblemStep> steps;
  std::string next_page_token;
};

// A problem with everything that happened to it.
struct ProblemRecord {
  ProblemView view;
  std::vector<ProblemStep> steps;
};

// Lists of problems. Thread-safe.
class ProblemQuery {
 public:
  // All outlive it.
  struct Parts {
    ProblemStore& store;
    ProblemApp& app;
    const common::Units& units;
    common::Calendar calendar;
    const Policy& policy;
    const common::TokenSigner& signer;
  };
  explicit ProblemQuery(Parts parts) : parts_(parts) {}

  absl::StatusOr<ProblemPage> List(const common::Call& call, const ProblemListQuery& query);
  absl::StatusOr<ProblemPage> ListWorklist(const common::Call& call, const WorklistQuery& query);
  absl::StatusOr<ProblemCountTables> Count(const common::Call& call, const std::string& parent);
  absl::StatusOr<ProblemHistory> History(const common::Call& call, const std::string& parent, int page_size,
                                         const std::string& page_token);

  // The problems of a unit and of everything below it, those that are not open too, a page with each call; empty at the
  // end. `call` outlives it.
  using Export = std::function<absl::StatusOr<std::vector<ProblemRecord>>()>;
  absl::StatusOr<Export> StartExport(const common::Call& call, const std::string& parent, const std::string& filter);

 private:
  struct Wanted;
  absl::StatusOr<std::vector<ProblemRecord>> NextRecords(const common::Call& call, Wanted& wanted, bool& ended);
  // The units whose records are this one's: itself and those to which it succeeded; with `subtree`, all below too.
  std::vector<common::UnitUid> Alike(const common::UnitView& unit) const;
  absl::StatusOr<ProblemPage> Page(const common::Call& call, const Wanted& wanted);
  // What a worklist wants, beside the units.
  ProblemFilter FilterOf(const common::Call& call, const WorklistQuery& query, const common::UnitView& unit) const;

  Parts parts_;
};

}  // namespace ronghe::rectification
