#include "edge/serving/forwarded_head.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cstdio>
#include <random>
#include <vector>

namespace cwrangler::edge {
namespace {

namespace http = boost::beast::http;

/// Of one connection only. Transfer-Encoding and the like stay: the serializer goes by them.
constexpr const char* kConnectionFields[] = {
    "Connection",          "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
    "Proxy-Authorization", "TE",         "Upgrade"};

constexpr const char* kProxyFields[] = {
    "CF-Connecting-IP", "CF-Ray",    "CF-Visitor",     "CF-IPCountry",    "CF-Worker",
    "CF-EW-Via",        "CDN-Loop",  "True-Client-IP", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Forwarded-Host", "X-Real-IP", "Forwarded"};

/// The fields that Connection names, and itself.
void remove_connection_fields(http::fields& fields) {
  std::vector<std::string> named;
  for (const auto& token : http::token_list(fields[http::field::connection])) {
    named.emplace_back(token);
  }
  for (const std::string& name : named) {
    // A client cannot take away what frames the message.
    if (!boost::beast::iequals(name, "Content-Length") &&
        !boost::beast::iequals(name, "Transfer-Encoding") && !boost::beast::iequals(name, "Host")) {
      fields.erase(name);
    }
  }
  for (const char* name : kConnectionFields) fields.erase(name);
}

std::string new_ray() {
  thread_local std::mt19937_64 random{std::random_device()()};
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(random()));
  return text;
}

}  // namespace

bool is_upgrade(const http::request_header<>& head) {
  return boost::beast::iequals(head[http::field::upgrade], "websocket") &&
         http::token_list(head[http::field::connection]).exists("upgrade");
}

void prepare_request(http::request<http::buffer_body>& head, const ForwardedFrom& from) {
  const bool upgrades = is_upgrade(head.base());
  remove_connection_fields(head.base());
  head.erase(http::field::expect);
  if (upgrades) {
    head.set(http::field::connection, "Upgrade");
    head.set(http::field::upgrade, "websocket");
  }
  for (const char* name : kProxyFields) head.erase(name);
  const char* const scheme = from.is_tls ? "https" : "http";
  head.set("CF-Connecting-IP", from.client);
  head.set("CF-Ray", new_ray());
  head.set("CF-Visitor", std::string("{\"scheme\":\"") + scheme + "\"}");
  head.set("X-Forwarded-For", from.client);
  head.set("X-Forwarded-Proto", scheme);
  head.set("X-Real-IP", from.client);
  head.target(from.target);
  head.version(11);
}

void prepare_response(http::response<http::buffer_body>& head, bool is_unframed, bool keep_alive) {
  remove_connection_fields(head.base());
  head.version(11);
  if (is_unframed) head.chunked(true);
  head.keep_alive(keep_alive);
}

}  // namespace cwrangler::edge
