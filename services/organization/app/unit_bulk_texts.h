#pragma once

#include <algorithm>
#include <span>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>

#include "services/common/values/status.h"

// What the check and the creation of units in bulk have in common.
namespace ronghe::organization {

inline common::Text DuplicateText() {
  return {"the code is in use", "该组织代码已被使用"};
}
inline common::Text NoParentText() {
  return {"there is no such parent", "上级组织不存在"};
}
inline common::Text ParentRefusedText() {
  return {"the row of the parent was refused", "上级组织所在行未通过校验"};
}
inline common::Text BeforeParentText() {
  return {"lies before the first day of the parent", "早于上级组织的起始日期"};
}

// Runs `each` on slices of at most 500.
template <typename T>
absl::Status InBatches(std::span<const T> all, absl::FunctionRef<absl::Status(std::span<const T>)> each) {
  constexpr size_t kBatch = 500;
  for (size_t i = 0; i < all.size(); i += kBatch) {
    RONGHE_RETURN_IF_ERROR(each(all.subspan(i, std::min(kBatch, all.size() - i))));
  }
  return absl::OkStatus();
}

}  // namespace ronghe::organization
