#include "runtime/server/failure.h"

#include <doctest/doctest.h>

using namespace cwrangler::server;

namespace {

const Failure kFailure{"user", "ValueError: <script>",
                       "Traceback:\n  a & b\nValueError: <script>\n"};

RequestHead request(std::vector<Header> headers) {
  RequestHead head;
  head.method = "GET";
  head.url = "http://localhost/a?b=<c>";
  head.headers = std::move(headers);
  return head;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a browser gets a page in which nothing of the request or the error is markup") {
  std::string body;
  const ResponseHead head = failure_response(
      kFailure, request({{"Accept", "application/xml;q=0.9, text/html;q=0.8"}, {"X-\"A", "<i>"}}),
      body);
  CHECK(head.status == 500);
  CHECK(*find_header(head.headers, "content-type") == "text/html; charset=utf-8");
  CHECK(contains(body, "ValueError: &lt;script&gt;"));
  CHECK(contains(body, "a &amp; b"));
  CHECK(contains(body, "http://localhost/a?b=&lt;c&gt;"));
  CHECK(contains(body, "<th>X-&quot;A</th><td>&lt;i&gt;</td>"));
  CHECK_FALSE(contains(body, "<script"));
  // Self-contained: it loads nothing.
  CHECK_FALSE(contains(body, " src="));
  CHECK_FALSE(contains(body, " href="));
}

TEST_CASE("what signs a client in is not shown") {
  const std::string page = error_page(
      kFailure, request({{"Cookie", "session=1"}, {"AUTHORIZATION", "Bearer 2"}, {"Accept", "3"}}));
  CHECK(contains(page, "<th>Cookie</th><td>(not shown)</td>"));
  CHECK_FALSE(contains(page, "session=1"));
  CHECK_FALSE(contains(page, "Bearer 2"));
}

TEST_CASE("curl, and whoever takes no HTML, gets the traceback as text") {
  for (const RequestHead& head : {request({}), request({{"Accept", "*/*"}}),
                                  request({{"Accept", "text/html"}, {"User-Agent", "curl/8.0"}})}) {
    std::string body;
    const ResponseHead response = failure_response(kFailure, head, body);
    CHECK(*find_header(response.headers, "content-type") == "text/plain; charset=utf-8");
    CHECK(body == kFailure.stack);
  }
  std::string body;
  failure_response({"internal", "It broke.", ""}, request({}), body);
  CHECK(body == "It broke.\n");
}
