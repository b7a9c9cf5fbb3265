// The content types of files by the ends of their names: the table that wrangler has, which is that
// of the npm package mime, written to share/cwrangler/mime.json when the program is built.

#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace cwrangler::cli {

class MimeTypes {
 public:
  /// Reads the table. Throws Error when the install tree is without it.
  MimeTypes();

  /// "text/html; charset=utf-8", "image/png"; empty for an ending that nobody knows.
  std::string type_of(const std::filesystem::path& file) const;

 private:
  std::map<std::string, std::string> types_;
};

}  // namespace cwrangler::cli
