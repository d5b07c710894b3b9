#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

namespace ronghe::common {

// One page of a list and where the next begins; `next` is empty after the last.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;
};

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;

// Page size of a request: default for 0, capped at the maximum; INVALID_ARGUMENT on `page_size` for negative ones.
absl::StatusOr<int> PageSize(int requested);

// Signs short opaque texts so that a caller cannot make them up. `purpose` keeps tokens of one kind from being used as
// another. URL-safe text. Thread-safe, immutable.
class TokenSigner {
 public:
  // `secret`: at least 16 bytes, the same in every process of the suite.
  explicit TokenSigner(std::string secret) : secret_(std::move(secret)) {}
  std::string Sign(std::string_view purpose, std::string_view content) const;
  // INVALID_ARGUMENT on `field`, reason BAD_TOKEN, for anything Sign did not make with this purpose.
  absl::StatusOr<std::string> Verify(std::string_view purpose, std::string_view token, std::string_view field) const;

 private:
  std::string secret_;
};

// Page tokens: where to go on, tied to the query. `query` is everything of the request but the token and the page size.
std::string MakePageToken(const TokenSigner& signer, std::string_view query, std::string_view position);
// Empty position for an empty token; INVALID_ARGUMENT on `page_token` for a token of another query.
absl::StatusOr<std::string> ReadPageToken(const TokenSigner& signer, std::string_view query, std::string_view token);

// Where a list stands: after this key, and this id under it.
struct ListPosition {
  int64_t key = INT64_MIN;
  int64_t id = 0;
  friend auto operator<=>(const ListPosition&, const ListPosition&) = default;
};
// As the content of a page token; an empty one is the beginning, INTERNAL for what TextOf did not make.
std::string TextOf(const ListPosition& position);
absl::StatusOr<ListPosition> ReadListPosition(const std::string& text);

// The token of a write: pass it as `min_revision`.
struct RevisionToken {
  std::string service;      // `organization`
  std::string incarnation;  // changes when the database was restored
  int64_t partition = 0;
  int64_t revision = 0;
};
std::string MakeRevisionToken(const TokenSigner& signer, const RevisionToken& token);
absl::StatusOr<RevisionToken> ReadRevisionToken(const TokenSigner& signer, std::string_view token,
                                                std::string_view field);

// One condition of a filter: `field = VALUE` or `field != VALUE`.
struct Condition {
  std::string field;
  bool negated = false;
  std::string value;
};
// Parses the AIP-160 subset of the suite: conditions joined by AND, values bare or in double quotes. INVALID_ARGUMENT
// on `filter`, naming the place, for anything else and for fields outside `allowed`.
absl::StatusOr<std::vector<Condition>> ParseFilter(std::string_view filter, const std::vector<std::string>& allowed);

}  // namespace ronghe::common
