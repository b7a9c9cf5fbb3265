#include "cli/login/authorization.h"

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace cwrangler::cli
