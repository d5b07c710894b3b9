#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ronghe/common/v1/import.pb.h"

#include "services/common/serve/binding.h"
#include "services/common/serve/executor.h"
#include "services/organization/app/import_app.h"

namespace ronghe::organization {

// One message of an import stream, whatever the type of its rows. Points into the message.
struct ImportMessage {
  const common::v1::ImportStart* start = nullptr;
  const common::v1::ImportCommit* commit = nullptr;
  bool has_rows = false;
  std::vector<ImportRow> rows;  // payload: the serialized unit or member
};
// Reads one message of a stream; at most a few more rows than are allowed are copied.
using ReadImportMessage = ImportMessage (*)(const google::protobuf::Message&);
ImportMessage ReadUnitsMessage(const google::protobuf::Message& message);
ImportMessage ReadMembersMessage(const google::protobuf::Message& message);

// The sender's half of ImportUnits and ImportMembers: one start, any rows, one commit; everything else is
// INVALID_ARGUMENT and applies nothing. Rows are staged in batches. Then the progress.
std::unique_ptr<common::Upload> NewImportUpload(common::Executor& executor, ImportApp& app, const common::Call& call,
                                                std::string collection, ReadImportMessage read);

}  // namespace ronghe::organization
