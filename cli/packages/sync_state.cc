#include "cli/packages/sync_state.h"

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/files.h"
#include "cli/version.h"

namespace cwrangler::cli {

namespace fs = std::filesystem;

std::string inputs_digest(const fs::path& project, const Dependencies& dependencies,
                          std::string_view python_version) {
  Digest digest;
  digest.add(kVersion);
  digest.add(python_version);
  for (const fs::path& file : dependencies.inputs) {
    digest.add(file.lexically_relative(project).string());
    digest.add(read_file(file));
  }
  return digest.hex();
}

std::string sync_fingerprint(std::string_view inputs, const fs::path& lock) {
  Digest digest;
  if (fs::is_regular_file(lock)) digest.add(read_file(lock));
  return std::string(inputs) + "-" + digest.hex();
}

std::string read_sync_state(const fs::path& python_modules) {
  const fs::path file = python_modules / kSyncStateFile;
  std::error_code failed;
  if (!fs::is_regular_file(file, failed)) return {};
  const auto state = nlohmann::json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) return {};
  const auto fingerprint = state.find("fingerprint");
  if (fingerprint == state.end() || !fingerprint->is_string()) return {};
  return fingerprint->get<std::string>();
}

void write_sync_state(const fs::path& python_modules, std::string_view fingerprint) {
  const nlohmann::json state = {{"fingerprint", fingerprint}, {"version", kVersion}};
  write_file_atomically(python_modules / kSyncStateFile, state.dump() + "\n");
}

}  // namespace cwrangler::cli
