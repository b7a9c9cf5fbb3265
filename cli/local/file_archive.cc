#include "cli/local/file_archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "cli/local/archive_library.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kBlockBytes = 64 << 10;

const ArchiveLibrary& library() {
  return ArchiveLibrary::get();
}

bool ends_with(const std::string& name, std::string_view suffix) {
  return name.size() > suffix.size() && name.ends_with(suffix);
}

std::string reason(struct archive* archive) {
  const char* const text = library().message(archive);
  return text == nullptr ? "unknown" : text;
}

/// Whether the name leads to a place inside of the folder it is put in.
bool stays_inside(const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute() || name.find('\0') != std::string::npos) return false;
  for (const fs::path& part : path) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

void write_all(int file, const char* bytes, size_t count, const fs::path& path) {
  while (count > 0) {
    const ssize_t written = ::write(file, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error("writing " + path.string());
    bytes += written;
    count -= static_cast<size_t>(written);
  }
}

}  // namespace

ArchiveWriter::ArchiveWriter(fs::path path)
    : path_(std::move(path)), part_(path_.string() + ".part") {
  const std::string name = path_.filename();
  const bool is_gzip = ends_with(name, ".tar.gz") || ends_with(name, ".tgz");
  if (!is_gzip && !ends_with(name, ".tar.zst")) {
    throw Error("the archive's name \"" + name + "\" does not say what it is")
        .exit_with(ExitCode::usage)
        .hint("It ends in .tar.gz or in .tar.zst.");
  }
  archive_ = library().write_new();
  try {
    check(library().write_format(archive_));
    check(is_gzip ? library().write_gzip(archive_) : library().write_zstd(archive_));
    ::unlink(part_.c_str());
    file_ = Descriptor(::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file_.valid()) throw system_error("writing " + path_.string());
    check(library().write_open(archive_, file_.get()));
  } catch (...) {
    library().write_free(archive_);
    throw;
  }
}

ArchiveWriter::~ArchiveWriter() {
  if (archive_ == nullptr) return;
  library().write_free(archive_);
  ::unlink(part_.c_str());
}

void ArchiveWriter::check(int code) {
  if (code < ARCHIVE_WARN) throw Error(reason(archive_)).while_doing("writing " + path_.string());
}

void ArchiveWriter::begin_entry(const std::string& name, int64_t size) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(library().entry_new(),
                                                                       library().entry_free);
  library().set_path(entry.get(), name.c_str());
  library().set_size(entry.get(), size);
  library().set_type(entry.get(), AE_IFREG);
  library().set_mode(entry.get(), 0600);
  library().set_time(entry.get(), std::time(nullptr), 0);
  check(library().write_header(archive_, entry.get()));
}

void ArchiveWriter::write(const void* bytes, size_t count) {
  if (count > 0 && library().write_data(archive_, bytes, count) != static_cast<la_ssize_t>(count)) {
    throw Error(reason(archive_)).while_doing("writing " + path_.string());
  }
}

void ArchiveWriter::add_text(const std::string& name, std::string_view text) {
  begin_entry(name, static_cast<int64_t>(text.size()));
  write(text.data(), text.size());
}

void ArchiveWriter::add_file(const std::string& name, const fs::path& file) {
  const Descriptor source(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat state {};
  if (!source.valid() || ::fstat(source.get(), &state) != 0) {
    throw system_error("reading " + file.string());
  }
  begin_entry(name, state.st_size);
  std::vector<char> buffer(kBufferBytes);
  for (int64_t left = state.st_size; left > 0;) {
    const ssize_t count =
        ::read(source.get(), buffer.data(), std::min(buffer.size(), static_cast<size_t>(left)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("reading " + file.string());
    if (count == 0) throw Error("it became shorter").while_doing("reading " + file.string());
    write(buffer.data(), static_cast<size_t>(count));
    left -= count;
  }
}

void ArchiveWriter::finish() {
  check(library().write_close(archive_));
  if (::fsync(file_.get()) != 0) throw system_error("flushing " + part_.string());
  if (::rename(part_.c_str(), path_.c_str()) != 0) throw system_error("naming " + path_.string());
  library().write_free(archive_);
  archive_ = nullptr;
}

ArchiveReader::ArchiveReader(fs::path path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!file_.valid()) throw system_error("reading " + path_.string());
  archive_ = library().read_new();
  library().read_format(archive_);
  library().read_gzip(archive_);
  library().read_zstd(archive_);
  if (library().read_open(archive_, file_.get(), kBlockBytes) != ARCHIVE_OK) {
    const std::string problem = reason(archive_);
    library().read_free(archive_);
    fail(problem);
  }
}

ArchiveReader::~ArchiveReader() {
  library().read_free(archive_);
}

void ArchiveReader::fail(const std::string& problem) const {
  throw Error(problem)
      .while_doing("reading " + path_.string())
      .hint("Archives that `cwrangler state export` has written are what can be read.");
}

bool ArchiveReader::next() {
  for (;;) {
    archive_entry* entry = nullptr;
    const int code = library().next_header(archive_, &entry);
    if (code == ARCHIVE_EOF) return false;
    if (code != ARCHIVE_OK) fail(reason(archive_));
    const auto type = library().type(entry);
    if (type == AE_IFDIR) continue;
    const char* const name = library().path(entry);
    name_ = name == nullptr ? "" : name;
    if (type != AE_IFREG || library().hard_link(entry) != nullptr) {
      fail("\"" + name_ + "\" is a link or a device");
    }
    if (!stays_inside(name_)) fail("\"" + name_ + "\" leads out of the archive's folder");
    return true;
  }
}

size_t ArchiveReader::read(void* buffer, size_t size) {
  const la_ssize_t count = library().read_data(archive_, buffer, size);
  if (count < 0) fail(reason(archive_));
  return static_cast<size_t>(count);
}

std::string ArchiveReader::text(size_t most) {
  std::string content(most + 1, '\0');
  size_t length = 0;
  while (length < content.size()) {
    const size_t count = read(content.data() + length, content.size() - length);
    if (count == 0) break;
    length += count;
  }
  if (length > most) fail("\"" + name_ + "\" is too long");
  content.resize(length);
  return content;
}

void ArchiveReader::extract(const fs::path& file) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) throw Error(failed.message()).while_doing("creating " + file.parent_path().string());
  const Descriptor target(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!target.valid()) throw system_error("writing " + file.string());
  std::vector<char> buffer(kBufferBytes);
  while (const size_t count = read(buffer.data(), buffer.size())) {
    write_all(target.get(), buffer.data(), count, file);
  }
}

}  // namespace cwrangler::cli
