// What the sub-commands of `kv` share: which namespace is meant, and where it is.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command/commands.h"
#include "cli/local/kv_namespaces.h"
#include "cli/local/resource_location.h"
#include "storage/kv_store.h"

namespace cwrangler::cli {

struct KvFlags {
  NamespaceRequest space;
  LocationFlags location;
};

/// Adds --binding, --namespace-id, --preview, and where the data is.
void add_kv_flags(CLI::App& command, KvFlags& flags);

class KvCommand {
 public:
  KvCommand(const KvFlags& flags, const CommandContext& context);

  const Config& config() const { return config_; }
  const std::filesystem::path& state() const { return state_; }
  /// The one that the flags name. Throws Error when none is given or there is none.
  LocalNamespace space() const;
  storage::KvStore open() const { return storage::KvStore(state_, space().id); }

 private:
  const KvFlags& flags_;
  Config config_;
  std::filesystem::path state_;
};

int64_t milliseconds(std::chrono::system_clock::time_point time);

/// Adds `bulk` to the command `kv`.
void add_kv_bulk_command(CLI::App& kv, CommandContext& context);

}  // namespace cwrangler::cli
