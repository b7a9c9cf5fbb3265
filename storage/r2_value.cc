#include "storage/r2_value.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "storage/blob_files.h"
#include "storage/r2_error.h"

namespace cwrangler::storage {
namespace {

namespace fs = std::filesystem;

/// https://developers.cloudflare.com/r2/platform/limits/: 5 GiB less 5 MiB in one piece.
constexpr int64_t kLargestUpload = (int64_t{5} << 30) - (int64_t{5} << 20);

/// A new file that is locked; nobody else has seen it unlocked and removed it.
Descriptor create_locked(const fs::path& path) {
  for (;;) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file.valid() || ::flock(file.get(), LOCK_EX) != 0) {
      throw system_error("writing " + path.string());
    }
    struct stat state {};
    if (::fstat(file.get(), &state) == 0 && state.st_nlink > 0) return file;
  }
}

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

}  // namespace

R2Upload::R2Upload(R2Folders folders, R2ExpectedChecksum expected)
    : folders_(std::move(folders)),
      expected_(std::move(expected)),
      id_(new_blob_id()),
      file_(create_locked(folders_.pending / id_)),
      md5_of_(make_checksum("md5")) {
  if (!expected_.name.empty()) other_of_ = make_checksum(expected_.name);
}

R2Upload::~R2Upload() {
  if (!is_kept_) ::unlink((folders_.blobs / id_).c_str());
  ::unlink((folders_.pending / id_).c_str());
}

void R2Upload::write(std::span<const uint8_t> bytes) {
  size_ += static_cast<int64_t>(bytes.size());
  if (size_ > kLargestUpload) throw R2Error(R2Problem::entity_too_large);
  md5_of_->add(bytes);
  if (other_of_) other_of_->add(bytes);
  write_all(file_.get(), bytes, folders_.pending / id_);
}

void R2Upload::finish() {
  md5_ = hex(md5_of_->finish());
  if (other_of_) {
    const std::string actual = hex(other_of_->finish());
    if (actual != expected_.hex) {
      std::string name = expected_.name == "md5" ? "MD5" : "SHA-" + expected_.name.substr(3);
      throw R2Error(R2Problem::bad_digest,
                    "The " + name + " checksum you specified did not match what we received.\n" +
                        "You provided a " + name + " checksum with value: " + expected_.hex +
                        "\nActual " + name + " was: " + actual);
    }
  }
  if (::fdatasync(file_.get()) != 0) throw system_error("flushing a value");
  const fs::path name = folders_.blobs / id_;
  if (::link((folders_.pending / id_).c_str(), name.c_str()) != 0) {
    throw system_error("naming " + name.string());
  }
  flush_folder(folders_.blobs);
}

std::string R2Upload::checksums() const {
  if (expected_.name.empty()) return "{}";
  return "{\"" + expected_.name + "\":\"" + expected_.hex + "\"}";
}

void R2Upload::keep() {
  is_kept_ = true;
}

void remove_orphans(const R2Folders& folders,
                    const std::function<bool(const std::string& blob_id)>& has_row) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folders.pending, none)) {
    const std::string id = entry.path().filename();
    if (!is_blob_id(id)) continue;
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.valid() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (!has_row(id)) ::unlink((folders.blobs / id).c_str());
    ::unlink(entry.path().c_str());
  }
}

R2Reader::R2Reader(std::vector<R2Piece> pieces) : pieces_(std::move(pieces)) {
  std::erase_if(pieces_, [](const R2Piece& piece) { return piece.length <= 0; });
  for (const R2Piece& piece : pieces_) left_ += piece.length;
  if (!pieces_.empty()) open();
}

void R2Reader::open() {
  const R2Piece& piece = pieces_[next_];
  file_ = Descriptor(::open(piece.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (file_.valid()) return;
  if (errno == ENOENT) throw Error("the object was replaced or deleted while it was read");
  throw system_error("reading " + piece.file.string());
}

Blob R2Reader::read(size_t most) {
  Blob bytes(static_cast<size_t>(std::min(left_, static_cast<int64_t>(most))));
  size_t done = 0;
  while (done < bytes.size()) {
    R2Piece& piece = pieces_[next_];
    if (!file_.valid()) open();
    const size_t wanted = std::min(bytes.size() - done, static_cast<size_t>(piece.length));
    const ssize_t count = ::pread(file_.get(), bytes.data() + done, wanted, piece.offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("reading " + piece.file.string());
    if (count == 0) throw Error("the value " + piece.file.string() + " is shorter than its object");
    done += static_cast<size_t>(count);
    piece.offset += count;
    piece.length -= count;
    if (piece.length == 0) {
      file_.reset();
      ++next_;
    }
  }
  left_ -= static_cast<int64_t>(bytes.size());
  return bytes;
}

void R2Reader::skip(int64_t count) {
  count = std::clamp(count, int64_t{0}, left_);
  left_ -= count;
  while (count > 0) {
    R2Piece& piece = pieces_[next_];
    const int64_t here = std::min(count, piece.length);
    piece.offset += here;
    piece.length -= here;
    count -= here;
    if (piece.length > 0) continue;
    file_.reset();
    ++next_;
  }
}

}  // namespace cwrangler::storage
