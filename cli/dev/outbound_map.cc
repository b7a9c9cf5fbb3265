#include "cli/dev/outbound_map.h"

#include <regex>

#include "base/ascii.h"
#include "base/error.h"

namespace cwrangler::cli {

std::map<std::string, std::string> parse_outbound_map(const std::vector<std::string>& values) {
  // A host is letters, digits, dots, hyphens and underscores, or an IPv6 address in brackets.
  static const std::regex kValue(
      R"(((?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)=(https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)/?)",
      std::regex::icase);
  std::map<std::string, std::string> map;
  for (const std::string& value : values) {
    std::smatch parts;
    if (!std::regex_match(value, parts, kValue)) {
      throw Error("--outbound-map takes HOST=URL, and \"" + value + "\" is not that")
          .hint("For example: --outbound-map api.example.com=http://127.0.0.1:9000")
          .exit_with(ExitCode::usage);
    }
    map[ascii_lower(parts[1].str())] = parts[2].str();
  }
  return map;
}

}  // namespace cwrangler::cli
