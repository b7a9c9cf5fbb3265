#include "storage/r2_bucket.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <system_error>

#include "storage/blob_files.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

namespace fs = std::filesystem;

// wrangler's, word for word: it must find its own schema.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS _mf_objects (
    key TEXT PRIMARY KEY,
    blob_id TEXT,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    uploaded INTEGER NOT NULL,
    checksums TEXT NOT NULL,
    http_metadata TEXT NOT NULL,
    custom_metadata TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS _mf_multipart_uploads (
    upload_id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    http_metadata TEXT NOT NULL,
    custom_metadata TEXT NOT NULL,
    state TINYINT DEFAULT 0 NOT NULL
);
CREATE TABLE IF NOT EXISTS _mf_multipart_parts (
    upload_id TEXT NOT NULL REFERENCES _mf_multipart_uploads(upload_id),
    part_number INTEGER NOT NULL,
    blob_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    checksum_md5 TEXT NOT NULL,
    object_key TEXT REFERENCES _mf_objects(key) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (upload_id, part_number)
);
)";

/// The column `state` of an upload in parts; 1 is completed, 2 aborted.
constexpr int64_t kInProgress = 0;

constexpr const char* kColumns =
    "key, version, size, etag, uploaded, checksums, http_metadata, custom_metadata";
constexpr int kColumnCount = 8;

constexpr size_t kVersionBytes = 16;
constexpr size_t kUploadIdBytes = 128;

Connection open(const fs::path& file) {
  Connection connection(file);
  connection.execute(kSchema);
  return connection;
}

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// The least text after all that begin with the prefix; empty when there is none.
std::string after_prefix(std::string_view prefix) {
  std::string bound(prefix);
  while (!bound.empty() && static_cast<unsigned char>(bound.back()) == 0xff) bound.pop_back();
  if (!bound.empty()) {
    bound.back() = static_cast<char>(static_cast<unsigned char>(bound.back()) + 1);
  }
  return bound;
}

/// A weak tag is no strong match (RFC 9110, section 8.8.3.2).
bool includes(const std::vector<R2Etag>& tags, const std::string& etag, bool is_strong) {
  return std::any_of(tags.begin(), tags.end(), [&](const R2Etag& tag) {
    return tag.value == "*" || (tag.value == etag && !(is_strong && tag.is_weak));
  });
}

/// First byte and number of bytes of the range in so many.
std::pair<int64_t, int64_t> resolve(const R2Range& range, int64_t size) {
  if (!range.offset && !range.length && !range.suffix) return {0, size};
  if (range.suffix) {
    if (*range.suffix <= 0) throw R2Error(R2Problem::invalid_range);
    const int64_t length = std::min(*range.suffix, size);
    return {size - length, length};
  }
  const int64_t offset = range.offset.value_or(0);
  if (offset < 0 || offset > size) throw R2Error(R2Problem::invalid_range);
  const int64_t length = std::min(range.length.value_or(size - offset), size - offset);
  if (length <= 0) throw R2Error(R2Problem::invalid_range);
  return {offset, length};
}

std::vector<uint8_t> from_hex(std::string_view text) {
  const auto digit = [](char c) -> uint8_t {
    return static_cast<uint8_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  };
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

}  // namespace

struct R2Bucket::StoredPart {
  int64_t number = 0;
  std::string blob_id;
  int64_t size = 0;
  std::string etag;
  std::string md5;
};

bool R2Condition::holds(const R2Object* object) const {
  if (object == nullptr) return !etag_matches && !uploaded_after_ms;
  const auto time = [this](int64_t ms) { return in_seconds ? ms / 1000 : ms; };
  const int64_t uploaded = time(object->uploaded_ms);
  const bool matches = !etag_matches || includes(*etag_matches, object->etag, true);
  const bool differs = !etag_does_not_match || !includes(*etag_does_not_match, object->etag, false);
  // A tag that decides makes the time beside it count for nothing.
  const bool is_after =
      !uploaded_after_ms || time(*uploaded_after_ms) < uploaded || (etag_does_not_match && differs);
  const bool is_before =
      !uploaded_before_ms || uploaded < time(*uploaded_before_ms) || (etag_matches && matches);
  return matches && differs && is_after && is_before;
}

void check_r2_key(std::string_view key) {
  if (key.size() > R2Bucket::kLongestKey) throw R2Error(R2Problem::invalid_name);
}

R2Bucket::R2Bucket(const fs::path& state, std::string_view name)
    : folders_{r2_folder(state, name) / "blobs", r2_folder(state, name) / "pending"},
      connection_(open(r2_file(state, name))),
      get_(connection_.prepare(std::string("SELECT blob_id, ") + kColumns +
                               " FROM _mf_objects WHERE key = ?1")),
      put_(connection_.prepare(std::string("INSERT OR REPLACE INTO _mf_objects (blob_id, ") +
                               kColumns + ") VALUES (?9, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      delete_(connection_.prepare("DELETE FROM _mf_objects WHERE key = ?1")),
      list_(connection_.prepare(std::string("SELECT ") + kColumns +
                                " FROM _mf_objects WHERE key > ?1 AND key >= ?2 AND (?3 = '' OR "
                                "key < ?3) ORDER BY key LIMIT ?4")) {
  for (const fs::path& folder : {folders_.blobs, folders_.pending}) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) throw Error(failed.message()).while_doing("creating " + folder.string());
  }
  remove_orphans(folders_, [this](const std::string& blob_id) { return has_row(blob_id); });
}

bool R2Bucket::has_row(const std::string& blob_id) {
  Statement find = connection_.prepare(
      "SELECT 1 FROM _mf_objects WHERE blob_id = ?1 UNION ALL SELECT 1 FROM _mf_multipart_parts "
      "WHERE blob_id = ?1");
  find.bind_text(1, blob_id);
  return find.step();
}

R2Object R2Bucket::object_of(const Statement& row, int first) {
  return {row.text(first),        row.text(first + 1), row.integer(first + 2), row.text(first + 3),
          row.integer(first + 4), row.text(first + 5), row.text(first + 6),    row.text(first + 7)};
}

std::optional<R2Object> R2Bucket::head(const std::string& key) {
  check_r2_key(key);
  get_.reset();
  get_.bind_text(1, key);
  if (!get_.step()) return std::nullopt;
  R2Object object = object_of(get_, 1);
  get_.reset();
  return object;
}

std::optional<R2Found> R2Bucket::get(const std::string& key, const R2Condition& condition,
                                     const R2Range& range) {
  check_r2_key(key);
  get_.reset();
  get_.bind_text(1, key);
  if (!get_.step()) return std::nullopt;
  R2Found found{object_of(get_, 1), false, 0, 0, {}};
  const bool is_in_parts = get_.is_null(0);
  const std::string blob_id = get_.text(0);
  std::vector<StoredPart> parts;
  // Both in one view of the database: the statement is still open.
  if (is_in_parts) parts = stored_parts("object_key = ?1", key);
  get_.reset();
  if (!condition.holds(&found.object)) return found;
  found.has_value = true;
  std::tie(found.offset, found.length) = resolve(range, found.object.size);
  if (!is_in_parts) parts.push_back({1, blob_id, found.object.size, {}, {}});
  int64_t start = 0;
  for (const StoredPart& part : parts) {
    if (!is_blob_id(part.blob_id)) throw Error("the object \"" + key + "\" is damaged");
    const int64_t from = std::max(found.offset, start);
    const int64_t to = std::min(found.offset + found.length, start + part.size);
    if (from < to) found.pieces.push_back({folders_.blobs / part.blob_id, from - start, to - from});
    start += part.size;
  }
  return found;
}

std::optional<R2Object> R2Bucket::put(R2Object object, R2Upload& value,
                                      const R2Condition& condition) {
  check_r2_key(object.key);
  object.version = random_hex(kVersionBytes);
  object.size = value.size();
  object.etag = value.md5();
  object.checksums = value.checksums();
  object.uploaded_ms = now_ms();
  std::vector<std::string> replaced;
  Transaction transaction(connection_);
  const std::optional<R2Object> previous = head(object.key);
  if (!condition.holds(previous ? &*previous : nullptr)) return std::nullopt;
  replaced = take_values(object.key);
  write_row(object, value.id());
  mark_for_removal(replaced);
  transaction.commit();
  value.keep();
  remove_values(replaced);
  return object;
}

void R2Bucket::remove(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) check_r2_key(key);
  std::vector<std::string> removed;
  Transaction transaction(connection_);
  for (const std::string& key : keys) {
    const std::vector<std::string> values = take_values(key);
    removed.insert(removed.end(), values.begin(), values.end());
    delete_.reset();
    delete_.bind_text(1, key);
    delete_.step();
  }
  mark_for_removal(removed);
  transaction.commit();
  remove_values(removed);
}

R2List R2Bucket::list(const R2ListRequest& request) {
  R2List found;
  std::string after = request.after;
  const auto has_room = [&] {
    return found.objects.size() + found.prefixes.size() < request.limit;
  };
  const auto ask = [&] {
    list_.reset();
    list_.bind_text(1, after);
    list_.bind_text(2, request.prefix);
    list_.bind_text(3, after_prefix(request.prefix));
    list_.bind(4, int64_t{-1});
  };
  Statement last_of_group = connection_.prepare("SELECT max(key) FROM _mf_objects WHERE key < ?1");
  for (ask(); list_.step();) {
    if (!has_room()) {
      found.last = after;
      break;
    }
    const std::string key = list_.text(0);
    const size_t end = request.delimiter.empty()
                           ? std::string::npos
                           : key.find(request.delimiter, request.prefix.size());
    if (end == std::string::npos) {
      found.objects.push_back(object_of(list_, 0));
      after = key;
      continue;
    }
    found.prefixes.push_back(key.substr(0, end + request.delimiter.size()));
    last_of_group.reset();
    last_of_group.bind_text(1, after_prefix(found.prefixes.back()));
    last_of_group.step();
    after = last_of_group.text(0);
    ask();
  }
  list_.reset();
  return found;
}

R2Usage R2Bucket::usage() {
  Statement sum = connection_.prepare("SELECT count(*), coalesce(sum(size), 0) FROM _mf_objects");
  sum.step();
  return {sum.integer(0), sum.integer(1)};
}

std::string R2Bucket::create_upload(const R2Object& object) {
  check_r2_key(object.key);
  std::string upload_id = random_hex(kUploadIdBytes);
  Statement insert = connection_.prepare(
      "INSERT INTO _mf_multipart_uploads (upload_id, key, http_metadata, custom_metadata) VALUES "
      "(?1, ?2, ?3, ?4)");
  insert.bind_text(1, upload_id);
  insert.bind_text(2, object.key);
  insert.bind_text(3, object.http_metadata);
  insert.bind_text(4, object.custom_metadata);
  insert.step();
  return upload_id;
}

void R2Bucket::check_upload(const std::string& key, const std::string& upload_id) {
  Statement find = connection_.prepare(
      "SELECT state FROM _mf_multipart_uploads WHERE upload_id = ?1 AND key = ?2");
  find.bind_text(1, upload_id);
  find.bind_text(2, key);
  if (!find.step() || find.integer(0) != kInProgress) throw R2Error(R2Problem::no_such_upload);
}

std::string R2Bucket::put_part(const std::string& key, const std::string& upload_id, int64_t number,
                               R2Upload& value) {
  std::string etag = random_hex(kUploadIdBytes);
  std::vector<std::string> replaced;
  Transaction transaction(connection_);
  check_upload(key, upload_id);
  for (const StoredPart& part : stored_parts("upload_id = ?1", upload_id)) {
    if (part.number == number) replaced.push_back(part.blob_id);
  }
  Statement insert = connection_.prepare(
      "INSERT OR REPLACE INTO _mf_multipart_parts (upload_id, part_number, blob_id, size, etag, "
      "checksum_md5) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  insert.bind_text(1, upload_id);
  insert.bind(2, number);
  insert.bind_text(3, value.id());
  insert.bind(4, value.size());
  insert.bind_text(5, etag);
  insert.bind_text(6, value.md5());
  insert.step();
  mark_for_removal(replaced);
  transaction.commit();
  value.keep();
  remove_values(replaced);
  return etag;
}

R2Object R2Bucket::complete_upload(const std::string& key, const std::string& upload_id,
                                   const std::vector<R2Part>& parts) {
  Transaction transaction(connection_);
  check_upload(key, upload_id);
  std::map<int64_t, StoredPart> uploaded;
  for (StoredPart& part : stored_parts("upload_id = ?1", upload_id)) {
    uploaded.emplace(part.number, std::move(part));
  }
  std::map<int64_t, StoredPart> chosen;
  for (const R2Part& part : parts) {
    const auto stored = uploaded.find(part.number);
    if (stored == uploaded.end() || stored->second.etag != part.etag ||
        !chosen.insert(*stored).second) {
      throw R2Error(R2Problem::invalid_part);
    }
    uploaded.erase(stored);
  }
  if (chosen.empty()) throw R2Error(R2Problem::bad_upload);

  R2Object object;
  object.key = key;
  object.version = random_hex(kVersionBytes);
  object.uploaded_ms = now_ms();
  const auto checksum = make_checksum("md5");
  const int64_t part_size = chosen.begin()->second.size;
  const int64_t last = chosen.rbegin()->first;
  for (const auto& [number, part] : chosen) {
    // All alike but for the last one, which may be shorter: what R2 asks of parts.
    if (number != last && part.size < kSmallestPart) throw R2Error(R2Problem::entity_too_small);
    if (number != last ? part.size != part_size : part.size > part_size) {
      throw R2Error(R2Problem::bad_upload);
    }
    object.size += part.size;
    checksum->add(from_hex(part.md5));
  }
  append_hex(object.etag, checksum->finish());
  object.etag += "-" + std::to_string(chosen.size());

  Statement metadata = connection_.prepare(
      "SELECT http_metadata, custom_metadata FROM _mf_multipart_uploads WHERE upload_id = ?1");
  metadata.bind_text(1, upload_id);
  if (metadata.step()) {
    object.http_metadata = metadata.text(0);
    object.custom_metadata = metadata.text(1);
    metadata.reset();
  }
  std::vector<std::string> replaced = take_values(key);
  for (const auto& [number, part] : uploaded) replaced.push_back(part.blob_id);
  write_row(object, std::nullopt);
  for (const auto& [number, part] : chosen) {
    Statement link = connection_.prepare(
        "UPDATE _mf_multipart_parts SET object_key = ?1 WHERE upload_id = ?2 AND part_number = ?3");
    link.bind_text(1, key);
    link.bind_text(2, upload_id);
    link.bind(3, number);
    link.step();
  }
  for (const char* sql :
       {"DELETE FROM _mf_multipart_parts WHERE upload_id = ?1 AND object_key IS NULL",
        "UPDATE _mf_multipart_uploads SET state = 1 WHERE upload_id = ?1"}) {
    Statement change = connection_.prepare(sql);
    change.bind_text(1, upload_id);
    change.step();
  }
  mark_for_removal(replaced);
  transaction.commit();
  remove_values(replaced);
  return object;
}

void R2Bucket::abort_upload(const std::string& key, const std::string& upload_id) {
  Transaction transaction(connection_);
  check_upload(key, upload_id);
  std::vector<std::string> removed;
  for (const StoredPart& part : stored_parts("upload_id = ?1", upload_id)) {
    removed.push_back(part.blob_id);
  }
  for (const char* sql : {"DELETE FROM _mf_multipart_parts WHERE upload_id = ?1",
                          "UPDATE _mf_multipart_uploads SET state = 2 WHERE upload_id = ?1"}) {
    Statement change = connection_.prepare(sql);
    change.bind_text(1, upload_id);
    change.step();
  }
  mark_for_removal(removed);
  transaction.commit();
  remove_values(removed);
}

std::vector<R2Bucket::StoredPart> R2Bucket::stored_parts(const char* condition,
                                                         const std::string& value) {
  Statement rows = connection_.prepare(
      std::string("SELECT part_number, blob_id, size, etag, checksum_md5 FROM _mf_multipart_parts "
                  "WHERE ") +
      condition + " ORDER BY part_number");
  rows.bind_text(1, value);
  std::vector<StoredPart> parts;
  while (rows.step()) {
    parts.push_back({rows.integer(0), rows.text(1), rows.integer(2), rows.text(3), rows.text(4)});
  }
  return parts;
}

std::vector<std::string> R2Bucket::take_values(const std::string& key) {
  std::vector<std::string> values;
  get_.reset();
  get_.bind_text(1, key);
  if (!get_.step()) return values;
  const bool is_in_parts = get_.is_null(0);
  if (!is_in_parts) values.push_back(get_.text(0));
  get_.reset();
  if (!is_in_parts) return values;
  Statement forget = connection_.prepare(
      "DELETE FROM _mf_multipart_parts WHERE object_key = ?1 RETURNING blob_id");
  forget.bind_text(1, key);
  while (forget.step()) values.push_back(forget.text(0));
  return values;
}

void R2Bucket::write_row(const R2Object& object, const std::optional<std::string>& blob_id) {
  put_.reset();
  put_.bind_text(1, object.key);
  put_.bind_text(2, object.version);
  put_.bind(3, object.size);
  put_.bind_text(4, object.etag);
  put_.bind(5, object.uploaded_ms);
  put_.bind_text(6, object.checksums);
  put_.bind_text(7, object.http_metadata);
  put_.bind_text(8, object.custom_metadata);
  if (blob_id) put_.bind_text(kColumnCount + 1, *blob_id);
  put_.step();
}

void R2Bucket::mark_for_removal(const std::vector<std::string>& blob_ids) const {
  for (const std::string& id : blob_ids) {
    if (!is_blob_id(id)) continue;
    // Best effort: without the second name, a crash from here on leaves a file that nobody needs.
    [[maybe_unused]] const int failed =
        ::link((folders_.blobs / id).c_str(), (folders_.pending / id).c_str());
  }
}

void R2Bucket::remove_values(const std::vector<std::string>& blob_ids) const {
  for (const std::string& id : blob_ids) {
    if (!is_blob_id(id)) continue;
    ::unlink((folders_.blobs / id).c_str());
    ::unlink((folders_.pending / id).c_str());
  }
}

}  // namespace cwrangler::storage
