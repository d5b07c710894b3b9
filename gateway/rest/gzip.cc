#include "gateway/rest/gzip.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <zlib.h>

namespace ronghe::gateway {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kLevel = 1;
constexpr int kMemory = 8;
constexpr size_t kStep = 64 << 10;

Bytef* Bytes(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

bool TakesGzip(std::string_view accept_encoding) {
  const std::string all = absl::AsciiStrToLower(std::string(accept_encoding));
  std::string_view rest = all;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    std::string_view coding = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    const size_t first = coding.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    coding.remove_prefix(first);
    if (!coding.starts_with("gzip")) continue;
    const size_t q = coding.find("q=0");
    return q == std::string_view::npos || coding.find_first_of("123456789", q) != std::string_view::npos;
  }
  return false;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = Bytes(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = Bytes(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

Unzipped Gunzip(std::string_view bytes, size_t max_bytes, std::string& text) {
  text.clear();
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return Unzipped::kBroken;
  stream.next_in = Bytes(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  while (result == Z_OK && text.size() <= max_bytes) {
    const size_t before = text.size();
    text.resize(std::min(before + kStep, max_bytes + 1));
    stream.next_out = Bytes(text) + before;
    stream.avail_out = static_cast<uInt>(text.size() - before);
    const uInt room = stream.avail_out;
    result = inflate(&stream, Z_NO_FLUSH);
    text.resize(before + (room - stream.avail_out));
    if (text.size() > max_bytes) break;
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (text.size() > max_bytes) return Unzipped::kTooLarge;
  return whole ? Unzipped::kDone : Unzipped::kBroken;
}

}  // namespace ronghe::gateway
