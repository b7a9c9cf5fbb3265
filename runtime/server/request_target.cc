#include "runtime/server/request_target.h"

#include <algorithm>

namespace cwrangler::server {
namespace {

std::string_view scheme_of(const RequestHead& head) {
  return head.secure ? "https://" : "http://";
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool valid_port(std::string_view port) {
  if (port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) return false;
  // "host:" is allowed by the grammar and means the default port.
  return port.empty() || std::stoi(std::string(port)) <= 65535;
}

/// Raw bytes above 0x7f are not allowed in a target, yet common clients send UTF-8 as it is;
/// escaped it means the same. Everything else was checked by the parser.
std::string escape_high_bytes(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kDigits[byte >> 4];
      escaped += kDigits[byte & 15];
    }
  }
  return escaped;
}

}  // namespace

bool valid_host(std::string_view host) {
  if (host.empty()) return false;
  if (host.front() == '[') {
    const size_t end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const std::string_view address = host.substr(1, end - 1);
    if (!std::all_of(address.begin(), address.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
      return false;
    }
    const std::string_view rest = host.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && valid_port(rest.substr(1)));
  }
  const size_t colon = host.find(':');
  const std::string_view name = host.substr(0, colon);
  if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
      })) {
    return false;
  }
  return colon == std::string_view::npos || valid_port(host.substr(colon + 1));
}

std::optional<Rejection> resolve_target(RequestHead& head) {
  const std::string* host = nullptr;
  for (const Header& header : head.headers) {
    if (!same_name(header.name, "host")) continue;
    if (host != nullptr) return Rejection{400, "The request has more than one Host header."};
    host = &header.value;
  }
  if (host == nullptr && !head.http_1_0) {
    return Rejection{400, "The request has no Host header."};
  }
  if (host != nullptr && !valid_host(*host)) {
    return Rejection{400, "The Host header is not a valid host name."};
  }

  const std::string_view scheme = scheme_of(head);
  const std::string_view target = head.target;
  if (target.starts_with('/')) {
    // HTTP/1.0 knows no Host; such a client means the machine it connected to.
    head.url =
        std::string(scheme) + (host != nullptr ? *host : "localhost") + escape_high_bytes(target);
    return std::nullopt;
  }
  if (target == "*" && head.method == "OPTIONS") {
    head.url = std::string(scheme) + (host != nullptr ? *host : "localhost") + "/*";
    return std::nullopt;
  }
  // The absolute form, sent to proxies, overrides the Host field (RFC 9112 §3.2.2).
  if (target.size() > scheme.size() && same_name(target.substr(0, scheme.size()), scheme)) {
    const std::string_view rest = target.substr(scheme.size());
    const size_t end = rest.find_first_of("/?#");
    if (!valid_host(rest.substr(0, end))) {
      return Rejection{400, "The request's URL has no valid host name."};
    }
    head.url = escape_high_bytes(target);
    return std::nullopt;
  }
  return Rejection{400,
                   "The request's target is neither a path nor the URL of a server like this."};
}

std::string path_of(const RequestHead& head) {
  std::string_view path = head.target;
  if (!path.starts_with('/') && path != "*") {
    const size_t begin = path.find('/', scheme_of(head).size());
    path = begin == std::string_view::npos ? std::string_view("/") : path.substr(begin);
  }
  return std::string(path.substr(0, path.find_first_of("?#")));
}

}  // namespace cwrangler::server
