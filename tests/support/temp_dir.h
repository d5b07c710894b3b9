#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace ronghe::tests {

// A folder of its own under the system's temporary folder, removed with everything in it at the end.
class TempDir {
 public:
  TempDir() {
    std::error_code error;
    path_ = std::filesystem::temp_directory_path(error).string() + "/ronghe-test-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace ronghe::tests
