#include "cli/api/environment.h"

#include <cstdlib>
#include <map>
#include <memory>

#include "base/files.h"

namespace cwrangler::cli {
namespace {

std::optional<std::string> process_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

EnvironmentLookup api_environment(const std::filesystem::path& directory,
                                  const std::string& environment) {
  std::vector<std::string> names{".env", ".env.local"};
  if (!environment.empty()) {
    names.push_back(".env." + environment);
    names.push_back(".env." + environment + ".local");
  }
  const auto values = std::make_shared<std::map<std::string, std::string>>();
  for (const std::string& name : names) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(directory / name, ignored)) continue;
    DotenvFile file = parse_dotenv(read_file(directory / name));
    expand_dotenv(file.entries, &process_variable);
    for (DotenvFile::Entry& entry : file.entries) (*values)[entry.name] = std::move(entry.value);
  }
  return [values](const std::string& name) -> std::optional<std::string> {
    if (auto own = process_variable(name)) return own;
    const auto found = values->find(name);
    return found != values->end() ? std::optional<std::string>(found->second) : std::nullopt;
  };
}

}  // namespace cwrangler::cli
