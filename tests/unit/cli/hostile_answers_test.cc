// What a server may answer that is no answer: every one is a clear error, and none is a crash.

#include <doctest/doctest.h>

#include <functional>
#include <optional>

#include "cli/api/account.h"
#include "cli/api/api_client.h"
#include "cli/api/identity.h"
#include "cli/api/json_access.h"
#include "mutations.h"

namespace cwrangler::cli {
namespace {

/// Gives the same answer whatever it is asked.
class OneAnswer : public HttpTransport {
 public:
  OneAnswer(int status, std::string body) : response_{status, {}, std::move(body)} {}

  HttpResponse send(const HttpRequest& request) override {
    if (request.sink && response_.status == 200) request.sink(response_.body);
    return response_;
  }

 private:
  const HttpResponse response_;
};

struct Asked {
  Asked(int status, std::string body)
      : transport(status, std::move(body)),
        client(transport, "https://api.example/client/v4",
               {Credentials::Kind::api_token, "s3cret", "", "", "the test"},
               [](std::chrono::milliseconds) {}) {}

  OneAnswer transport;
  ApiClient client;
};

std::string nested(size_t depth, const std::string& open, const std::string& inside,
                   const std::string& close) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += open;
  text += inside;
  for (size_t i = 0; i < depth; ++i) text += close;
  return text;
}

/// The error of GET /thing; nothing: it is a success.
std::optional<std::string> error_of(int status, const std::string& body) {
  Asked asked(status, body);
  try {
    asked.client.get("/thing");
  } catch (const ApiError& error) {
    return error.what();
  }
  return std::nullopt;
}

constexpr const char* kMalformed = "Received a malformed response from the API\n";
constexpr const char* kRefused = "A request to the Cloudflare API (/thing) failed.";

TEST_CASE("what is no envelope is called malformed, with its beginning and its status") {
  const std::string html =
      "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>";
  for (const std::string& body :
       {std::string(""), std::string("null"), std::string("[]"), std::string("7"),
        std::string("\"text\""), std::string("{"), std::string("{\"success\": true"),
        std::string("{\"success\": true, \"result\": "), std::string("{\"success\": true} more"),
        std::string("{success: true}"), std::string("\xef\xbb\xbf<html>"), std::string("\0\0", 2),
        std::string("{\"success\": true, \"result\": \"\xff\"}"), html, std::string(1 << 20, '['),
        nested(100000, "{\"a\":", "1", "}"),
        "{\"success\": true, \"result\": " + nested(1000, "[", "", "]") + "}",
        std::string(1 << 24, 'x')}) {
    for (const int status : {200, 404, 502}) {
      CAPTURE(body.substr(0, 80));
      CAPTURE(status);
      const auto error = error_of(status, body);
      REQUIRE(error);
      CHECK(error->starts_with(kMalformed));
      CHECK(error->find("GET /thing -> " + std::to_string(status)) != std::string::npos);
      CHECK(error->size() < 400);
      CHECK(error->find("s3cret") == std::string::npos);
    }
  }
}

TEST_CASE("an envelope without a success is a refusal, whatever else is in it") {
  for (const char* success : {"false", "null", "\"true\"", "1", "[true]", "{}"}) {
    for (const char* errors :
         {"null", "[]", "{}", "7", "\"down\"", "[1, null, []]", "[{}]", "[{\"code\": \"10000\"}]",
          "[{\"code\": 1e300, \"message\": 5}]", "[{\"code\": 99999999999999999999}]",
          "[{\"code\": -1, \"message\": \"\", \"documentation_url\": {}, \"error_chain\": 1}]"}) {
      const std::string body =
          std::string("{\"success\": ") + success + ", \"errors\": " + errors + "}";
      CAPTURE(body);
      const auto error = error_of(400, body);
      REQUIRE(error);
      CHECK(error->starts_with(kRefused));
    }
  }
  const auto unsaid = error_of(400, "{}");
  REQUIRE(unsaid);
  CHECK(unsaid->find("GET -> 400 Bad Request") != std::string::npos);
}

TEST_CASE("what the server says of an error is shown, even where the rest is odd") {
  const auto error = error_of(
      409, R"({"success": false, "errors": [null, {"code": 7, "message": "taken", "odd": {}}],
               "unknown": [1, 2], "result": {"left": "over"}})");
  REQUIRE(error);
  CHECK(error->find("taken [code: 7]") != std::string::npos);
}

TEST_CASE("unknown keys, and keys said twice, do no harm to a success") {
  CHECK_FALSE(error_of(200, R"({"new": {"a": [1]}, "success": true, "result": null})"));
  CHECK_FALSE(error_of(200, R"({"success": true, "success": true, "result": 1, "result": 2})"));
  CHECK_FALSE(error_of(500, R"({"success": true, "errors": [{"code": 1, "message": "m"}]})"));
}

TEST_CASE("lists of another shape are empty, and end") {
  for (const char* result : {"null", "{}", "7", "\"text\"", "[]", "{\"items\": 7}", "[[]]"}) {
    for (const char* info :
         {"null", "[]", "{}", "{\"cursor\": 7}", "{\"cursor\": \"same\"}", "{\"total_pages\": -1}",
          "{\"total_pages\": \"2\"}", "{\"per_page\": 1e300}", "{\"total_count\": -1e300}",
          "{\"per_page\": 0}", "{\"total_count\": 18446744073709551615}"}) {
      const std::string body = std::string("{\"success\": true, \"result\": ") + result +
                               ", \"result_info\": " + info + "}";
      CAPTURE(body);
      Asked asked(200, body);
      try {
        asked.client.list("/things");
        asked.client.list("/things", {}, "items");
      } catch (const Error& error) {
        // A page that is there for ever.
        CHECK(error.problem() == "There is no end to the pages of /things");
      }
    }
  }
}

TEST_CASE("numbers that no counter has are missing") {
  const ApiJson json = ApiJson::parse(
      R"({"a": 1e300, "b": -1e300, "c": 3.9, "d": 18446744073709551615, "e": -7, "f": "1"})");
  CHECK_FALSE(integer_at(json, "a"));
  CHECK_FALSE(integer_at(json, "b"));
  CHECK(integer_at(json, "c") == 3);
  CHECK_FALSE(integer_at(json, "d"));
  CHECK(integer_at(json, "e") == -7);
  CHECK_FALSE(integer_at(json, "f"));
}

/// Everything that is made of answers here; each ends with a value or an Error.
void read_everything(int status, const std::string& body) {
  const std::function<void(ApiClient&)> kReaders[] = {
      [](ApiClient& client) { client.get("/thing"); },
      [](ApiClient& client) { client.list("/things"); },
      [](ApiClient& client) { client.download("/file", [](std::string_view) {}); },
      [](ApiClient& client) { find_identity(client); },
      [](ApiClient& client) {
        find_account(client, {[](const std::string&) { return std::nullopt; }, "", {}});
      },
  };
  for (const auto& reader : kReaders) {
    Asked asked(status, body);
    try {
      reader(asked.client);
    } catch (const Error& error) {
      CHECK_FALSE(error.problem().empty());
      CHECK(std::string_view(error.what()).find("s3cret") == std::string_view::npos);
    }
  }
}

TEST_CASE("answers that were harmed on their way are errors or answers") {
  const std::string success =
      R"({"success":true,"errors":[],"messages":[],"result":[{"id":"a1","name":"A\u00e9\n"}],)"
      R"("result_info":{"page":1,"per_page":20,"count":1,"total_count":1,"cursor":""}})";
  const std::string refusal =
      R"({"success":false,"errors":[{"code":10000,"message":"no","documentation_url":"https://d/",)"
      R"("error_chain":[{"code":9,"message":"why"}]}],"messages":[],"result":null})";
  test::for_each_mutation(success, [](const std::string& text) { read_everything(200, text); });
  test::for_each_mutation(refusal, [](const std::string& text) { read_everything(403, text); });
  constexpr int kMore = 3000;
  test::for_some_mutations(success, kMore,
                           [](const std::string& text) { read_everything(200, text); });
  test::for_some_mutations(refusal, kMore,
                           [](const std::string& text) { read_everything(403, text); });
}

}  // namespace
}  // namespace cwrangler::cli
