#include "cli/deploy/mime_types.h"

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "base/files.h"

namespace cwrangler::cli {

MimeTypes::MimeTypes() {
  const std::filesystem::path file = share_directory() / "mime.json";
  const auto table = nlohmann::json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!table.is_object()) {
    throw Error("it is no table of types")
        .while_doing("reading " + file.string())
        .hint("Reinstall cwrangler.");
  }
  for (const auto& [ending, type] : table.items()) {
    if (type.is_string()) types_[ending] = type.get<std::string>();
  }
}

std::string MimeTypes::type_of(const std::filesystem::path& file) const {
  const std::string name = ascii_lower(file.filename().string());
  // A name that is all ending counts too: "html" has no dot, ".html" an empty beginning.
  const size_t dot = name.rfind('.');
  const auto found = types_.find(dot == name.npos ? name : name.substr(dot + 1));
  if (found == types_.end()) return {};
  return found->second.starts_with("text/") ? found->second + "; charset=utf-8" : found->second;
}

}  // namespace cwrangler::cli
