#include "storage/outbox.h"

#include <chrono>
#include <cstdio>
#include <system_error>

#include "base/error.h"
#include "base/files.h"
#include "storage/blob_files.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

namespace fs = std::filesystem;

/// Against two messages of one millisecond.
constexpr size_t kRandomBytes = 4;

/// Milliseconds since 1970, so many digits that names are in order for some centuries.
std::string time_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const long long count = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  char text[32];
  std::snprintf(text, sizeof text, "%014lld", count);
  return text;
}

}  // namespace

Outbox::Outbox(const fs::path& state, std::string_view binding)
    : folder_(email_folder(state, binding)) {}

fs::path Outbox::keep(std::string_view message) {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed) throw Error(failed.message()).while_doing("creating " + folder_.string());
  fs::path file = folder_ / (time_name() + "-" + random_hex(kRandomBytes) + ".eml");
  // Only for its owner: messages may hold what nobody else should read.
  write_file_atomically(file, message, 0600);
  return file;
}

}  // namespace cwrangler::storage
