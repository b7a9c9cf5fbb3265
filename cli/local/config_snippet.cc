#include "cli/local/config_snippet.h"

#include <cctype>
#include <nlohmann/json.hpp>

namespace cwrangler::cli {

std::string config_snippet(const Config& config, const std::string& key,
                           const std::vector<std::pair<std::string, std::string>>& values) {
  if (config.path.extension() == ".toml") {
    std::string text = "[[" + key + "]]";
    for (const auto& [name, value] : values) {
      // A string of JSON is one of TOML.
      text += '\n' + name + " = " + nlohmann::json(value).dump();
    }
    return text;
  }
  nlohmann::ordered_json entry;
  for (const auto& [name, value] : values) entry[name] = value;
  return nlohmann::ordered_json{{key, nlohmann::ordered_json::array({entry})}}.dump(2);
}

std::string binding_name(std::string name) {
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) name = '_' + name;
  return name;
}

}  // namespace cwrangler::cli
