#include "runtime/server/error_page.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "base/ascii.h"
#include "runtime/server/request_target.h"
#include "runtime/server/source_excerpt.h"

namespace cwrangler::server {
namespace {

constexpr std::string_view kVersionPath = "/cdn-cgi/local/version";

/// Asks twice a second: what a person takes for at once. A stream would have to be kept open by the
/// instance that is replaced. A form is not sent again without asking.
constexpr std::string_view kScript = R"(
{
  const {version, method} = document.currentScript.dataset;
  const check = async () => {
    try {
      const answer = await fetch('/cdn-cgi/local/version', {cache: 'no-store'});
      if (answer.ok && await answer.text() !== version) {
        if (method === 'GET') return location.reload();
        document.getElementById('changed')?.removeAttribute('hidden');
      }
    } catch {
      // The server is being restarted.
    }
    setTimeout(check, 500);
  };
  setTimeout(check, 500);
}
)";

// Everything the page needs is in it: it is shown where nothing else may be reachable.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --red: #c0392b }
@media (prefers-color-scheme: dark) { :root { --red: #ff7b6b } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 2rem 1rem }
h1 { font-size: 1.1rem; font-weight: 600; margin: 0; color: var(--red) }
.message { font-size: 1.4rem; margin: .3rem 0 1.5rem; overflow-wrap: anywhere; white-space: pre-wrap }
h2 { font-size: 1rem; margin: 2rem 0 .5rem }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; font-size: .85rem;
  line-height: 1.45; overflow-x: auto; padding: 1rem; margin: 0 }
table { border-collapse: collapse; font-size: .85rem; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .75rem .35rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere }
h3 { font-size: .9rem; font-weight: 500; margin: 1rem 0 .3rem; overflow-wrap: anywhere }
.code { padding: .5rem 0 }
.code span { display: block; padding: 0 1rem }
.code .here { background: #c0392b33; border-left: 3px solid var(--red); padding-left: calc(1rem - 3px) }
.code b { display: inline-block; font-weight: 400; opacity: .6; text-align: right; width: 3.5em;
  margin-right: 1.5em; user-select: none }
#changed { background: var(--red); border-radius: 6px; color: #fff; padding: .5rem 1rem }
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
  static constexpr std::array<std::string_view, 8> kParts{
      "authorization", "cookie", "api-key", "apikey", "token", "secret", "password", "credential"};
  const std::string lower = ascii_lower(std::string(name));
  return std::any_of(kParts.begin(), kParts.end(), [&lower](std::string_view part) {
    return lower.find(part) != std::string::npos;
  });
}

void append_row(std::string& out, std::string_view name, std::string_view value) {
  out += "<tr><th>";
  append_escaped(out, name);
  out += "</th><td>";
  append_escaped(out, value);
  out += "</td></tr>\n";
}

void append_excerpt(std::string& out, const SourceExcerpt& excerpt) {
  out += "<h3>";
  append_escaped(out, excerpt.file + ":" + std::to_string(excerpt.line));
  if (!excerpt.function.empty()) {
    out += " in ";
    append_escaped(out, excerpt.function);
  }
  out += "</h3>\n<pre class=\"code\">";
  int number = excerpt.first_line;
  for (const std::string& line : excerpt.lines) {
    out += number == excerpt.line ? "<span class=\"here\"><b>" : "<span><b>";
    out += std::to_string(number) + "</b>";
    append_escaped(out, line);
    out += "</span>";
    ++number;
  }
  out += "</pre>\n";
}

}  // namespace

std::string error_page(const Failure& failure, const RequestHead& request,
                       const PageSources* sources) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>An error has "
      "occurred</title>\n"
      "<style>";
  page += kStyle;
  page += "</style>\n</head>\n<body>\n";
  if (sources != nullptr) {
    page += "<p id=\"changed\" hidden>The code has changed: send the request again.</p>\n";
  }
  page += "<h1>";
  page += failure.kind == "internal" ? "The runtime failed" : "The Worker raised an exception";
  page += "</h1>\n<p class=\"message\">";
  append_escaped(page, failure.message);
  page += "</p>\n";
  if (sources != nullptr) {
    const auto excerpts = source_excerpts(failure.stack, sources->modules);
    if (!excerpts.empty()) page += "<h2>Source</h2>\n";
    for (const SourceExcerpt& excerpt : excerpts) append_excerpt(page, excerpt);
  }
  page += "<h2>Traceback</h2>\n<pre>";
  append_escaped(page, failure.stack.empty() ? failure.message : failure.stack);
  page += "</pre>\n<h2>Request</h2>\n<table>\n";
  append_row(page, "Method", request.method);
  append_row(page, "URL", request.url);
  page += "</table>\n<h2>Headers</h2>\n<table>\n";
  for (const Header& header : request.headers) {
    append_row(page, header.name, is_credential(header.name) ? "(not shown)" : header.value);
  }
  page += "</table>\n";
  if (sources != nullptr) page += reload_script(*sources, request.method);
  return page += "</body>\n</html>\n";
}

std::string reload_script(const PageSources& sources, std::string_view method) {
  std::string script = "<script data-version=\"";
  append_escaped(script, sources.version);
  script += "\" data-method=\"";
  append_escaped(script, method);
  script += "\">";
  script += kScript;
  return script += "</script>\n";
}

bool answer_version(Exchange& exchange, const PageSources* sources) {
  if (sources == nullptr || !exchange.request().target.starts_with(kVersionPath) ||
      path_of(exchange.request()) != kVersionPath) {
    return false;
  }
  const auto body = std::make_shared<const std::string>(sources->version);
  exchange.respond({200, {}, {{"Content-Type", "text/plain"}, {"Cache-Control", "no-store"}}},
                   std::span(reinterpret_cast<const uint8_t*>(body->data()), body->size()), body);
  return true;
}

}  // namespace cwrangler::server
