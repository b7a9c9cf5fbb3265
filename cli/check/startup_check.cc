#include "cli/check/startup_check.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <regex>

#include "base/control_protocol.h"
#include "base/files.h"
#include "cli/dev/listeners.h"
#include "cli/dev/log_lines.h"
#include "cli/dev/runtime_process.h"
#include "cli/packages/temporary_file.h"

namespace cwrangler::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Production ends a start that computes for longer.
/// https://developers.cloudflare.com/workers/platform/limits/#worker-startup-time
constexpr milliseconds kProductionLimit{1000};

/// The last place in a traceback that is in the project's own files.
SourcePosition place_in(const std::string& traceback, const std::filesystem::path& directory) {
  static const std::regex kFrame("File \"([^\"]+)\", line (\\d{1,9})");
  SourcePosition place;
  for (std::sregex_iterator frame(traceback.begin(), traceback.end(), kFrame), end; frame != end;
       ++frame) {
    const std::string file = (*frame)[1].str();
    if (file.starts_with("/") || file.starts_with("python_modules/")) continue;
    place = {(directory / file).string(), std::stoi((*frame)[2].str()), 0};
  }
  return place;
}

/// Everything that has arrived; what the runtime prints goes to our standard error.
std::vector<nlohmann::json> next_messages(RuntimeProcess& runtime, milliseconds patience) {
  std::array<pollfd, 3> watched{{{runtime.messages().descriptor(), POLLIN, 0},
                                 {runtime.output(), POLLIN, 0},
                                 {runtime.process().descriptor(), POLLIN, 0}}};
  ::poll(watched.data(), watched.size(), static_cast<int>(patience.count()));
  if (watched[1].revents != 0) {
    std::array<char, 4096> text;
    const ssize_t count = ::read(runtime.output(), text.data(), text.size());
    if (count <= 0 || ::write(STDERR_FILENO, text.data(), static_cast<size_t>(count)) < 0) {
      runtime.close_output();
    }
  }
  return runtime.messages().receive();
}

/// How one start went.
struct Start {
  std::optional<milliseconds> time = {};
  nlohmann::json failure = {};  ///< the runtime's message, when the Worker's top level has raised
  std::string ended = {};       ///< how the runtime ended, when it did
};

/// `keeps`: with what earlier starts have kept, as a dev session has it.
Start start_once(const WorkerConfig& worker, const std::filesystem::path& program,
                 milliseconds patience, bool keeps) {
  const Listeners listeners = open_listeners("127.0.0.1", 0);
  std::map<std::string, std::optional<std::string>> environment;
  if (!keeps) environment["CWRANGLER_SNAPSHOTS"] = "0";
  RuntimeProcess runtime = RuntimeProcess::start(program, listeners, environment);
  MessageStream& messages = runtime.messages();
  messages.send({{"type", control::kLoad}, {"generation", 1}, {"worker", to_json(worker)}});
  const auto end = Clock::now() + patience;
  for (auto rest = patience; rest.count() > 0;
       rest = std::chrono::ceil<milliseconds>(end - Clock::now())) {
    messages.flush();
    // A long list of modules does not go through the socket at once.
    const auto wait = messages.wants_write() ? std::min(rest, milliseconds(10)) : rest;
    for (const nlohmann::json& message : next_messages(runtime, wait)) {
      const std::string type = text_field(message, "type");
      if (type == control::kLoadFailed) return {.failure = message};
      if (type == control::kLoaded) {
        return {.time = milliseconds(std::llround(message.value("startup_ms", 0.0)))};
      }
    }
    if (messages.closed()) return {.ended = runtime.process().wait().to_string()};
  }
  return {};
}

/// What a Worker costs that does nothing: Python's own start, which production has done before.
std::optional<milliseconds> time_of_empty_worker(const WorkerConfig& like,
                                                 const std::filesystem::path& program,
                                                 const std::filesystem::path& directory,
                                                 milliseconds patience) {
  const std::filesystem::path folder = directory / ".wrangler" / "tmp";
  std::filesystem::create_directories(folder);
  const TemporaryFile entry(folder / ("empty-" + std::to_string(::getpid()) + ".py"));
  write_file_atomically(entry.path(), "async def on_fetch(request): ...\n");
  WorkerConfig worker = like;
  worker.main_module = "entry.py";
  worker.modules = {{"entry.py", ModuleType::python, entry.path().string()}};
  worker.bindings.clear();
  worker.assets = nullptr;
  return start_once(worker, program, patience, /*keeps=*/false).time;
}

}  // namespace

StartupReport check_startup(const Project& project, const std::filesystem::path& program,
                            milliseconds patience) {
  const WorkerConfig worker = make_worker_config(project);
  const Start start = start_once(worker, program, patience, /*keeps=*/true);
  StartupReport report{start.time, {}};
  const SourcePosition entry{project.config.main.value.string(), 0, 0};
  auto fail = [&](const std::string& why) {
    report.problems.push_back(
        {Severity::error, "startup", "The Worker does not start: " + why, entry, {}});
  };
  if (start.failure.is_object()) {
    report.problems.push_back(startup_failure(start.failure, project));
  } else if (!start.ended.empty()) {
    fail("the runtime ended with " + start.ended);
  } else if (!start.time) {
    fail("its top level was still running after " + std::to_string(patience.count() / 1000) + " s");
  } else if (*start.time > kProductionLimit) {
    // Most of it may be Python's own start. Both are timed again, on equal terms.
    const auto empty = time_of_empty_worker(worker, program, project.config.directory, patience);
    const auto whole = start_once(worker, program, patience, /*keeps=*/false).time;
    if (!empty || !whole) return report;
    const milliseconds own = *whole - *empty;
    if (own > kProductionLimit) {
      report.problems.push_back(
          {Severity::warning, "startup",
           "The Worker's own part of the start took " + std::to_string(own.count()) +
               " ms here; production ends a start that computes for more than 1000 ms",
           entry, "Import large packages where they are used instead of at the top level."});
    }
  }
  return report;
}

Problem startup_failure(const nlohmann::json& failure, const Project& project) {
  const std::filesystem::path& directory = project.config.directory;
  std::string traceback = exception_lines(failure, /*color=*/false, {project.modules, directory});
  Problem problem;
  problem.check = "startup";
  problem.at = place_in(traceback, directory);
  if (problem.at.file.empty()) problem.at = {project.config.main.value.string(), 0, 0};
  // Without the label that a dev session's log has in front.
  traceback.erase(0, traceback.find(' ') + 1);
  problem.message =
      "The Worker does not start: " + text_field(failure, "message") + "\n" + traceback;
  return problem;
}

}  // namespace cwrangler::cli
