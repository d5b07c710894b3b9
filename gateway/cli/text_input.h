#pragma once

#include <cstdint>
#include <cstdio>
#include <istream>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace ronghe::gateway::cli {

// A text file in whatever encoding people's programs write, read as UTF-8: a byte order mark decides (UTF-8, UTF-16);
// without one the file is UTF-8 if all of it is valid UTF-8, else GB18030. What cannot be decoded becomes U+FFFD.
// Not thread-safe.
class TextInput {
 public:
  // `-` reads `standard_input` to its end first. INVALID_ARGUMENT on `file`, reason FILE_UNREADABLE, naming path and
  // cause.
  static absl::StatusOr<std::unique_ptr<TextInput>> Open(const std::string& path, std::istream& standard_input);
  ~TextInput();
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;

  // Appends the next piece of the text to `out`; false at the end.
  bool Read(std::string& out);
  // To the beginning of the text.
  void Rewind();

  const std::string& encoding() const { return encoding_; }  // `UTF-8`, `GB18030`, `UTF-16LE` or `UTF-16BE`
  int64_t size() const { return size_; }                     // bytes of the file
  int64_t consumed() const { return consumed_; }             // bytes read of them

 private:
  struct Decoder;
  explicit TextInput(std::FILE* file);
  absl::Status Detect();

  std::FILE* file_;
  std::unique_ptr<Decoder> decoder_;
  std::string encoding_;
  int64_t size_ = 0;
  int64_t consumed_ = 0;
  int64_t mark_ = 0;  // bytes of the byte order mark
  bool ended_ = false;
  bool valid_utf8_ = true;
};

}  // namespace ronghe::gateway::cli
