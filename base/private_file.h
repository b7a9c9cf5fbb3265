// Files that are run as code is: of compiled code, or of an interpreter's memory.

#pragma once

#include <sys/stat.h>
#include <unistd.h>

namespace cwrangler {

/// Whether this is a regular file that nobody but this user and root can have written.
inline bool is_private(const struct stat& status) {
  const bool ours = status.st_uid == ::geteuid() || status.st_uid == 0;
  return S_ISREG(status.st_mode) && ours && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace cwrangler
