#include "cli/api/credentials.h"

#include <doctest/doctest.h>

#include <map>

#include "base/files.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

using std::chrono::system_clock;
using test::TemporaryFolder;

EnvironmentLookup variables(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found != values.end() ? std::optional(found->second) : std::nullopt;
  };
}

std::optional<Credentials> found_with(std::map<std::string, std::string> values) {
  return find_credentials(variables(std::move(values)), system_clock::from_time_t(1800000000));
}

TEST_CASE("a key with its email wins over a token, and a token over a login") {
  const auto key = found_with({{"CLOUDFLARE_API_KEY", "k"},
                               {"CLOUDFLARE_EMAIL", "a@b.example"},
                               {"CLOUDFLARE_API_TOKEN", "t"}});
  REQUIRE(key);
  CHECK(key->headers().at(0).name == "X-Auth-Key");
  CHECK(key->headers().at(1).value == "a@b.example");
  const auto token = found_with({{"CLOUDFLARE_API_KEY", "k"}, {"CLOUDFLARE_API_TOKEN", "t"}});
  REQUIRE(token);
  CHECK(token->headers().at(0).value == "Bearer t");
  CHECK(found_with({{"CF_API_TOKEN", "old"}})->token == "old");
  CHECK_FALSE(found_with({{"CLOUDFLARE_API_KEY", "k"}}));
}

TEST_CASE("a token that cannot be sent is refused without being shown") {
  for (const char* token : {"secret\n", "a b", "\xC3\xA9"}) {
    try {
      found_with({{"CLOUDFLARE_API_TOKEN", token}});
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find(token) == std::string::npos);
    }
  }
}

TEST_CASE("wrangler's login is read until it ends") {
  const TemporaryFolder home;
  const auto environment = std::map<std::string, std::string>{{"HOME", home.path().string()}};
  CHECK_FALSE(found_with(environment));
  const auto file = login_file(variables(environment));
  CHECK(file == home.path() / ".config" / ".wrangler" / "config" / "default.toml");
  std::filesystem::create_directories(file.parent_path());
  write_file_atomically(file,
                        "oauth_token = \"o\"\nexpiration_time = \"2027-12-31T00:00:00.000Z\"\n");
  CHECK(found_with(environment)->headers().at(0).value == "Bearer o");
  write_file_atomically(file,
                        "oauth_token = \"o\"\nexpiration_time = \"2020-12-31T00:00:00.000Z\"\n");
  CHECK_THROWS_AS(found_with(environment), Error);
}

TEST_CASE("a login that has ended is renewed where it can be") {
  const TemporaryFolder home;
  const auto environment =
      variables({{"HOME", home.path().string()}, {"XDG_CONFIG_HOME", home.path().string()}});
  const auto file = login_file(environment);
  write_login(file, {"old", "next", "2020-12-31T00:00:00.000Z", {"user:read"}});
  const auto now = system_clock::from_time_t(1800000000);
  const auto found = find_credentials(environment, now, [](const std::filesystem::path& named) {
    StoredLogin login = read_login(named).value();
    CHECK(login.refresh_token == "next");
    login.oauth_token = "new";
    return login;
  });
  REQUIRE(found);
  CHECK(found->token == "new");
  CHECK(found->scopes == std::vector<std::string>{"user:read"});
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  remove_login(file);
  CHECK_FALSE(find_credentials(environment, now));
  remove_login(file);
}

TEST_CASE("the API's address is the environment's, or the region's") {
  CHECK(api_base_url(variables({}), "") == "https://api.cloudflare.com/client/v4");
  CHECK(api_base_url(variables({}), "fedramp_high").find(".fed.") != std::string::npos);
  CHECK(api_base_url(variables({{"CLOUDFLARE_COMPLIANCE_REGION", "public"}}), "fedramp_high") ==
        "https://api.cloudflare.com/client/v4");
  CHECK(api_base_url(variables({{"CLOUDFLARE_API_BASE_URL", "http://localhost:1/client/v4/"}}),
                     "") == "http://localhost:1/client/v4");
  CHECK_THROWS_AS(api_base_url(variables({{"CLOUDFLARE_API_BASE_URL", "ftp://x"}}), ""), Error);
  CHECK_THROWS_AS(api_base_url(variables({}), "mars"), Error);
}

}  // namespace
}  // namespace cwrangler::cli
