// A memory snapshot that goes with an upload, to an endpoint that asks for it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/deploy/publish.h"

namespace cwrangler::cli {

struct UploadSnapshot {
  std::string identity;  ///< of what it was made of
  std::string content;   ///< the file, compressed with gzip
};

/// The snapshot of what is about to be uploaded, with these bindings. Nothing where the API takes
/// none of this build of the runtime, which it says with its answers (Cloudflare's never does), or
/// where the Worker's code allows none: the endpoint then makes its own.
std::optional<UploadSnapshot> make_upload_snapshot(const DeployContext& context,
                                                   const VersionRequest& request,
                                                   const std::vector<ApiJson>& bindings,
                                                   Progress& progress);

/// Adds it as the endpoint expects it.
void add_snapshot(MultipartForm& form, const UploadSnapshot& snapshot);

}  // namespace cwrangler::cli
