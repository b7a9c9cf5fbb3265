#include "edge/http/spooled_body.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/error.h"

namespace cwrangler::edge {
namespace {

/// Most requests are far smaller; a hundred of these at once are no burden.
constexpr size_t kMostInMemory = 1 << 20;

Descriptor open_nameless_file() {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid()) return file;
  // A file system that knows no nameless files.
  std::string name = (folder / "cwrangler-edge-XXXXXX").string();
  file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.valid()) throw system_error("making a file for a request's body in " + folder.string());
  ::unlink(name.c_str());
  return file;
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error("keeping a request's body");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

SpooledBody::SpooledBody(SpooledBody&& other) noexcept
    : memory_(std::move(other.memory_)),
      file_(std::move(other.file_)),
      size_(std::exchange(other.size_, 0)),
      mapping_(std::exchange(other.mapping_, nullptr)) {}

SpooledBody& SpooledBody::operator=(SpooledBody&& other) noexcept {
  if (this != &other) {
    unmap();
    memory_ = std::move(other.memory_);
    file_ = std::move(other.file_);
    size_ = std::exchange(other.size_, 0);
    mapping_ = std::exchange(other.mapping_, nullptr);
  }
  return *this;
}

SpooledBody::~SpooledBody() {
  unmap();
}

void SpooledBody::unmap() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
  mapping_ = nullptr;
}

void SpooledBody::append(std::string_view bytes) {
  if (!file_.valid() && memory_.size() + bytes.size() <= kMostInMemory) {
    memory_ += bytes;
  } else {
    if (!file_.valid()) {
      file_ = open_nameless_file();
      write_all(file_.get(), memory_);
      memory_ = {};
    }
    write_all(file_.get(), bytes);
  }
  size_ += bytes.size();
}

std::string_view SpooledBody::view() {
  if (!file_.valid()) return memory_;
  if (mapping_ == nullptr) {
    void* const mapping = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
    if (mapping == MAP_FAILED) throw system_error("reading a request's body");
    mapping_ = mapping;
  }
  return {static_cast<const char*>(mapping_), size_};
}

}  // namespace cwrangler::edge
