#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "ronghe/common/v1/import.pb.h"

#include "services/common/import/import_app.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/executor.h"

namespace ronghe::common {

// One message of an import stream, whatever the type of its rows. Points into the message.
struct ImportMessage {
  const common::v1::ImportStart* start = nullptr;
  const common::v1::ImportCommit* commit = nullptr;
  bool has_rows = false;
  std::vector<ImportRow> rows;  // payload: the serialized message of the row
};
// Reads one message of a stream; at most a few more rows than are allowed are copied.
using ReadImportMessage = ImportMessage (*)(const google::protobuf::Message&);
// For a request with `start`, `rows` (rows with `line`) and `commit`; `payload` serializes what is in a row.
template <typename Request, typename Payload>
ImportMessage ReadImportParts(const Request& request, Payload payload) {
  ImportMessage parts;
  if (request.has_start()) parts.start = &request.start();
  if (request.has_commit()) parts.commit = &request.commit();
  if (!request.has_rows()) return parts;
  parts.has_rows = true;
  // More than are allowed are refused, whatever they are.
  const int count = std::min(request.rows().rows_size(), kMaxRowsPerMessage + 1);
  parts.rows.reserve(count);
  for (int i = 0; i < count; ++i) {
    const auto& row = request.rows().rows(i);
    parts.rows.push_back({row.line(), payload(row)});
  }
  return parts;
}

// The sender's half of an import's stream: one start, any rows, one commit; everything else is
// INVALID_ARGUMENT and applies nothing. Rows are staged in batches. Then the progress.
std::unique_ptr<common::Upload> NewImportUpload(common::Executor& executor, ImportApp& app, const common::Call& call,
                                                std::string collection, ReadImportMessage read);

}  // namespace ronghe::common
