#include "cli/dev/upstream.h"

#include <regex>

#include "base/ascii.h"
#include "base/error.h"

namespace cwrangler::cli {
namespace {

bool is_host(const std::string& text) {
  static const std::regex kHost(R"((?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?)");
  return std::regex_match(text, kHost);
}

}  // namespace

std::string host_of_route(const std::string& pattern) {
  std::string rest = pattern;
  for (const std::string scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) {
      rest.erase(0, scheme.size());
      break;
    }
  }
  std::string host = rest.substr(0, rest.find('/'));
  // A wildcard stands for a subdomain ("*.example.com") or part of a name ("*example.com").
  for (size_t star = host.find('*'); star != host.npos; star = host.find('*')) {
    const bool dot = star + 1 < host.size() && host[star + 1] == '.';
    host.erase(star, dot ? 2 : 1);
  }
  return is_host(host) ? ascii_lower(host) : std::string();
}

std::string without_port(const std::string& host) {
  const size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  return host.substr(0, colon);
}

std::string checked_host(const std::string& host, const std::string& source) {
  if (!is_host(host)) {
    throw Error(source + " takes a host name, and \"" + host + "\" is not one")
        .exit_with(ExitCode::usage)
        .hint("For example: example.com, or example.com:8443");
  }
  return ascii_lower(host);
}

}  // namespace cwrangler::cli
