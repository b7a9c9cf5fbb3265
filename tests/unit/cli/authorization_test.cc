#include "cli/login/authorization.h"

#include <doctest/doctest.h>

#include "cli/login/device_authorization.h"

namespace cwrangler::cli {
namespace {

TEST_CASE("the challenge is that of RFC 7636, appendix B") {
  CHECK(code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") ==
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_CASE("every attempt has its own secrets, as long as they must be") {
  const LoginAttempt one = start_login_attempt();
  const LoginAttempt other = start_login_attempt();
  CHECK(one.state != other.state);
  CHECK(one.verifier != other.verifier);
  CHECK(one.verifier.size() >= 43);  // RFC 7636, 4.1
  CHECK(one.verifier.size() <= 128);
}

TEST_CASE("the addresses are Cloudflare's unless the environment names others") {
  const auto server = authorization_server([](const std::string&) { return std::nullopt; });
  CHECK(server.token_url == "https://dash.cloudflare.com/oauth2/token");
  const auto staging = authorization_server([](const std::string& name) {
    return name == "WRANGLER_AUTH_DOMAIN" ? std::optional<std::string>("dash.example")
                                          : std::nullopt;
  });
  CHECK(staging.revoke_url == "https://dash.example/oauth2/revoke");
  CHECK_THROWS_AS(authorization_server([](const std::string& name) {
                    return name == "WRANGLER_TOKEN_URL"
                               ? std::optional<std::string>("file:///etc/passwd")
                               : std::nullopt;
                  }),
                  Error);
}

/// Says the same to every question about the token.
class OneWord : public HttpTransport {
 public:
  OneWord(int status, std::string body) : response_{status, {}, std::move(body)} {}
  HttpResponse send(const HttpRequest&) override {
    ++asked;
    return response_;
  }
  int asked = 0;

 private:
  const HttpResponse response_;
};

/// Waits for the consent to a code that is good for a minute; the pauses that were made.
std::vector<int> pauses_until_the_end(HttpTransport& transport, std::string& error) {
  const auto server = authorization_server([](const std::string&) { return std::nullopt; });
  std::chrono::system_clock::time_point now{};
  std::vector<int> pauses;
  const DeviceWait wait{[&now] { return now; },
                        [&](std::chrono::seconds time) {
                          now += time;
                          pauses.push_back(static_cast<int>(time.count()));
                        }};
  using std::chrono::seconds;
  const DeviceAuthorization given{"device", "user", "page", "page", seconds(60), seconds(10)};
  try {
    wait_for_consent(transport, server, given, wait);
  } catch (const Error& thrown) {
    error = thrown.what();
  }
  return pauses;
}

TEST_CASE("a device asks at the server's pace, and no longer than the code is good for") {
  std::string error;
  OneWord pending(400, R"({"error": "authorization_pending"})");
  CHECK(pauses_until_the_end(pending, error) == std::vector<int>{10, 10, 10, 10, 10, 10});
  CHECK(error.find("Device code expired") != std::string::npos);
  OneWord busy(400, R"({"error": "slow_down"})");
  CHECK(pauses_until_the_end(busy, error) == std::vector<int>{15, 20, 25});
  OneWord broken(503, "<html>");
  pauses_until_the_end(broken, error);
  CHECK(error.find("status 503") != std::string::npos);
  OneWord denied(400, R"({"error": "access_denied"})");
  CHECK(pauses_until_the_end(denied, error).empty());
  CHECK(denied.asked == 1);
}

}  // namespace
}  // namespace cwrangler::cli
