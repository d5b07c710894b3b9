#pragma once

#include <memory>
#include <vector>

#include "services/common/directory/directory.h"
#include "services/common/directory/unit_tree.h"

namespace ronghe::common {

// `rest`: everything but the units.
std::unique_ptr<DirectorySnapshot> MakeSnapshot(std::vector<UnitRecord> units, DirectoryDelta rest);

}  // namespace ronghe::common
