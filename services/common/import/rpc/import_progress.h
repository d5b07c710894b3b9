#pragma once

#include <memory>

#include "services/common/import/import_app.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/executor.h"
#include "services/common/values/call.h"

namespace ronghe::common {

// The answer of an import stream: an ImportProgress whenever the import has come further, with the refusals found
// since, up to its end. Waits without a thread. `executor`, `app` must outlive it; `call` lives as long as the source.
std::unique_ptr<common::MessageSource> NewImportProgress(common::Executor& executor, ImportApp& app,
                                                         const common::Call& call, int64_t import_id);

}  // namespace ronghe::common
