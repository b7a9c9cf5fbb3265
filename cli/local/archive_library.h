// libarchive, loaded when an archive is written or read: its own libraries take longer to load than
// most commands take to run.

#pragma once

#include <archive.h>
#include <archive_entry.h>

namespace cwrangler::cli {

/// The functions of libarchive that are used here, with libarchive's types.
struct ArchiveLibrary {
  decltype(&archive_error_string) message;

  decltype(&archive_write_new) write_new;
  decltype(&archive_write_set_format_pax_restricted) write_format;
  decltype(&archive_write_add_filter_gzip) write_gzip;
  decltype(&archive_write_add_filter_zstd) write_zstd;
  decltype(&archive_write_open_fd) write_open;
  decltype(&archive_write_header) write_header;
  decltype(&archive_write_data) write_data;
  decltype(&archive_write_close) write_close;
  decltype(&archive_write_free) write_free;

  decltype(&archive_read_new) read_new;
  decltype(&archive_read_support_format_tar) read_format;
  decltype(&archive_read_support_filter_gzip) read_gzip;
  decltype(&archive_read_support_filter_zstd) read_zstd;
  decltype(&archive_read_open_fd) read_open;
  decltype(&archive_read_next_header) next_header;
  decltype(&archive_read_data) read_data;
  decltype(&archive_read_free) read_free;

  decltype(&archive_entry_new) entry_new;
  decltype(&archive_entry_free) entry_free;
  decltype(&archive_entry_set_pathname) set_path;
  decltype(&archive_entry_set_size) set_size;
  decltype(&archive_entry_set_filetype) set_type;
  decltype(&archive_entry_set_perm) set_mode;
  decltype(&archive_entry_set_mtime) set_time;
  decltype(&archive_entry_pathname) path;
  decltype(&archive_entry_filetype) type;
  decltype(&archive_entry_hardlink) hard_link;

  /// Loaded once; any thread. Throws Error when the system has no libarchive.
  static const ArchiveLibrary& get();
};

}  // namespace cwrangler::cli
