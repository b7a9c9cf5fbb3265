// An object's bytes on their way to the disk and back, whatever their number.
//
// While a value is written its file has a second name in the folder "pending" beside "blobs", and
// is locked. Whoever opens the bucket next removes what is there, not locked, and in no row: what a
// process left that was killed between writing a value and recording it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "storage/checksums.h"
#include "storage/sqlite.h"

namespace cwrangler::storage {

/// Where the values of a bucket are.
struct R2Folders {
  std::filesystem::path blobs;
  std::filesystem::path pending;
};

/// What the sender says that a value's checksum is. `name`: one of kChecksumNames, or empty.
struct R2ExpectedChecksum {
  std::string name;
  std::string hex;
};

/// A value that is being received. Not kept unless a bucket takes it; one thread at a time.
class R2Upload {
 public:
  explicit R2Upload(R2Folders folders, R2ExpectedChecksum expected = {});
  R2Upload(const R2Upload&) = delete;
  R2Upload& operator=(const R2Upload&) = delete;
  ~R2Upload();

  /// Throws Error when the disk is full, or the value is longer than R2 allows (EntityTooLarge).
  void write(std::span<const uint8_t> bytes);

  /// All bytes are there: they are on disk under id() when it returns. Throws R2Error when the
  /// checksum is not the expected one, and Error.
  void finish();
  /// After finish(), once a committed row has id(): the value stays.
  void keep();

  const std::string& id() const { return id_; }
  int64_t size() const { return size_; }
  /// After finish(): in hex.
  const std::string& md5() const { return md5_; }
  /// The checked checksum as a JSON object: {"sha256": "…"}; {} without one.
  std::string checksums() const;

 private:
  const R2Folders folders_;
  const R2ExpectedChecksum expected_;
  std::string id_;
  Descriptor file_;
  int64_t size_ = 0;
  std::unique_ptr<Checksum> md5_of_;
  std::unique_ptr<Checksum> other_of_;
  std::string md5_;
  bool is_kept_ = false;
};

/// Removes the values in "pending" that nobody is writing and no row has.
void remove_orphans(const R2Folders& folders,
                    const std::function<bool(const std::string& blob_id)>& has_row);

/// Some bytes of a value's file.
struct R2Piece {
  std::filesystem::path file;
  int64_t offset = 0;
  int64_t length = 0;
};

/// Reads pieces one after the other. One thread at a time.
class R2Reader {
 public:
  /// Opens the first piece, so that it can be read after its object was replaced. Throws Error.
  explicit R2Reader(std::vector<R2Piece> pieces);

  /// Up to `most` bytes; none at the end. Throws Error, also when a later piece has gone because
  /// the object was replaced.
  Blob read(size_t most);
  /// The next `count` bytes, or all that are left, are not read.
  void skip(int64_t count);
  int64_t left() const { return left_; }

 private:
  void open();

  std::vector<R2Piece> pieces_;
  size_t next_ = 0;
  Descriptor file_;
  int64_t left_ = 0;
};

}  // namespace cwrangler::storage
