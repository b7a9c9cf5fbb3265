#include "cli/login/callback_listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kPath = "/oauth/callback";
/// A browser's request has some hundred bytes, and a code a few more.
constexpr size_t kLongestRequest = 64 * 1024;
/// Browsers open connections on suspicion; more than this are not theirs.
constexpr size_t kMostConnections = 64;

struct Connection {
  Descriptor socket;
  std::string received;
};

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// As forms are encoded; what is no escape stands for itself.
std::string decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 &&
                        digit_of(text[i + 2]) >= 0;
    if (escape) {
      plain += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

std::map<std::string, std::string> parameters_of(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(pair.size(), equals + 1));
    parameters.emplace(decoded(pair.substr(0, equals)), decoded(value));
  }
  return parameters;
}

void answer(const Descriptor& socket, const std::string& head, const std::string& body) {
  std::string text = "HTTP/1.1 " + head + "\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n" + body;
  // A page fits into a socket's buffer; a browser that is gone is no reason to fail.
  (void)::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

/// The parameters, when the request is for the callback and of this login; else it is answered.
std::optional<std::map<std::string, std::string>> accepted(const Connection& connection,
                                                           const std::string& state) {
  const std::string_view line =
      std::string_view(connection.received).substr(0, connection.received.find("\r\n"));
  const size_t first = std::min(line.find(' '), line.size());
  const std::string_view rest = line.substr(std::min(line.size(), first + 1));
  const std::string_view target = rest.substr(0, rest.find(' '));
  const std::string_view path = target.substr(0, target.find('?'));
  if (line.substr(0, first) != "GET" || path != kPath) {
    answer(connection.socket, "404 Not Found", "");
    return std::nullopt;
  }
  auto parameters = parameters_of(target.substr(std::min(target.size(), path.size() + 1)));
  if (parameters["state"] != state) {
    answer(connection.socket, "400 Bad Request\r\nContent-Type: text/plain",
           "This is not the login that cwrangler waits for. Open the link that it shows.\n");
    return std::nullopt;
  }
  return parameters;
}

/// False: the connection is over.
bool read_more(Connection& connection) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  connection.received.append(buffer.data(), static_cast<size_t>(count));
  return count > 0 && connection.received.size() <= kLongestRequest;
}

Descriptor listening_socket(const addrinfo& address) {
  Descriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                             address.ai_protocol));
  if (!socket.valid()) return {};
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0) return {};
  if (::listen(socket.get(), SOMAXCONN) != 0) return {};
  return socket;
}

}  // namespace

CallbackListener::CallbackListener(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string place = host + ":" + std::to_string(port);
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (failed != 0) {
    throw Error(std::string("There is no such host: ") + ::gai_strerror(failed))
        .while_doing("listening on " + place + " for the browser")
        .exit_with(ExitCode::usage);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int reason = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Descriptor socket = listening_socket(*each);
    if (socket.valid()) {
      sockets_.push_back(std::move(socket));
    } else if (reason != EADDRINUSE) {
      reason = errno;
    }
  }
  // Where one of the addresses is somebody else's, the browser might go there.
  if (sockets_.empty() || reason == EADDRINUSE) {
    errno = reason;
    throw system_error("listening on " + place + " for the browser")
        .hint("Stop what uses the port, or pass another with --callback-port.");
  }
}

Callback CallbackListener::wait(const std::string& state, std::chrono::milliseconds patience) {
  const Clock::time_point end = Clock::now() + patience;
  std::vector<Connection> connections;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) {
      throw Error("Timed out waiting for authorization code, please try again.");
    }
    std::vector<pollfd> polled;
    for (const Descriptor& socket : sockets_) polled.push_back({socket.get(), POLLIN, 0});
    for (const Connection& each : connections) polled.push_back({each.socket.get(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0) {
      if (errno == EINTR) continue;
      throw system_error("waiting for the browser");
    }
    std::vector<Connection> open;
    for (size_t i = 0; i < connections.size(); ++i) {
      Connection& connection = connections[i];
      const bool goes_on = polled[sockets_.size() + i].revents == 0 || read_more(connection);
      if (connection.received.find("\r\n\r\n") != std::string::npos) {
        if (auto parameters = accepted(connection, state)) {
          return {std::move(*parameters), std::move(connection.socket)};
        }
      } else if (goes_on) {
        open.push_back(std::move(connection));
      }
    }
    connections = std::move(open);
    for (size_t i = 0; i < sockets_.size(); ++i) {
      if (polled[i].revents == 0) continue;
      Descriptor socket(::accept4(sockets_[i].get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connections.size() == kMostConnections) connections.erase(connections.begin());
      if (socket.valid()) connections.push_back({std::move(socket), {}});
    }
  }
}

void redirect(Callback& callback, const std::string& url) {
  answer(callback.connection, "307 Temporary Redirect\r\nLocation: " + url, "");
  callback.connection.reset();
}

void show_failure(Callback& callback, const std::string& reason) {
  answer(callback.connection, "400 Bad Request\r\nContent-Type: text/html; charset=utf-8",
         "<!doctype html><meta charset=utf-8><title>The login has failed</title>"
         "<h1>The login has failed</h1><p>" +
             escaped(reason) + "<p>You can close this page; the terminal says more.\n");
  callback.connection.reset();
}

}  // namespace cwrangler::cli
