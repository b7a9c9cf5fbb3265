#include "cli/local/archive_library.h"

#include <dlfcn.h>

#include <string>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kFile = "libarchive.so.13";

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) {
    throw Error(std::string(kFile) + " has no " + name).while_doing("loading libarchive");
  }
}

ArchiveLibrary load() {
  void* const library = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const reason = ::dlerror();
    throw Error(reason != nullptr ? reason : "not found")
        .while_doing("loading libarchive")
        .hint("Archives are written and read with it; Debian's package is libarchive13.");
  }
  ArchiveLibrary functions{};
  find(library, "archive_error_string", functions.message);
  find(library, "archive_write_new", functions.write_new);
  find(library, "archive_write_set_format_pax_restricted", functions.write_format);
  find(library, "archive_write_add_filter_gzip", functions.write_gzip);
  find(library, "archive_write_add_filter_zstd", functions.write_zstd);
  find(library, "archive_write_open_fd", functions.write_open);
  find(library, "archive_write_header", functions.write_header);
  find(library, "archive_write_data", functions.write_data);
  find(library, "archive_write_close", functions.write_close);
  find(library, "archive_write_free", functions.write_free);
  find(library, "archive_read_new", functions.read_new);
  find(library, "archive_read_support_format_tar", functions.read_format);
  find(library, "archive_read_support_filter_gzip", functions.read_gzip);
  find(library, "archive_read_support_filter_zstd", functions.read_zstd);
  find(library, "archive_read_open_fd", functions.read_open);
  find(library, "archive_read_next_header", functions.next_header);
  find(library, "archive_read_data", functions.read_data);
  find(library, "archive_read_free", functions.read_free);
  find(library, "archive_entry_new", functions.entry_new);
  find(library, "archive_entry_free", functions.entry_free);
  find(library, "archive_entry_set_pathname", functions.set_path);
  find(library, "archive_entry_set_size", functions.set_size);
  find(library, "archive_entry_set_filetype", functions.set_type);
  find(library, "archive_entry_set_perm", functions.set_mode);
  find(library, "archive_entry_set_mtime", functions.set_time);
  find(library, "archive_entry_pathname", functions.path);
  find(library, "archive_entry_filetype", functions.type);
  find(library, "archive_entry_hardlink", functions.hard_link);
  return functions;
}

}  // namespace

const ArchiveLibrary& ArchiveLibrary::get() {
  static const ArchiveLibrary library = load();
  return library;
}

}  // namespace cwrangler::cli
