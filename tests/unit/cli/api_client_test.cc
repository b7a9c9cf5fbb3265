#include "cli/api/api_client.h"

#include <doctest/doctest.h>

#include <deque>
#include <optional>

namespace cwrangler::cli {
namespace {

using std::chrono::milliseconds;

/// Answers in turn; an entry without an answer is a connection that fails.
class ScriptedTransport : public HttpTransport {
 public:
  struct Step {
    std::optional<HttpResponse> response;
    bool may_have_arrived = false;
  };

  explicit ScriptedTransport(std::deque<Step> steps) : steps_(std::move(steps)) {}

  HttpResponse send(const HttpRequest& request) override {
    requests.push_back(request);
    REQUIRE(!steps_.empty());
    const Step step = steps_.front();
    steps_.pop_front();
    if (!step.response) throw TransportError("connection refused", step.may_have_arrived);
    return *step.response;
  }

  std::vector<HttpRequest> requests;

 private:
  std::deque<Step> steps_;
};

HttpResponse answer(int status, std::string body, std::vector<HttpHeader> headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

constexpr const char* kYes = R"({"success": true, "result": {"a": 1}})";
constexpr const char* kNo =
    R"({"success": false, "errors": [{"code": 10007, "message": "not there"}]})";

/// A client whose waits are written down instead of waited for.
struct Fixture {
  explicit Fixture(std::deque<ScriptedTransport::Step> steps)
      : transport(std::move(steps)),
        client(transport, "https://api.example/client/v4",
               {Credentials::Kind::api_token, "s3cret", "", "", "the test"},
               [this](milliseconds pause) { pauses.push_back(pause); }) {}

  ScriptedTransport transport;
  std::vector<milliseconds> pauses;
  ApiClient client;
};

ApiCall with_method(const std::string& method) {
  ApiCall call;
  call.method = method;
  call.path = "/thing";
  return call;
}

TEST_CASE("a request carries the credentials and the product's name") {
  Fixture fixture({{answer(200, kYes)}});
  CHECK(fixture.client.get("/thing", {{"a b", "c,d"}})["a"] == 1);
  const HttpRequest& request = fixture.transport.requests.at(0);
  CHECK(request.url == "https://api.example/client/v4/thing?a%20b=c%2Cd");
  CHECK(request.headers.at(0).name == "Authorization");
  CHECK(request.headers.at(0).value == "Bearer s3cret");
  CHECK(request.headers.at(1).value.starts_with("cwrangler/"));
}

TEST_CASE("server errors are tried three times, with longer pauses") {
  Fixture fixture({{answer(500, "x")}, {answer(502, "x")}, {answer(200, kYes)}});
  CHECK(fixture.client.call(with_method("PUT"))["a"] == 1);
  CHECK(fixture.pauses == std::vector{milliseconds(1000), milliseconds(2000)});
}

TEST_CASE("what is made by a POST is not made twice") {
  Fixture failing({{answer(500, kNo)}});
  CHECK_THROWS_AS(failing.client.call(with_method("POST")), ApiError);
  Fixture cut({{std::nullopt, /*may_have_arrived=*/true}});
  CHECK_THROWS_AS(cut.client.call(with_method("POST")), TransportError);
  Fixture refused({{std::nullopt, false}, {answer(200, kYes)}});
  CHECK(refused.client.call(with_method("POST"))["a"] == 1);
  ApiCall harmless = with_method("POST");
  harmless.retry = Retry::always;
  Fixture repeated({{answer(500, kNo)}, {answer(200, kYes)}});
  CHECK(repeated.client.call(harmless)["a"] == 1);
}

TEST_CASE("Retry-After is waited for, up to a minute") {
  Fixture fixture({{answer(429, kNo, {{"retry-after", "7"}})}, {answer(200, kYes)}});
  CHECK(fixture.client.call(with_method("POST"))["a"] == 1);
  CHECK(fixture.pauses == std::vector{milliseconds(7000)});
  Fixture patient({{answer(429, kNo, {{"Retry-After", "3600"}})}});
  CHECK_THROWS_AS(patient.client.call(with_method("GET")), ApiError);
  CHECK(patient.pauses.empty());
  Fixture silent({{answer(429, kNo)}, {answer(200, kYes)}});
  CHECK(silent.client.call(with_method("GET"))["a"] == 1);
  CHECK(silent.pauses.at(0) >= milliseconds(1000));
}

TEST_CASE("an error says the path, the server's words and codes, and what to read") {
  Fixture fixture({{answer(403, R"({"success": false, "errors": [{"code": 10000,
      "message": "Authentication error", "documentation_url": "https://d.example/",
      "error_chain": [{"code": 9, "message": "cause"}]}]})")}});
  try {
    fixture.client.get("/thing");
    FAIL("no error");
  } catch (const ApiError& error) {
    CHECK(error.problem() ==
          "A request to the Cloudflare API (/thing) failed.\nAuthentication error [code: 10000]\n"
          "To learn more about this error, visit: https://d.example/\n  cause [code: 9]");
    CHECK(error.has_code(10000));
    CHECK(error.advice().find("whoami") != std::string::npos);
    CHECK(std::string(error.what()).find("s3cret") == std::string::npos);
  }
}

TEST_CASE("what is no envelope is shown in short, with the ray") {
  Fixture fixture({{answer(400, "<html>" + std::string(300, 'x'), {{"CF-Ray", "abc"}})}});
  try {
    fixture.client.get("/thing");
    FAIL("no error");
  } catch (const ApiError& error) {
    CHECK(error.problem().starts_with("Received a malformed response from the API\n<html>xxx"));
    CHECK(error.problem().find("GET /thing -> 400 Bad Request\nCloudflare Ray ID: abc") !=
          std::string::npos);
    CHECK(error.problem().size() < 250);
  }
}

TEST_CASE("lists are read page by page, or by cursor") {
  const auto page = [](const char* items, const char* info) {
    return ScriptedTransport::Step{answer(200, std::string(R"({"success": true, "result": )") +
                                                   items + R"(, "result_info": )" + info + "}")};
  };
  Fixture pages({page("[1, 2]", R"({"per_page": 2, "total_count": 3})"),
                 page("[3]", R"({"per_page": 2, "total_count": 3})")});
  CHECK(pages.client.list("/l").size() == 3);
  CHECK(pages.transport.requests.at(1).url.ends_with("/l?page=2"));
  Fixture cursors({page("[1]", R"({"cursor": "c1"})"), page("[2]", R"({"cursor": ""})")});
  CHECK(cursors.client.list("/l").size() == 2);
  CHECK(cursors.transport.requests.at(1).url.ends_with("/l?cursor=c1"));
  Fixture plain({page("[1]", "null")});
  CHECK(plain.client.list("/l").size() == 1);
  Fixture inside({page(R"({"buckets": [1, 2]})", "{}")});
  CHECK(inside.client.list("/l", {}, "buckets").size() == 2);
}

TEST_CASE("hostile envelopes are data") {
  for (const char* text : {"", "null", "[]", "\"x\"", "{", "{\"success\": \"yes\"}",
                           "{\"success\": false, \"errors\": [1, null, {\"code\": \"x\"}]}"}) {
    CHECK_FALSE(parse_envelope(200, text).success);
  }
  CHECK(parse_envelope(204, "").success);
  CHECK_FALSE(parse_envelope(200, std::string(1 << 20, '[')).well_formed);
  std::string chain = "{\"message\": \"m\"}";
  for (int i = 0; i < 60; ++i) chain = "{\"error_chain\": [" + chain + "]}";
  const Envelope deep = parse_envelope(200, "{\"success\": false, \"errors\": [" + chain + "]}");
  REQUIRE(deep.errors.size() == 1);
  CHECK(problem_text(deep.errors[0]).size() < 1000);
}

}  // namespace
}  // namespace cwrangler::cli
