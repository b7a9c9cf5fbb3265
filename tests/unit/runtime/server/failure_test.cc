#include "runtime/server/failure.h"

#include <doctest/doctest.h>

#include "runtime/server/error_page.h"
#include "runtime/server/source_excerpt.h"

using namespace cwrangler::server;
using cwrangler::Module;
using cwrangler::ModuleType;

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
      nullptr, body);
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
  const std::string page = error_page(kFailure,
                                      request({{"Cookie", "session=1"},
                                               {"AUTHORIZATION", "Bearer 2"},
                                               {"Accept", "3"},
                                               {"X-Api-Key", "four"},
                                               {"cf-access-client-secret", "five"}}),
                                      nullptr);
  CHECK(contains(page, "<th>Cookie</th><td>(not shown)</td>"));
  CHECK_FALSE(contains(page, "session=1"));
  CHECK_FALSE(contains(page, "Bearer 2"));
  CHECK_FALSE(contains(page, "four"));
  CHECK_FALSE(contains(page, "five"));
}

TEST_CASE("curl, and whoever takes no HTML, gets the traceback as text") {
  for (const RequestHead& head : {request({}), request({{"Accept", "*/*"}}),
                                  request({{"Accept", "text/html"}, {"User-Agent", "curl/8.0"}})}) {
    std::string body;
    const ResponseHead response = failure_response(kFailure, head, nullptr, body);
    CHECK(*find_header(response.headers, "content-type") == "text/plain; charset=utf-8");
    CHECK(body == kFailure.stack);
  }
  std::string body;
  failure_response({"internal", "It broke.", ""}, request({}), nullptr, body);
  CHECK(body == "It broke.\n");
}

namespace {

Module module_of(std::string name, std::string text) {
  return {std::move(name), ModuleType::python, "/nowhere",
          std::make_shared<const std::string>(std::move(text))};
}

const std::string kSource = "one\ntwo\nthree\nfour\nfive <&>\n  six()\nseven\n";
const std::string kTraceback =
    "Traceback (most recent call last):\n"
    "  File \"/session/metadata/python_modules/lib.py\", line 1, in call\n    one\n"
    "  File \"/session/metadata/entry.py\", line 6, in fetch\n    six()\n    ^^^^^\n"
    "  File \"/lib/python3.14/json.py\", line 2, in loads\n    two\n"
    "ValueError: x\n";

}  // namespace

TEST_CASE("the code around the Worker's own lines") {
  const std::vector<Module> modules{module_of("entry.py", kSource),
                                    module_of("python_modules/lib.py", kSource)};
  const auto excerpts = source_excerpts(kTraceback, modules);
  REQUIRE(excerpts.size() == 1);
  CHECK(excerpts[0].file == "entry.py");
  CHECK(excerpts[0].function == "fetch");
  CHECK(excerpts[0].line == 6);
  CHECK(excerpts[0].first_line == 2);
  CHECK(excerpts[0].lines ==
        std::vector<std::string>{"two", "three", "four", "five <&>", "  six()", "seven"});
}

TEST_CASE("a file that has changed where the traceback points is not shown") {
  CHECK(source_excerpts(kTraceback, std::vector{module_of("entry.py", "1\n2\n3\n4\n5\nother\n")})
            .empty());
  CHECK(source_excerpts(kTraceback, std::vector{module_of("entry.py", "short\n")}).empty());
  const Module gone{"entry.py", ModuleType::python, "/nowhere/entry.py"};
  CHECK(source_excerpts(kTraceback, std::vector{gone}).empty());
}

TEST_CASE("a traceback may hold anything") {
  const std::vector<Module> modules{module_of("entry.py", kSource)};
  for (const char* text :
       {"", "\n\n", "  File \"/session/metadata/", "  File \"/session/metadata/entry.py\", line ",
        "  File \"/session/metadata/entry.py\", line -1",
        "  File \"/session/metadata/entry.py\", line 99999999999999999999",
        "  File \"/session/metadata/entry.py\", line 8", "File \"/session/metadata/entry.py\""}) {
    CAPTURE(text);
    CHECK(source_excerpts(text, modules).empty());
  }
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "  File \"/session/metadata/entry.py\", line 1, in f\n";
  CHECK(source_excerpts(deep, modules).size() == 10);
}

TEST_CASE("a dev session's page shows the code and watches for another") {
  const PageSources sources{"7-ready", {module_of("entry.py", kSource)}};
  const std::string page = error_page({"user", "ValueError: x", kTraceback}, request({}), &sources);
  CHECK(contains(page, "<h3>entry.py:6 in fetch</h3>"));
  CHECK(contains(page, "<span class=\"here\"><b>6</b>  six()</span>"));
  CHECK(contains(page, "<b>5</b>five &lt;&amp;&gt;</span>"));
  CHECK(contains(page, "data-version=\"7-ready\" data-method=\"GET\""));
}
