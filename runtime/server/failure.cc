#include "runtime/server/failure.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cwrangler::server {
namespace {

// Everything the page needs is in it: it is shown where nothing else may be reachable.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --red: #c0392b }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 2rem 1rem }
h1 { font-size: 1.1rem; font-weight: 600; margin: 0; color: var(--red) }
.message { font-size: 1.4rem; margin: .3rem 0 1.5rem; overflow-wrap: anywhere; white-space: pre-wrap }
h2 { font-size: 1rem; margin: 2rem 0 .5rem }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; font-size: .85rem;
  line-height: 1.45; overflow-x: auto; padding: 1rem; margin: 0 }
table { border-collapse: collapse; font-size: .85rem; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .75rem .35rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere }
th { font-weight: 500; white-space: nowrap; width: 1% }
)";

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

/// What signs a client in must not end up in a screenshot.
bool is_credential(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kNames{"authorization", "cookie",
                                                          "proxy-authorization", "x-api-key"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view known) { return same_name(known, name); });
}

void append_row(std::string& out, std::string_view name, std::string_view value) {
  out += "<tr><th>";
  append_escaped(out, name);
  out += "</th><td>";
  append_escaped(out, value);
  out += "</td></tr>\n";
}

std::string text_of(const Failure& failure) {
  std::string text = failure.stack.empty() ? failure.message : failure.stack;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text + '\n';
}

}  // namespace

bool wants_html(const RequestHead& request) {
  const std::string* agent = find_header(request.headers, "user-agent");
  if (agent != nullptr && agent->find("curl/") != std::string::npos) return false;
  return lists_token(request.headers, "accept", "text/html");
}

std::string error_page(const Failure& failure, const RequestHead& request) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>An error has "
      "occurred</title>\n"
      "<style>";
  page += kStyle;
  page += "</style>\n</head>\n<body>\n<h1>";
  page += failure.kind == "internal" ? "The runtime failed" : "The Worker raised an exception";
  page += "</h1>\n<p class=\"message\">";
  append_escaped(page, failure.message);
  page += "</p>\n<h2>Traceback</h2>\n<pre>";
  append_escaped(page, text_of(failure));
  page += "</pre>\n<h2>Request</h2>\n<table>\n";
  append_row(page, "Method", request.method);
  append_row(page, "URL", request.url);
  page += "</table>\n<h2>Headers</h2>\n<table>\n";
  for (const Header& header : request.headers) {
    append_row(page, header.name, is_credential(header.name) ? "(not shown)" : header.value);
  }
  page += "</table>\n</body>\n</html>\n";
  return page;
}

ResponseHead failure_response(const Failure& failure, const RequestHead& request,
                              std::string& body) {
  const bool html = wants_html(request);
  body = html ? error_page(failure, request) : text_of(failure);
  return {500,
          {},
          {{"Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"},
           {"Cache-Control", "no-store"}}};
}

}  // namespace cwrangler::server
