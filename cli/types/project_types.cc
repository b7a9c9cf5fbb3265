#include "cli/types/project_types.h"

#include <cstdlib>

#include "base/files.h"
#include "cli/project/local_variables.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// The chosen environment, or all of them when none is: the stub is for the code of each.
std::vector<Config> read_configs(ConfigRequest request) {
  std::vector<Config> configs{load_config(request)};
  if (!request.environment.empty()) return configs;
  const std::vector<std::string> names = configs.front().environments;
  for (const std::string& name : names) {
    request.environment = name;
    configs.push_back(load_config(request));
  }
  return configs;
}

/// Names only are wanted: nothing of the process's environment belongs to the Worker.
std::optional<std::string> process_environment(const std::string& name) {
  if (name == "CLOUDFLARE_INCLUDE_PROCESS_ENV") return std::nullopt;
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::vector<std::string> secret_names(const TypesRequest& request, const Config& config) {
  // The configuration's own list is the same on every machine; files are not.
  if (config.required_secrets) return {};
  std::vector<std::string> names;
  const LocalVariables local = load_local_variables(
      {config.directory, request.config.environment, request.env_files, &process_environment});
  for (const DotenvFile::Entry& entry : local.entries) names.push_back(entry.name);
  return names;
}

}  // namespace

ProjectTypes project_types(const TypesRequest& request) {
  StubInput input;
  input.configs = read_configs(request.config);
  const Config& config = input.configs.front();
  input.secrets = secret_names(request, config);
  std::error_code ignored;
  if (fs::is_regular_file(config.main.value, ignored)) {
    input.entry_module = config.main.value.stem().string();
    input.entry_source = read_file(config.main.value);
  }
  const std::string bindings = read_file(share_directory() / "types" / "bindings.pyi");
  return {config.directory, environment_stub(input, bindings, request.options)};
}

bool is_current(const std::string& stub, const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && read_file(file) == stub;
}

bool write_types(const std::string& stub, const fs::path& file) {
  if (is_current(stub, file)) return false;
  fs::create_directories(file.parent_path());
  write_file_atomically(file, stub);
  return true;
}

}  // namespace cwrangler::cli
