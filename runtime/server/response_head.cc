#include "runtime/server/response_head.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdio>
#include <ostream>  // Boost 1.81 string_view needs it

#include "base/error.h"

namespace cwrangler::server {
namespace {

/// Fields about one connection: the server's business. "Upgrade" goes with them until there is
/// something to upgrade to.
bool belongs_to_connection(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames{
      "connection", "keep-alive",        "proxy-connection", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view known) { return same_name(known, name); });
}

bool is_token(std::string_view text) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

}  // namespace

std::string_view reason_phrase(int status) {
  namespace http = boost::beast::http;
  const http::status known = http::int_to_status(static_cast<unsigned>(status));
  if (known == http::status::unknown) return {};
  const auto phrase = http::obsolete_reason(known);
  return {phrase.data(), phrase.size()};
}

void check_response_head(const ResponseHead& head) {
  if (head.status < 200 || head.status > 599) {
    throw Error("The response's status " + std::to_string(head.status) +
                " is not between 200 and 599.");
  }
  if (has_control_characters(head.status_text)) {
    throw Error("The response's status text has control characters.");
  }
  for (const Header& header : head.headers) {
    if (!is_token(header.name)) {
      throw Error("The response has a header with an invalid name: \"" + header.name + "\".");
    }
    if (has_control_characters(header.value)) {
      throw Error("The response's header \"" + header.name + "\" has control characters.");
    }
  }
}

std::string http_date(std::time_t time) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  // strftime would use the names of the process's locale.
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays.at(static_cast<size_t>(utc.tm_wday)), utc.tm_mday,
                                 kMonths.at(static_cast<size_t>(utc.tm_mon)), utc.tm_year + 1900,
                                 utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<size_t>(size)};
}

void write_response_head(std::string& out, const ResponseHead& head, Framing framing,
                         std::uint64_t length, bool keep_alive, bool http_1_0, std::time_t now) {
  out += "HTTP/1.1 ";
  out += std::to_string(head.status);
  out += ' ';
  out += head.status_text.empty() ? reason_phrase(head.status) : std::string_view(head.status_text);
  out += "\r\n";
  bool has_date = false;
  for (const Header& header : head.headers) {
    if (belongs_to_connection(header.name)) continue;
    // Ours says the truth. With Framing::none the Worker's tells HEAD what GET would have; with 204
    // there must be none (RFC 9110 §8.6).
    if (same_name(header.name, "content-length") &&
        (framing != Framing::none || head.status == 204)) {
      continue;
    }
    has_date = has_date || same_name(header.name, "date");
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  if (framing == Framing::length) {
    out += "Content-Length: ";
    out += std::to_string(length);
    out += "\r\n";
  } else if (framing == Framing::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!has_date) {
    out += "Date: ";
    out += http_date(now);
    out += "\r\n";
  }
  if (!keep_alive) {
    out += "Connection: close\r\n";
  } else if (http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

}  // namespace cwrangler::server
