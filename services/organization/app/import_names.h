#pragma once

#include "services/common/import/import.h"
#include "services/common/import/import_target.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::ChunkOutcome;
using common::Import;
using common::ImportCheck;
using common::ImportRow;
using common::ImportTarget;
using common::ImportTxn;
using common::IssueSink;
using common::RowIssue;

}  // namespace ronghe::organization
