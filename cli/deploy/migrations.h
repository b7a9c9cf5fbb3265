// Which of the configuration's migrations of Durable Objects an upload has to carry.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/api/envelope.h"

namespace cwrangler::cli {

struct PendingMigrations {
  /// `metadata.migrations`; nothing: all are applied.
  std::optional<ApiJson> metadata;
  std::string warning;  ///< empty: none
};

/// `configured`: as in the file. `applied`: the tag of the last one that the deployed Worker has
/// had; empty for none, or for a new Worker.
PendingMigrations pending_migrations(const std::vector<nlohmann::json>& configured,
                                     const std::string& applied);

}  // namespace cwrangler::cli
