// The flags of the endpoint and its commands. `cwrangler edge` reads the same ones, for its help
// and its completions, before it starts `cwrangler-edge`.

#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cwrangler::edge {

struct EdgeOptions {
  std::string data;               ///< the folder of everything; empty: default_data_folder()
  std::string ip = "127.0.0.1";   ///< of both listeners
  std::uint16_t api_port = 8788;  ///< 0: any free one
  std::uint16_t port = 8789;      ///< of the Workers
  std::string domain = "localhost";
  std::string certificate;  ///< PEM files; empty: plain HTTP
  std::string key;
  bool allow_private_addresses = false;
  bool accept_snapshots = false;  ///< that clients have made, with uploads
  unsigned idle_seconds = 300;
  unsigned most_processes = 100;
  unsigned spare_processes = 1;
  unsigned memory_mb = 512;     ///< of one Worker's process
  unsigned cache_mb = 16'384;   ///< of an account's snapshots and compiled code, on disk
  unsigned body_mb = 100;       ///< of a request to a Worker
  unsigned concurrency = 1000;  ///< requests of one Worker at once
  unsigned script_mb = 128;     ///< all modules of one upload
};

struct TokenOptions {
  std::string name;
  std::string account;
  std::vector<std::string> scopes;
  std::optional<unsigned> days;
  std::string id;
};

/// What each command does; set by the program that does it. The commands' options are parsed into
/// the structures before.
struct EdgeCommands {
  EdgeOptions options;
  TokenOptions token;
  std::string account_name;
  std::string archive;
  std::int64_t audit_count = 50;
  bool as_json = false;

  std::function<void()> serve;
  std::function<void()> create_token;
  std::function<void()> list_tokens;
  std::function<void()> revoke_token;
  std::function<void()> create_account;
  std::function<void()> list_accounts;
  std::function<void()> show_audit;
  std::function<void()> backup;
  std::function<void()> restore;
};

/// Adds flags and sub-commands, whose callbacks keep `commands`. Without a sub-command, `serve` is
/// what was asked for.
void add_edge_command_line(CLI::App& app, const std::shared_ptr<EdgeCommands>& commands);

}  // namespace cwrangler::edge
