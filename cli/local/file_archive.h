// Archives of files: .tar.gz and .tar.zst.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor.h"

struct archive;

namespace cwrangler::cli {

/// Writes one. Nothing is at its path before finish(); only its owner may read it then.
class ArchiveWriter {
 public:
  /// `path` ends in .tar.gz, .tgz or .tar.zst. Throws Error for another, and when it cannot be
  /// written.
  explicit ArchiveWriter(std::filesystem::path path);
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  ~ArchiveWriter();

  /// `name`: relative, with slashes. Throw Error.
  void add_text(const std::string& name, std::string_view text);
  void add_file(const std::string& name, const std::filesystem::path& file);

  /// All of it is on disk when it returns.
  void finish();

 private:
  void begin_entry(const std::string& name, int64_t size);
  void write(const void* bytes, size_t count);
  /// Throws what libarchive says.
  void check(int code);

  const std::filesystem::path path_;
  const std::filesystem::path part_;
  Descriptor file_;
  struct archive* archive_ = nullptr;
};

/// Reads one from its beginning to its end.
class ArchiveReader {
 public:
  /// Throws Error when there is no such file.
  explicit ArchiveReader(std::filesystem::path path);
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader();

  /// Advances to the next file; false at the end. Folders are passed over. Throws Error for what is
  /// no archive, or is damaged, and for links and devices.
  bool next();

  /// The name of the current file: not empty, relative, without "." and "..". Throws Error for one
  /// that leads elsewhere.
  const std::string& name() const { return name_; }

  /// The current file's content; longer than `most` bytes it is an Error.
  std::string text(size_t most);
  /// Writes it to a new file. Throws Error when there is one already.
  void extract(const std::filesystem::path& file);

 private:
  /// Up to the buffer's size; 0 at the end of the file.
  size_t read(void* buffer, size_t size);
  [[noreturn]] void fail(const std::string& problem) const;

  const std::filesystem::path path_;
  Descriptor file_;
  struct archive* archive_ = nullptr;
  std::string name_;
};

}  // namespace cwrangler::cli
