#include "services/common/auth/key_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "services/common/telemetry/log.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr size_t kMaxFile = 1 << 20;

absl::Status FileError(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

absl::Status WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : FileError("write", path);
}

}  // namespace

absl::StatusOr<KeyFile::Stamp> KeyFile::StampOf(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return FileError("read", path);
  return Stamp{status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino};
}

absl::Status KeyFile::Load() {
  RONGHE_ASSIGN_OR_RETURN(stamp_, StampOf(path_));
  RONGHE_ASSIGN_OR_RETURN(std::string text, ReadSmallFile(path_));
  absl::StatusOr<KeySet> keys = KeySet::Parse(text);
  if (!keys.ok()) return absl::FailedPreconditionError(fmt::format("{} is no JWK set", path_));
  if (keys->empty()) {
    return absl::FailedPreconditionError(fmt::format("{} holds no key for RS256, ES256 or EdDSA", path_));
  }
  MutexLock lock(mutex_);
  keys_ = std::make_shared<const KeySet>(*std::move(keys));
  generation_.fetch_add(1, std::memory_order_release);
  return absl::OkStatus();
}

void KeyFile::Refresh() {
  absl::StatusOr<Stamp> stamp = StampOf(path_);
  if (stamp.ok() && *stamp == stamp_ && !failing_) return;
  absl::StatusOr<std::string> text = stamp.ok() ? ReadSmallFile(path_) : stamp.status();
  absl::StatusOr<KeySet> keys = text.ok() ? KeySet::Parse(*text) : text.status();
  if (!keys.ok()) {
    if (!failing_) {
      Log(LogLevel::kError, "key file cannot be used, its last keys stay",
          {{"file", path_}, {"cause", std::string(keys.status().message())}});
    }
    failing_ = true;
    return;
  }
  failing_ = false;
  stamp_ = *stamp;
  MutexLock lock(mutex_);
  keys_ = std::make_shared<const KeySet>(*std::move(keys));
  generation_.fetch_add(1, std::memory_order_release);
  Log(LogLevel::kInfo, "key file was read again", {{"file", path_}});
}

std::shared_ptr<const KeySet> KeyFile::keys() const {
  MutexLock lock(mutex_);
  return keys_;
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (file == nullptr) return FileError("read", path);
  std::string content;
  char buffer[4096];
  while (size_t size = std::fread(buffer, 1, sizeof buffer, file.get())) {
    content.append(buffer, size);
    if (content.size() > kMaxFile) return absl::FailedPreconditionError(fmt::format("{} is too large", path));
  }
  if (std::ferror(file.get()) != 0) return FileError("read", path);
  return content;
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view content, int mode) {
  std::string temporary = path + ".XXXXXX";
  int fd = mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600 from the start
  if (fd < 0) return FileError("create", temporary);
  absl::Status status = WriteAll(fd, content, temporary);
  if (status.ok() && fchmod(fd, static_cast<mode_t>(mode)) != 0) status = FileError("set the mode of", temporary);
  if (close(fd) != 0 && status.ok()) status = FileError("write", temporary);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = FileError("replace", path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace ronghe::common
