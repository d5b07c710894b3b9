#include "services/common/import/rpc/import_upload.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "services/common/import/rpc/import_progress.h"
#include "services/common/values/wire.h"

namespace ronghe::common {
namespace {

// Rows are written in transactions of about this many: each is a wait for the disk.
constexpr size_t kRowsPerWrite = 2'000;

absl::Status BadStream(std::string field, std::string reason, common::Text text) {
  return common::InvalidArgument(std::move(field), std::move(reason), std::move(text));
}

class ImportUpload final : public common::Upload {
 public:
  ImportUpload(common::Executor& executor, ImportApp& app, const common::Call& call, std::string collection,
               ReadImportMessage read)
      : executor_(executor), app_(app), call_(call), collection_(std::move(collection)), read_(read) {}

  absl::StatusOr<bool> Receive(const google::protobuf::Message& message) override {
    ImportMessage parts = read_(message);
    if (parts.start != nullptr) return Begin(*parts.start);
    if (!parts.has_rows && parts.commit == nullptr) {
      return BadStream("message", "EMPTY_MESSAGE",
                       {"A message holds a start, rows or a commit.", "消息须包含 start、rows 或 commit。"});
    }
    if (!import_.has_value()) {
      return BadStream("start", "START_FIRST", {"The first message must be a start.", "第一条消息必须是 start。"});
    }
    if (parts.commit != nullptr) return Commit(parts.commit->rows());
    RONGHE_RETURN_IF_ERROR(Take(std::move(parts.rows)));
    return false;
  }

  absl::StatusOr<std::unique_ptr<common::MessageSource>> Answer() override {
    if (!committed_) {
      return BadStream(
          "commit", "COMMIT_MISSING",
          {"The stream ended without a commit; nothing is applied.", "数据流未以 commit 结束，未导入任何数据。"});
    }
    return NewImportProgress(executor_, app_, call_, import_->id);
  }

 private:
  absl::StatusOr<bool> Begin(const common::v1::ImportStart& start) {
    if (import_.has_value()) {
      return BadStream("start", "SECOND_START", {"There is one start in a stream.", "一个数据流只能有一个 start。"});
    }
    common::Violations malformed;  // the use case says it better
    common::RequestKey key = KeyOf(call_, start.request_id(), start, malformed);
    key.request_id = start.request_id();
    key.digest += ":" + collection_;
    ImportApp::Start wanted{.collection = collection_,
                            .parent = start.parent(),
                            .mode = start.mode(),
                            .validate_only = start.validate_only(),
                            .key = std::move(key)};
    RONGHE_ASSIGN_OR_RETURN(ImportStore::Begun begun, app_.Begin(call_, wanted));
    import_ = std::move(begun.import);
    committed_ = begun.done_before;
    return committed_;
  }

  absl::Status Take(std::vector<ImportRow> rows) {
    if (rows.empty()) {
      return BadStream("rows", "EMPTY_MESSAGE", {"A message of rows holds at least one.", "rows 消息至少包含一行。"});
    }
    if (rows.size() > kMaxRowsPerMessage) {
      return BadStream("rows", "TOO_MANY_ROWS_IN_MESSAGE",
                       {fmt::format("A message holds at most {} rows.", kMaxRowsPerMessage),
                        fmt::format("一条消息最多 {} 行。", kMaxRowsPerMessage)});
    }
    std::ranges::move(rows, std::back_inserter(pending_));
    return pending_.size() < kRowsPerWrite ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    if (pending_.empty()) return absl::OkStatus();
    return app_.Stage(call_, *import_, std::exchange(pending_, {}));
  }

  absl::StatusOr<bool> Commit(int64_t rows) {
    RONGHE_RETURN_IF_ERROR(Flush());
    RONGHE_ASSIGN_OR_RETURN(import_, app_.Commit(call_, *import_, rows));
    committed_ = true;
    return true;
  }

  common::Executor& executor_;
  ImportApp& app_;
  const common::Call& call_;
  const std::string collection_;
  const ReadImportMessage read_;
  std::optional<Import> import_;
  std::vector<ImportRow> pending_;
  bool committed_ = false;
};

}  // namespace

std::unique_ptr<common::Upload> NewImportUpload(common::Executor& executor, ImportApp& app, const common::Call& call,
                                                std::string collection, ReadImportMessage read) {
  return std::make_unique<ImportUpload>(executor, app, call, std::move(collection), read);
}

}  // namespace ronghe::common
