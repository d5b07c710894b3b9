#pragma once

#include "ronghe/common/v1/import.pb.h"

#include "services/common/import/import_app.h"

namespace ronghe::common {

v1::Import ToProto(const Import& import, const ImportApp& app);
v1::ImportRowError ToProto(const RowIssue& issue);

}  // namespace ronghe::common
