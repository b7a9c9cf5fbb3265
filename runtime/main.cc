// cwrangler-runtime: arguments to a running server, or a Python. Nothing else prints and exits.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/logging.h"
#include "runtime/builtins.h"
#include "runtime/engine/platform.h"
#include "runtime/python/interpreter.h"
#include "runtime/server/serve.h"
#include "runtime/snapshot/snapshot_store.h"
#include "runtime/snapshot_command.h"
#include "runtime/web/reachable.h"

namespace {

using cwrangler::server::ServeOptions;

/// Each takes some 20 MB, and address space for a stack and for Python's largest memory.
constexpr size_t kMostInstances = 1'000;

/// One descriptor for each connection: the soft limit of 1024 is there for programs that use
/// select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void add_serve_options(CLI::App& command, ServeOptions& options,
                       cwrangler::engine::Platform::Options& platform) {
  command
      .add_option("--listen-fd", options.listen_fds, "An inherited listening socket; repeatable")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--ip", options.ip, "Address to listen on without --listen-fd")
      ->capture_default_str();
  command.add_option("--port", options.port, "Port to listen on; 0 takes a free one")
      ->capture_default_str();
  CLI::Option* const https =
      command.add_flag("--https", options.https,
                       "Speak HTTPS, with a certificate of this machine unless others are given");
  CLI::Option* const certificate = command.add_option(
      "--https-certificate", options.certificate_file, "Certificate, PEM, with --https-key");
  CLI::Option* const key = command.add_option("--https-key", options.key_file, "Its key, PEM");
  certificate->needs(https)->needs(key);
  key->needs(https)->needs(certificate);
  command.add_flag_callback("--deny-private-addresses", &cwrangler::web::deny_private_addresses,
                            "Let Workers connect to public addresses only");
  auto* control =
      command.add_option("--control-fd", options.control_fd,
                         "An inherited socket that brings configurations and takes the log");
  auto* config = command.add_option("--config", options.config,
                                    "File with the Worker's configuration, - for stdin");
  control->excludes(config);
  command.add_flag("--one-worker", options.one_worker,
                   "With --control-fd: one Worker is loaded, and nothing begun for another");
  command.add_option("--heap-mb", platform.heap_limit_mb,
                     "Limit of the JavaScript heap in MiB; 0 leaves it to V8");
  const auto milliseconds = [&](const char* name, const char* variable, ServeOptions* all,
                                auto member, const char* help) {
    command
        .add_option_function<unsigned>(
            name,
            [all, member](unsigned count) {
              all->server.*member = std::chrono::milliseconds(count);
            },
            help)
        ->envname(variable);
  };
  command
      .add_option("--dynamic-workers", options.server.dynamic_workers,
                  "How many Workers a Worker may have made at once (Worker Loader)")
      ->capture_default_str();
  command
      .add_option("--instances", options.server.instances,
                  "How many instances of the Worker answer requests, each on a thread of its own "
                  "(1 with --control-fd, else one for each core)")
      ->check(CLI::Range(size_t{1}, kMostInstances));
  using cwrangler::server::ServerOptions;
  milliseconds("--cpu-limit-ms", "CWRANGLER_CPU_LIMIT_MS", &options, &ServerOptions::cpu_limit,
               "The longest that one call into the Worker may run (30000)");
  milliseconds("--grace-ms", "CWRANGLER_GRACE_MS", &options, &ServerOptions::grace,
               "How long requests may go on after a stop (2000)");
  milliseconds("--drain-ms", "CWRANGLER_DRAIN_MS", &options, &ServerOptions::drain_limit,
               "How long a replaced instance may go on (30000)");
}

/// A folder of the user's cache; empty for a user without one.
std::filesystem::path cache_folder(const char* name) {
  const std::filesystem::path cache = cwrangler::cache_directory();
  return cache.empty() ? cache : cache / name;
}

/// Where snapshots are kept; empty where they are turned off.
std::filesystem::path snapshot_folder() {
  const char* const wanted = std::getenv("CWRANGLER_SNAPSHOTS");
  if (wanted != nullptr && std::string_view(wanted) == "0") return {};
  return cache_folder("snapshots");
}

cwrangler::engine::Platform::Options platform_defaults() {
  cwrangler::engine::Platform::Options options;
  options.code_folders = {.own = cache_folder("code"),
                          .installed = cwrangler::share_directory() / "code"};
  if (const char* const flags = std::getenv("CWRANGLER_V8_FLAGS")) options.v8_flags = flags;
  return options;
}

/// `cwrangler-runtime python …`: what follows is Python's own command line, so CLI11 is not asked.
void run_python(std::span<char*> arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> list(arguments.begin(), arguments.end());
  cwrangler::python::answer_known_question(list);
  cwrangler::engine::Platform platform(platform_defaults());
  cwrangler::python::run_python(platform, cwrangler::builtin_snapshot(), snapshot_folder(), list);
}

void make_snapshot(const cwrangler::SnapshotCommand& command) {
  cwrangler::engine::Platform platform(platform_defaults());
  const auto report =
      cwrangler::make_worker_snapshot(platform, cwrangler::builtin_snapshot(), command);
  std::puts(report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

int run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "python") {
    run_python({argv + 2, static_cast<size_t>(argc - 2)});
  }
  CLI::App app("Serves Cloudflare Python Workers");
  app.set_version_flag("--version", "cwrangler-runtime " CWRANGLER_VERSION);
  app.require_subcommand(1);
  ServeOptions options;
  cwrangler::engine::Platform::Options platform_options = platform_defaults();
  options.server.snapshot_folder = snapshot_folder();
  options.certificate_folder = cache_folder("certificate");
  CLI::App* serve = app.add_subcommand("serve", "Serve one Worker");
  app.add_subcommand("python", "Run a Python command line [--release 3.12|3.13|3.14] …");
  add_serve_options(*serve, options, platform_options);
  CLI::App* snapshot = app.add_subcommand("snapshot", "Make a Worker's snapshot, and report");
  cwrangler::SnapshotCommand snapshot_command;
  snapshot_command.folder = snapshot_folder();
  snapshot->add_option("--config", snapshot_command.config,
                       "File with the Worker's configuration, - for stdin");
  bool asks_for_build = false;
  snapshot->add_flag("--build", asks_for_build,
                     "Only print the name of the build, which its snapshots are for");
  snapshot->add_flag("--check", snapshot_command.check,
                     "Do not keep it, and find out what prevents it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(cwrangler::ExitCode::usage);
  }
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow further is an error of the write, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  if (asks_for_build) {
    std::puts(cwrangler::snapshot::build_name(cwrangler::builtin_snapshot().blob).c_str());
    return 0;
  }
  if (snapshot->parsed()) {
    if (snapshot_command.config.empty()) {
      throw cwrangler::Error("snapshot needs --config FILE").exit_with(cwrangler::ExitCode::usage);
    }
    make_snapshot(snapshot_command);
    return 0;
  }
  if (options.control_fd < 0 && options.config.empty()) {
    throw cwrangler::Error("serve needs --config FILE or --control-fd N")
        .exit_with(cwrangler::ExitCode::usage);
  }
  if (serve->count("--instances") == 0 && options.control_fd < 0) {
    options.server.instances = std::max(1U, std::thread::hardware_concurrency());
  }
  raise_descriptor_limit();
  cwrangler::engine::Platform platform(platform_options);
  cwrangler::server::serve(platform, cwrangler::builtin_snapshot(), options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    cwrangler::start_logging("cwrangler-runtime");
    return run(argc, argv);
  } catch (const cwrangler::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cwrangler-runtime: %s\n", error.what());
    return static_cast<int>(cwrangler::ExitCode::failed);
  }
}
