#include "cli/command/hyperdrive_origin.h"

#include <charconv>

#include "base/ascii.h"
#include "base/error.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kExample =
    "For example: postgresql://user:password@database.example.com:5432/databasename";
constexpr int kPostgresPort = 5432;
constexpr int kMysqlPort = 3306;
constexpr int kMostPort = 65535;

Error usage(const std::string& problem) {
  Error error(problem);
  error.exit_with(ExitCode::usage);
  return error;
}

[[noreturn]] void refuse(const std::string& problem) {
  throw usage(problem).hint(kExample);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 &&
                           digit_of(text[i + 2]) >= 0;
    if (is_escape) {
      result += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

int port_of(std::string_view text, const std::string& scheme) {
  if (text.empty()) return scheme == "mysql" ? kMysqlPort : kPostgresPort;
  int port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc() || end != text.data() + text.size() || port < 1 || port > kMostPort) {
    refuse("The connection string's port is no number from 1 to 65535");
  }
  return port;
}

/// A connection string, taken apart as a URL (RFC 3986, section 3).
ApiJson parsed(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == text.npos) {
    refuse("You must specify the database protocol - e.g. 'postgresql'/'mysql'.");
  }
  const std::string scheme = ascii_lower(std::string(text.substr(0, colon)));
  if (scheme != "postgresql" && scheme != "postgres" && scheme != "mysql") {
    refuse("Only PostgreSQL-compatible or MySQL-compatible databases are supported; this is \"" +
           scheme + "\".");
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const size_t slash = rest.find('/');
  const std::string_view path = slash == rest.npos ? "" : rest.substr(slash + 1);
  const std::string_view authority = rest.substr(0, slash);
  const size_t at = authority.rfind('@');
  const std::string_view credentials = at == authority.npos ? "" : authority.substr(0, at);
  const std::string_view address = at == authority.npos ? authority : authority.substr(at + 1);
  const size_t secret = credentials.find(':');
  const std::string_view user = credentials.substr(0, secret);
  const std::string_view password =
      secret == credentials.npos ? "" : credentials.substr(secret + 1);
  // The colons of an address of IPv6 stand in brackets.
  const size_t bracket = address.find(']');
  const size_t port = address.find(':', bracket == address.npos ? 0 : bracket);
  const std::string_view host = address.substr(0, port);
  if (host.empty()) refuse("You must provide a hostname or IP address in your connection string.");
  if (path.empty()) refuse("You must provide a database name as the path component.");
  if (user.empty()) refuse("You must provide a username.");
  if (password.empty()) refuse("You must provide a password.");
  return {{"host", std::string(host)},
          {"port", port_of(port == address.npos ? "" : address.substr(port + 1), scheme)},
          {"scheme", scheme},
          {"database", decoded(path)},
          {"user", decoded(user)},
          {"password", decoded(password)}};
}

void require(const std::string& value, const char* flag, const char* what) {
  if (!value.empty()) return;
  throw usage("Missing required option " + std::string(flag) + ": " + what + ".")
      .hint("--connection-string gives all of it at once.");
}

void add_network(const OriginFlags& flags, bool is_whole, ApiJson& origin) {
  if (!flags.service.empty()) {
    origin["service_id"] = flags.service;
  } else if (!flags.access_id.empty() || !flags.access_secret.empty()) {
    require(flags.access_id, "--access-client-id", "it goes with --access-client-secret");
    require(flags.access_secret, "--access-client-secret", "it goes with --access-client-id");
    require(flags.host, "--origin-host", "the host of the database");
    origin["access_client_id"] = flags.access_id;
    origin["access_client_secret"] = flags.access_secret;
    origin["host"] = flags.host;
  } else if (is_whole || !flags.host.empty() || flags.port) {
    require(flags.host, "--origin-host", "the host of the database");
    require(flags.port ? "there" : "", "--origin-port", "its port, for example 5432");
    origin["host"] = flags.host;
    origin["port"] = *flags.port;
  }
}

}  // namespace

ApiJson origin_json(const OriginFlags& flags, bool is_whole) {
  if (!flags.connection_string.empty()) return parsed(flags.connection_string);
  if (is_whole) {
    require(flags.database, "--database", "the name of the database");
    require(flags.user, "--origin-user", "who connects to it");
    require(flags.password, "--origin-password", "that user's password");
  }
  ApiJson origin = ApiJson::object();
  const auto add = [&origin](const char* key, const std::string& value) {
    if (!value.empty()) origin[key] = value;
  };
  add("scheme", flags.scheme.empty() && is_whole ? "postgresql" : flags.scheme);
  add("database", flags.database);
  add("user", flags.user);
  add("password", flags.password);
  add_network(flags, is_whole, origin);
  return origin.empty() ? ApiJson() : origin;
}

}  // namespace cwrangler::cli
