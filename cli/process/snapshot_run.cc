#include "cli/process/snapshot_run.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "cli/process/child_process.h"

namespace cwrangler::cli {
namespace {

using nlohmann::json;

/// The runtime's number for the file of the configuration.
constexpr int kConfig = 3;

/// A file without a name: a configuration has secrets, and is for nobody else.
Descriptor anonymous_file(const std::string& content) {
  Descriptor file(::memfd_create("worker-configuration", MFD_CLOEXEC));
  if (!file.valid()) throw system_error("making a file in memory");
  std::string_view rest = content;
  while (!rest.empty()) {
    const ssize_t count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0) throw system_error("writing the Worker's configuration");
    rest.remove_prefix(static_cast<size_t>(count));
  }
  return file;
}

}  // namespace

json run_snapshot(const std::filesystem::path& runtime, const WorkerConfig& worker, bool keep,
                  const std::function<void()>& tick) {
  const Descriptor file = anonymous_file(to_json(worker).dump());
  ChildOptions child;
  child.arguments = {runtime.string(), "snapshot", "--config",
                     "/dev/fd/" + std::to_string(kConfig)};
  if (!keep) child.arguments.emplace_back("--check");
  child.descriptors = {{file.get(), kConfig}};
  const CapturedRun run = run_captured(child, tick);
  json report = json::parse(run.out, nullptr, /*allow_exceptions=*/false);
  if (!run.status.success() || !report.is_object()) {
    throw Error("the runtime ended with " + run.status.to_string() + "\n" + run.err)
        .while_doing("making a snapshot");
  }
  return report;
}

std::string snapshot_build(const std::filesystem::path& runtime) {
  ChildOptions child;
  child.arguments = {runtime.string(), "snapshot", "--build"};
  const CapturedRun run = run_captured(child);
  if (!run.status.success() || run.out.empty()) {
    throw Error("the runtime ended with " + run.status.to_string() + "\n" + run.err)
        .while_doing("asking for the runtime's build");
  }
  return run.out.substr(0, run.out.find('\n'));
}

}  // namespace cwrangler::cli
