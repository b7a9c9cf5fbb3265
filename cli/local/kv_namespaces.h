// The KV namespaces that a project has on this machine.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/config/config.h"

namespace cwrangler::cli {

struct LocalNamespace {
  std::string id;
  std::string binding;  ///< empty: none in the configuration

  /// "binding: "KV" (id: "…")", or "id: "…"", for messages.
  std::string description() const;
};

struct NamespaceRequest {
  std::string binding;  ///< --binding
  std::string id;       ///< --namespace-id; one of the two is given
  bool preview = false;
};

/// The one that is meant. Without --preview a binding's own id is taken, as wrangler does, and with
/// it its preview id. Throws Error that says what there is.
LocalNamespace find_namespace(const Config& config, const NamespaceRequest& request);

/// Those of the configuration, and those that have files in local state (`state`: the folder v3).
std::vector<LocalNamespace> local_namespaces(const Config& config,
                                             const std::filesystem::path& state);

/// 32 hex digits, as the API's ids.
std::string new_namespace_id();

/// Removes the files. The configuration is the user's.
void remove_namespace(const LocalNamespace& space, const std::filesystem::path& state);

}  // namespace cwrangler::cli
