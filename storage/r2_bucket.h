// An R2 bucket: https://developers.cloudflare.com/r2/api/workers/workers-api-reference/
//
// A row for each object and a file for each value, or for each part of one, as wrangler keeps them.
// A value is on disk before the row that names it; what a row no longer names is removed after it.
//
// A bucket belongs to one thread at a time; several processes may have one open.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/r2_error.h"
#include "storage/r2_value.h"
#include "storage/sqlite.h"

namespace cwrangler::storage {

/// The columns of a row. `checksums` and both metadata: JSON objects.
struct R2Object {
  std::string key;
  std::string version;
  int64_t size = 0;
  std::string etag;
  int64_t uploaded_ms = 0;  ///< since 1970
  std::string checksums = "{}";
  std::string http_metadata = "{}";
  std::string custom_metadata = "{}";
};

struct R2Etag {
  std::string value;  ///< "*" matches all
  bool is_weak = false;
};

/// When to do it (RFC 9110, section 13).
struct R2Condition {
  std::optional<std::vector<R2Etag>> etag_matches;
  std::optional<std::vector<R2Etag>> etag_does_not_match;
  std::optional<int64_t> uploaded_before_ms;
  std::optional<int64_t> uploaded_after_ms;
  bool in_seconds = false;  ///< compare times without their milliseconds

  /// `object`: null where there is none.
  bool holds(const R2Object* object) const;
};

/// The bytes that are wanted: from an offset, so many, or the last so many.
struct R2Range {
  std::optional<int64_t> offset;
  std::optional<int64_t> length;
  std::optional<int64_t> suffix;
};

/// An object that was found. Nothing of its value where a condition did not hold.
struct R2Found {
  R2Object object;
  bool has_value = false;
  int64_t offset = 0;  ///< of the value's bytes in the object
  int64_t length = 0;
  std::vector<R2Piece> pieces;
};

struct R2ListRequest {
  std::string prefix;
  std::string after;      ///< only keys after this one
  std::string delimiter;  ///< empty: none
  size_t limit = 1000;
};

struct R2List {
  std::vector<R2Object> objects;
  std::vector<std::string> prefixes;  ///< up to and with the delimiter
  /// The last key that was looked at, when there are more.
  std::optional<std::string> last;
};

struct R2Usage {
  int64_t objects = 0;
  int64_t bytes = 0;
};

struct R2Part {
  int64_t number = 0;
  std::string etag;
};

class R2Bucket {
 public:
  static constexpr int64_t kSmallestPart = 5 << 20;  ///< but for the last one
  static constexpr size_t kLongestKey = 1024;        ///< bytes

  /// Opens the bucket below the folder of local state, and makes it when it is not there.
  R2Bucket(const std::filesystem::path& state, std::string_view name);

  /// Where to write values for it.
  const R2Folders& folders() const { return folders_; }

  std::optional<R2Object> head(const std::string& key);
  /// Throws R2Error for a range that is not in the object.
  std::optional<R2Found> get(const std::string& key, const R2Condition& condition,
                             const R2Range& range);

  /// `object`: key and metadata; the rest is filled in and returned. Nothing where the condition
  /// does not hold. The object is on disk when it returns.
  std::optional<R2Object> put(R2Object object, R2Upload& value, const R2Condition& condition);

  void remove(const std::vector<std::string>& keys);
  R2List list(const R2ListRequest& request);

  R2Usage usage();

  /// Returns the upload's id. `object`: key and metadata.
  std::string create_upload(const R2Object& object);
  /// Returns the part's etag. All of these throw R2Error when there is no such upload.
  std::string put_part(const std::string& key, const std::string& upload_id, int64_t number,
                       R2Upload& value);
  R2Object complete_upload(const std::string& key, const std::string& upload_id,
                           const std::vector<R2Part>& parts);
  void abort_upload(const std::string& key, const std::string& upload_id);

  Connection& connection() { return connection_; }

 private:
  struct StoredPart;

  /// The open transaction will have taken these values' rows away; they go once it has.
  void mark_for_removal(const std::vector<std::string>& blob_ids) const;
  void remove_values(const std::vector<std::string>& blob_ids) const;
  /// Forgets the parts of the object that the key has now, and returns the names of its values;
  /// inside a transaction.
  std::vector<std::string> take_values(const std::string& key);
  void write_row(const R2Object& object, const std::optional<std::string>& blob_id);
  std::vector<StoredPart> stored_parts(const char* condition, const std::string& value);
  /// Throws unless the upload is under way.
  void check_upload(const std::string& key, const std::string& upload_id);
  bool has_row(const std::string& blob_id);
  static R2Object object_of(const Statement& row, int first);

  R2Folders folders_;
  Connection connection_;
  Statement get_;
  Statement put_;
  Statement delete_;
  Statement list_;
};

/// Throws R2Error for a key that R2 does not take.
void check_r2_key(std::string_view key);

}  // namespace cwrangler::storage
