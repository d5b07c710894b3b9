#pragma once

#include <string>
#include <string_view>

#include "services/common/auth/auth.h"
#include "services/common/import/import_app.h"
#include "services/education/app/activity_app.h"
#include "services/education/app/learning_app.h"

namespace ronghe::education {

// Finds the units of this service's records, and of members, for permissions. Thread-safe.
class EducationOwners final : public common::OwnerResolver {
 public:
  EducationOwners(ActivityApp& activities, LearningApp& learning, common::ImportApp& imports)
      : activities_(activities), learning_(learning), imports_(imports) {}
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    if (resource.starts_with("learningRecords/") || resource.starts_with("members/")) {
      return learning_.OwnerOf(resource, deadline);
    }
    if (!resource.starts_with("learningImports/")) return activities_.OwnerOf(resource, deadline);
    RONGHE_ASSIGN_OR_RETURN(const int64_t id, imports_.IdOf(std::string(resource)));
    return imports_.OwnerOf(id, deadline);
  }

 private:
  ActivityApp& activities_;
  LearningApp& learning_;
  common::ImportApp& imports_;
};

}  // namespace ronghe::education
