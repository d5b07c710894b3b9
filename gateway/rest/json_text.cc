#include "gateway/rest/json_text.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/common/values/utf8.h"

namespace ronghe::gateway {
namespace {

using nlohmann::json;

constexpr size_t kMaxDepth = 64;

class StrictReader final : public nlohmann::json_sax<json> {
 public:
  absl::Status fault;
  json root;

  bool null() override { return Put(json(nullptr)); }
  bool boolean(bool value) override { return Put(json(value)); }
  bool number_integer(number_integer_t value) override { return Put(json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Put(json(value)); }
  // What fits into no integer keeps its digits: 64 bits are checked where the field is known.
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Put(json(value)); }
  bool string(string_t& value) override { return Put(json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(size_t /*count*/) override { return Open(json::object()); }
  bool start_array(size_t /*count*/) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.name = std::move(name);
    if (!level.value->contains(level.name)) return true;
    fault = common::InvalidArgument(Path(), "DUPLICATE_NAME", {"the name stands there twice", "同一名称重复出现"});
    return false;
  }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    fault = common::InvalidArgument(Path(), "NOT_JSON", {"this is not JSON", "不是合法的 JSON"});
    return false;
  }

 private:
  struct Level {
    json* value;
    std::string name;  // the member being read
  };

  json* Add(json value) {
    if (levels_.empty()) {
      root = std::move(value);
      return &root;
    }
    json& into = *levels_.back().value;
    if (into.is_array()) {
      into.push_back(std::move(value));
      return &into.back();
    }
    return &(into[levels_.back().name] = std::move(value));
  }
  bool Put(json value) {
    Add(std::move(value));
    return true;
  }
  bool Open(json value) {
    if (levels_.size() >= kMaxDepth) {
      fault = common::InvalidArgument("$", "TOO_DEEP", {"more than 64 levels deep", "嵌套超过 64 层"});
      return false;
    }
    levels_.push_back({Add(std::move(value)), {}});
    return true;
  }
  bool Close() {
    levels_.pop_back();
    return true;
  }
  std::string Path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.value->is_array()) {
        path += fmt::format("[{}]", level.value->size());
      } else if (!level.name.empty()) {
        path += (path.empty() ? "" : ".") + common::CleanUtf8(level.name, 100);
      }
    }
    return path.empty() ? "$" : path;
  }

  std::vector<Level> levels_;
};

}  // namespace

absl::StatusOr<json> ReadJson(std::string_view text) {
  StrictReader reader;
  if (json::sax_parse(text.begin(), text.end(), &reader) && reader.fault.ok()) return std::move(reader.root);
  if (reader.fault.ok()) return common::InvalidArgument("$", "NOT_JSON", {"this is not JSON", "不是合法的 JSON"});
  return reader.fault;
}

}  // namespace ronghe::gateway
