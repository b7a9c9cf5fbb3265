// What a deployment prints of an upload, in wrangler's words: modules, sizes, bindings.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/deploy/upload.h"

namespace cwrangler::cli {

/// The table of the modules but the entry point, vendored ones in one row; empty when there are no
/// others.
std::string module_table(const std::vector<UploadModule>& modules);

/// Bytes of all modules, and compressed as one.
struct UploadSize {
  size_t bytes = 0;
  size_t compressed = 0;
};
UploadSize upload_size(const std::vector<UploadModule>& modules);

/// "Total Upload: 0.28 KiB / gzip: 0.20 KiB"
std::string size_line(const UploadSize& size);

/// The largest modules, one a line with its size: what to look at when the Worker is too large.
std::vector<std::string> largest_modules(const std::vector<UploadModule>& modules, size_t count);

/// The table of bindings, as they were uploaded; `config` says what they are called. The values of
/// the variables in `hidden` are not shown. Empty for none.
std::vector<std::string> deployed_bindings(const std::vector<ApiJson>& bindings,
                                           const Config& config,
                                           const std::vector<NamedText>& hidden);

}  // namespace cwrangler::cli
