#include "edge/api/uploaded_snapshot.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/descriptor.h"
#include "edge/api/api_error.h"
#include "edge/store/accounts.h"

namespace cwrangler::edge {
namespace {

/// An interpreter's memory has 4 GiB at most, and no Worker may use more than some hundred MiB.
constexpr std::uint64_t kMostUnpacked = std::uint64_t{1} << 30;
constexpr size_t kPage = 4096;
constexpr size_t kChunk = 64 * kPage;
/// inflateInit2: a gzip header is expected.
constexpr int kGzip = 16 + MAX_WBITS;

ApiError invalid(const std::string& message) {
  return {400, api_code::kInvalidScript, "The snapshot cannot be unpacked: " + message};
}

/// Writes a file from its beginning, and leaves holes where it is zero.
class SparseFile {
 public:
  explicit SparseFile(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (!file_.valid()) throw system_error("making " + path.string());
  }

  void append(const std::vector<Bytef>& bytes, size_t count) {
    for (size_t at = 0; at < count; at += kPage) {
      const size_t length = std::min(kPage, count - at);
      const Bytef* const page = bytes.data() + at;
      const bool is_zero = std::all_of(page, page + length, [](Bytef byte) { return byte == 0; });
      if (!is_zero) write(page, length);
      size_ += length;
    }
  }

  void finish() const {
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
      throw system_error("writing an uploaded snapshot");
    }
  }

  std::uint64_t size() const { return size_; }

 private:
  void write(const Bytef* page, size_t length) const {
    size_t done = 0;
    while (done < length) {
      const ssize_t count =
          ::pwrite(file_.get(), page + done, length - done, static_cast<off_t>(size_ + done));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw system_error("writing an uploaded snapshot");
      done += static_cast<size_t>(count);
    }
  }

  Descriptor file_;
  std::uint64_t size_ = 0;
};

void unpack(std::string_view compressed, SparseFile& file) {
  z_stream stream{};
  if (::inflateInit2(&stream, kGzip) != Z_OK) throw Error("zlib has no memory");
  const std::unique_ptr<z_stream, decltype(&::inflateEnd)> end(&stream, &::inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::vector<Bytef> chunk(kChunk);
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    stream.next_out = chunk.data();
    stream.avail_out = kChunk;
    // Until the chunk is full: its pages are those of the file.
    do {
      status = ::inflate(&stream, Z_NO_FLUSH);
    } while (status == Z_OK && stream.avail_out > 0 && stream.avail_in > 0);
    if (status != Z_OK && status != Z_STREAM_END) throw invalid("it is no gzip data");
    const size_t count = kChunk - stream.avail_out;
    if (count == 0 && status == Z_OK) throw invalid("it is cut short");
    if (file.size() + count > kMostUnpacked) {
      throw ApiError(413, api_code::kScriptTooLarge,
                     "The snapshot has more than " + std::to_string(kMostUnpacked >> 20) + " MiB");
    }
    file.append(chunk, count);
  }
  file.finish();
}

}  // namespace

UploadedSnapshot::UploadedSnapshot(const std::filesystem::path& folder, std::string_view compressed,
                                   std::string identity)
    : file_(folder / random_hex(16)), identity_(std::move(identity)) {
  std::filesystem::create_directories(folder);
  try {
    SparseFile file(file_);
    unpack(compressed, file);
  } catch (...) {
    ::unlink(file_.c_str());
    throw;
  }
}

UploadedSnapshot::~UploadedSnapshot() {
  ::unlink(file_.c_str());
}

}  // namespace cwrangler::edge
