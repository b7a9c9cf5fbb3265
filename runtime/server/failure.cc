#include "runtime/server/failure.h"

#include <string_view>

#include "runtime/server/error_page.h"

namespace cwrangler::server {
namespace {

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

ResponseHead failure_response(const Failure& failure, const RequestHead& request,
                              const PageSources* sources, std::string& body) {
  const bool html = wants_html(request);
  body = html ? error_page(failure, request, sources) : text_of(failure);
  return {500,
          {},
          {{"Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"},
           {"Cache-Control", "no-store"}}};
}

}  // namespace cwrangler::server
