#include "gateway/cli/text_input.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include "services/common/values/status.h"

namespace ronghe::gateway::cli {
namespace {

constexpr size_t kPiece = 64 * 1024;

absl::Status Unreadable(const std::string& path, int error) {
  const std::string cause = std::strerror(error);
  return common::InvalidArgument(
      "file", "FILE_UNREADABLE",
      {fmt::format("cannot read {}: {}", path, cause), fmt::format("无法读取文件 {}：{}", path, cause)});
}

// Whether a text that arrives in pieces is valid UTF-8.
class Utf8Check {
 public:
  bool Add(std::string_view piece) {
    pending_.append(piece);
    const auto* bytes = reinterpret_cast<const uint8_t*>(pending_.data());
    const auto length = static_cast<int32_t>(pending_.size());
    int32_t i = 0;
    while (i < length) {
      const int32_t start = i;
      UChar32 c = 0;
      U8_NEXT(bytes, i, length, c);
      if (c >= 0) continue;
      // The end of the piece may cut a character in two.
      const bool cut = length - start < U8_MAX_LENGTH && U8_IS_LEAD(bytes[start]) &&
                       length - start <= U8_COUNT_TRAIL_BYTES(bytes[start]) && i == length;
      if (!cut) return false;
      i = start;
      break;
    }
    pending_.erase(0, static_cast<size_t>(i));
    return true;
  }
  bool Complete() const { return pending_.empty(); }

 private:
  std::string pending_;
};

}  // namespace

struct TextInput::Decoder {
  UConverter* from = nullptr;
  UConverter* to = nullptr;
  std::array<UChar, 4096> pivot;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();

  explicit Decoder(const char* encoding) {
    UErrorCode error = U_ZERO_ERROR;
    from = ucnv_open(encoding, &error);
    to = ucnv_open("UTF-8", &error);
  }
  ~Decoder() {
    ucnv_close(from);
    ucnv_close(to);
  }
  void Convert(std::string_view in, bool last, std::string& out) {
    const char* source = in.data();
    const char* const source_end = source + in.size();
    std::array<char, 4096> buffer;
    while (true) {
      char* target = buffer.data();
      UErrorCode error = U_ZERO_ERROR;
      ucnv_convertEx(to, from, &target, buffer.data() + buffer.size(), &source, source_end, pivot.data(), &pivot_source,
                     &pivot_target, pivot.data() + pivot.size(), false, last, &error);
      out.append(buffer.data(), static_cast<size_t>(target - buffer.data()));
      if (error != U_BUFFER_OVERFLOW_ERROR) return;
    }
  }
};

TextInput::TextInput(std::FILE* file) : file_(file) {}
TextInput::~TextInput() {
  std::fclose(file_);
}

absl::StatusOr<std::unique_ptr<TextInput>> TextInput::Open(const std::string& path, std::istream& standard_input) {
  std::FILE* file = path == "-" ? std::tmpfile() : std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return Unreadable(path, errno);
  std::unique_ptr<TextInput> input(new TextInput(file));
  if (path == "-") {
    std::string piece(kPiece, '\0');
    while (standard_input.read(piece.data(), kPiece) || standard_input.gcount() > 0) {
      const auto count = static_cast<size_t>(standard_input.gcount());
      if (std::fwrite(piece.data(), 1, count, file) != count) return Unreadable(path, errno);
    }
    std::rewind(file);
  }
  if (absl::Status status = input->Detect(); !status.ok()) {
    return Unreadable(path, errno != 0 ? errno : EIO);
  }
  return input;
}

absl::Status TextInput::Detect() {
  Utf8Check check;
  bool valid = true;
  std::string first;
  std::string piece(kPiece, '\0');
  errno = 0;
  for (size_t count = 0; (count = std::fread(piece.data(), 1, kPiece, file_)) > 0;) {
    if (first.empty()) first = piece.substr(0, std::min<size_t>(count, 4));
    size_ += static_cast<int64_t>(count);
    if (valid) valid = check.Add(std::string_view(piece.data(), count));
  }
  if (std::ferror(file_) != 0) return absl::UnknownError("read");
  size_t mark = 0;
  if (first.starts_with("\xEF\xBB\xBF")) {
    encoding_ = "UTF-8";
    mark = 3;
  } else if (first.starts_with("\xFF\xFE") || first.starts_with("\xFE\xFF")) {
    encoding_ = first[0] == '\xFF' ? "UTF-16LE" : "UTF-16BE";
    mark = 2;
  } else {
    encoding_ = valid && check.Complete() ? "UTF-8" : "GB18030";
  }
  mark_ = static_cast<int64_t>(mark);
  valid_utf8_ = valid && check.Complete();
  Rewind();
  return absl::OkStatus();
}

void TextInput::Rewind() {
  std::clearerr(file_);
  std::fseek(file_, static_cast<long>(mark_), SEEK_SET);
  consumed_ = mark_;
  ended_ = false;
  if (encoding_ != "UTF-8" || !valid_utf8_) decoder_ = std::make_unique<Decoder>(encoding_.c_str());
}

bool TextInput::Read(std::string& out) {
  if (ended_) return false;
  std::string piece(kPiece, '\0');
  const size_t count = std::fread(piece.data(), 1, kPiece, file_);
  piece.resize(count);
  consumed_ += static_cast<int64_t>(count);
  ended_ = count < kPiece;
  if (decoder_ == nullptr) {
    out += piece;
  } else {
    decoder_->Convert(piece, ended_, out);
  }
  return true;
}

}  // namespace ronghe::gateway::cli
