#include "cli/deploy/migrations.h"

#include <algorithm>

namespace cwrangler::cli {
namespace {

std::string tag_of(const nlohmann::json& migration) {
  return migration.value("tag", std::string());
}

}  // namespace

PendingMigrations pending_migrations(const std::vector<nlohmann::json>& configured,
                                     const std::string& applied) {
  PendingMigrations pending;
  if (configured.empty()) return pending;
  const auto last_applied =
      std::find_if(configured.begin(), configured.end(),
                   [&](const nlohmann::json& migration) { return tag_of(migration) == applied; });
  auto first = configured.begin();
  if (!applied.empty() && last_applied != configured.end()) {
    first = last_applied + 1;
  } else if (!applied.empty()) {
    pending.warning = "The published script has a migration tag \"" + applied +
                      "\", which was not found in your Wrangler file. You may have already "
                      "deleted it. Applying all available migrations to the script...";
  }
  if (first == configured.end()) return pending;
  ApiJson metadata = ApiJson::object();
  if (!applied.empty()) metadata["old_tag"] = applied;
  metadata["new_tag"] = tag_of(configured.back());
  metadata["steps"] = ApiJson::array();
  for (auto step = first; step != configured.end(); ++step) {
    ApiJson entry = ApiJson(*step);
    entry.erase("tag");
    metadata["steps"].push_back(std::move(entry));
  }
  pending.metadata = std::move(metadata);
  return pending;
}

}  // namespace cwrangler::cli
