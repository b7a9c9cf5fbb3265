// The Worker that a command on the account is about: --name, or the configuration's.

#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command/api_session.h"

namespace cwrangler::cli {

/// Adds --name.
void add_name_flag(CLI::App& command, std::string& name);

class WorkerTarget {
 public:
  /// Reads the configuration, if there is one. `name`: of --name; empty: the configuration's.
  /// Throws Error when neither names the Worker, and when there are no credentials.
  WorkerTarget(const std::string& name, const CommandContext& context);

  const std::string& name() const { return config_.name; }
  const Config& config() const { return config_; }
  const Account& account() { return session_->account(); }
  const EnvironmentLookup& environment() const { return session_->environment(); }

 private:
  Config config_;
  std::unique_ptr<ApiSession> session_;
};

}  // namespace cwrangler::cli
