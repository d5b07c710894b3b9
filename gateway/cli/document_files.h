#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "services/common/values/digest.h"
#include "services/common/values/status.h"

// Files as references: they are read for their digests and stay where they are.
namespace ronghe::gateway::cli {

inline std::string MediaTypeOf(const std::filesystem::path& file) {
  static const auto* const types = new std::map<std::string, std::string>{
      {".pdf", "application/pdf"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".png", "image/png"},
      {".txt", "text/plain"},
      {".csv", "text/csv"},
      {".doc", "application/msword"},
      {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
  const auto known = types->find(file.extension().string());
  return known == types->end() ? "application/octet-stream" : known->second;
}

// `Message` has content_hash, size_bytes, media_type and title. INVALID_ARGUMENT on `field` for what cannot be read.
template <typename Message>
absl::Status DescribeFile(const std::string& file, const char* field, Message& message) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf())) {
    return common::InvalidArgument(field, "CANNOT_READ",
                                   {file + " cannot be read or is empty", file + " 无法读取或为空"});
  }
  const std::string text = bytes.str();
  message.set_content_hash(common::Sha256Hex(text));
  message.set_size_bytes(static_cast<int64_t>(text.size()));
  message.set_media_type(MediaTypeOf(file));
  message.set_title(std::filesystem::path(file).filename().string());
  return absl::OkStatus();
}

template <typename Messages>
absl::Status DescribeFiles(const std::vector<std::string>& files, const char* field, Messages& messages) {
  common::Violations violations;
  for (const std::string& file : files) violations.AddAll(DescribeFile(file, field, *messages.Add()));
  return violations.ToStatus();
}

}  // namespace ronghe::gateway::cli
