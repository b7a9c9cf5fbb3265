// cwrangler-edge: arguments to a running endpoint, or to one of its commands. Nothing else prints
// errors and exits.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>

#include "base/error.h"
#include "base/logging.h"
#include "edge/administration.h"
#include "edge/command_line.h"
#include "edge/endpoint.h"
#include "edge/log/event_log.h"

namespace {

using cwrangler::edge::EdgeCommands;

/// One descriptor for each connection, and some for each process.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int argc, char** argv) {
  CLI::App app("Serves deployed Python Workers, and the API to deploy them with", "cwrangler edge");
  app.set_version_flag("--version", CWRANGLER_VERSION);
  const auto commands = std::make_shared<EdgeCommands>();
  cwrangler::edge::set_administration(*commands);
  commands->serve = [&options = commands->options] {
    raise_descriptor_limit();
    cwrangler::edge::log_messages();
    cwrangler::edge::run_endpoint(options);
  };
  cwrangler::edge::add_edge_command_line(app, commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return static_cast<int>(cwrangler::ExitCode::usage);
  }
  return static_cast<int>(cwrangler::ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    cwrangler::start_logging("cwrangler-edge");
    return run(argc, argv);
  } catch (const cwrangler::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(cwrangler::ExitCode::failed);
  }
}
