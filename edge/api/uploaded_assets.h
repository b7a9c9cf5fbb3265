// Static files on their way: what an upload session promises, and what a version makes of it.

#pragma once

#include <optional>

#include "edge/api/call.h"

namespace cwrangler::edge {

/// `assets` of a version with this metadata: the files of a session that was completed, or those of
/// the version before (`keep_assets`); null: none. Throws ApiError.
Json uploaded_assets(Call& call, Work& work, const Json& metadata,
                     const std::optional<Version>& before);

}  // namespace cwrangler::edge
