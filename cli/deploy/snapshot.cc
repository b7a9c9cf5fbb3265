#include "cli/deploy/snapshot.h"

#include <spdlog/spdlog.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/files.h"
#include "cli/process/snapshot_run.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kType = "application/vnd.cwrangler.snapshot+gzip";
/// deflateInit2: with a gzip header. A snapshot is sent once, so the quickest level does.
constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kMemoryLevel = 8;

std::string compressed(const std::string& content) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw Error("zlib has no memory").while_doing("compressing a snapshot");
  }
  const std::unique_ptr<z_stream, decltype(&::deflateEnd)> end(&stream, &::deflateEnd);
  std::string result(::deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) {
    throw Error("zlib did not come to an end").while_doing("compressing a snapshot");
  }
  result.resize(stream.total_out);
  return result;
}

/// The Worker as the endpoint will run it; nothing when something of it is known there only.
std::optional<WorkerConfig> uploaded_worker(const Project& project,
                                            const std::vector<ApiJson>& bindings) {
  WorkerConfig worker;
  worker.name = project.config.name;
  worker.main_module = project.main_module;
  worker.compatibility_date = project.compatibility_date;
  worker.compatibility_flags = project.config.compatibility_flags.value;
  worker.modules = project.modules;
  for (const ApiJson& uploaded : bindings) {
    nlohmann::json properties = uploaded;
    Binding binding{
        properties.value("name", std::string()), properties.value("type", std::string()), {}};
    if (binding.type == "inherit") return std::nullopt;
    properties.erase("name");
    properties.erase("type");
    binding.properties = std::move(properties);
    worker.bindings.push_back(std::move(binding));
  }
  return worker;
}

}  // namespace

std::optional<UploadSnapshot> make_upload_snapshot(const DeployContext& context,
                                                   const VersionRequest& request,
                                                   const std::vector<ApiJson>& bindings,
                                                   Progress& progress) {
  const std::string& wanted = context.account.client().snapshot_build();
  const std::filesystem::path runtime = sibling_program("cwrangler-runtime");
  if (wanted.empty() || runtime.empty()) return std::nullopt;
  const auto worker = uploaded_worker(request.project, bindings);
  if (!worker) return std::nullopt;
  try {
    if (snapshot_build(runtime) != wanted) {
      spdlog::debug("the endpoint runs another build: no snapshot is sent");
      return std::nullopt;
    }
    progress.step("Making the memory snapshot");
    const nlohmann::json report =
        run_snapshot(runtime, *worker, /*keep=*/true, [&progress] { progress.tick(); });
    progress.clear();
    if (!report.contains("file")) {
      spdlog::debug("no snapshot is sent: {}", report.dump());
      return std::nullopt;
    }
    return UploadSnapshot{report.value("identity", std::string()),
                          compressed(read_file(report.value("file", std::string())))};
  } catch (const Error& error) {
    progress.clear();
    // The upload does without; what is wrong with the Worker, the endpoint says.
    spdlog::debug("no snapshot is sent: {}", error.what());
    return std::nullopt;
  }
}

void add_snapshot(MultipartForm& form, const UploadSnapshot& snapshot) {
  form.add_file("snapshot", snapshot.identity, kType, snapshot.content);
}

}  // namespace cwrangler::cli
