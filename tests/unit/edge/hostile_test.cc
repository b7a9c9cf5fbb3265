// What comes from outside may be anything: each parser answers or refuses, and reads nothing
// beyond.

#include <doctest/doctest.h>

#include "base/error.h"
#include "edge/api/call.h"
#include "edge/api/tail_filter.h"
#include "edge/api/upload.h"
#include "edge/http/message.h"
#include "edge/http/multipart.h"
#include "edge/serving/cron.h"
#include "edge/serving/routing.h"
#include "edge/store/seal.h"
#include "tests/unit/cli/mutations.h"

namespace cwrangler::edge {
namespace {

/// Calls `parse` with harmed texts; an Error is an answer like another.
template <class Parse>
void harm(const std::string& text, const Parse& parse) {
  int parsed = 0;
  int refused = 0;
  const auto check = [&](const std::string& mutated) {
    try {
      parse(mutated);
      ++parsed;
    } catch (const Error&) {
      ++refused;
    }
  };
  test::for_each_mutation(text, check);
  test::for_some_mutations(text, 5000, check);
  CHECK(parsed + refused > 5000);
}

TEST_CASE("harmed forms") {
  const std::string form =
      "--XYZ\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"a\":1}\r\n"
      "--XYZ\r\nContent-Disposition: form-data; name=\"a.py\"; filename=\"a\\\"b.py\"\r\n"
      "Content-Type: text/x-python\r\n\r\nprint()\r\n--XYZ--\r\n";
  harm(form, [](const std::string& text) {
    for (const FormPart& part : parse_multipart("multipart/form-data; boundary=XYZ", text, 5)) {
      // What it found lies in the text.
      CHECK(part.content.data() >= text.data());
      CHECK(part.content.data() + part.content.size() <= text.data() + text.size());
      CHECK_FALSE(part.name.empty());
    }
  });
  harm("multipart/form-data; charset=\"a;b\"; boundary=\"X\\\"YZ\"",
       [](const std::string& type) { parse_multipart(type, "--X\"YZ--", 5); });
}

TEST_CASE("harmed URLs, routes, schedules and signed texts") {
  harm("a=1&b=%20%F0%9F%98%80&c", [](const std::string& text) { parse_query(text); });
  harm("https://*.example.com/api/*",
       [](const std::string& text) { RoutePattern::parse(text).matches("www.example.com", text); });
  harm("*/5,1-9 0-23/2 LW,15W JAN-MAR,12 MON#2",
       [](const std::string& text) { CronExpression::parse(text).is_due(0); });
  harm("hello=\"5f1c\", other=\"7a\"", [](const std::string& text) {
    WorkerDeployment deployment;
    deployment.worker = "hello";
    deployment.versions.push_back({std::make_shared<WorkerVersion>(), 100});
    choose_version(deployment, text, text);
  });
  harm("aGVsbG8gd29ybGQ_-w==", [](const std::string& text) { from_base64(text); });
  harm("src/a-b/c.py", [](const std::string& text) {
    if (!is_safe_relative_path(text)) throw Error("refused");
    CHECK(("/" + text + "/").find("/../") == std::string::npos);
    CHECK(text.front() != '/');
  });
}

TEST_CASE("harmed JSON, and JSON that is a trap") {
  harm(R"({"filters":[{"outcome":["ok"]},{"header":{"key":"a","query":"b"}},{"query":"x"}]})",
       [](const std::string& text) { TailFilter(parse_json(text).value("filters", Json())); });
  CHECK_THROWS_WITH_AS(parse_json(std::string(100'000, '[')), doctest::Contains("levels"), Error);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  CHECK_THROWS_WITH_AS(parse_json(deep), doctest::Contains("levels"), Error);
  CHECK_THROWS_AS(parse_json("1e999999"), Error);
  CHECK_THROWS_AS(parse_json(""), Error);
}

TEST_CASE("a tail's filters") {
  const nlohmann::json event{
      {"outcome", "ok"},
      {"logs", {{{"message", {"hello", 1}}}}},
      {"scriptVersion", {{"id", "v1"}}},
      {"event",
       {{"request",
         {{"method", "GET"}, {"headers", {{"x-a", "12"}, {"cf-connecting-ip", "::1"}}}}}}}};
  const auto takes = [&event](const Json& filters) { return TailFilter(filters).takes(event); };
  CHECK(takes(Json()));
  CHECK(takes(Json::array({{{"outcome", {"ok", "exception"}}}, {{"method", {"GET"}}}})));
  CHECK_FALSE(takes(Json::array({{{"outcome", {"exception"}}}})));
  CHECK_FALSE(takes(Json::array({{{"method", {"POST"}}}})));
  CHECK(takes(Json::array({{{"header", {{"key", "X-A"}, {"query", "2"}}}}})));
  CHECK_FALSE(takes(Json::array({{{"header", {{"key", "X-A"}, {"query", "3"}}}}})));
  CHECK_FALSE(takes(Json::array({{{"header", {{"key", "X-B"}}}}})));
  CHECK(takes(Json::array({{{"query", "hell"}}})));
  CHECK_FALSE(takes(Json::array({{{"query", "bye"}}})));
  CHECK(takes(Json::array({{{"client_ip", {"::1"}}}})));
  CHECK_FALSE(takes(Json::array({{{"scriptVersion", "v2"}}})));
  CHECK_FALSE(takes(Json::array({{{"sampling_rate", 0.0}}})));
  for (const char* text : {"{}", "[1]", R"([{"outcome":"ok"}])", R"([{"method":[1]}])",
                           R"([{"nonsense":1}])", R"([{"header":{}}])"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(TailFilter(Json::parse(text)), Error);
  }
}

}  // namespace
}  // namespace cwrangler::edge
