#include "cli/login/device_authorization.h"

#include <algorithm>

#include "cli/api/json_access.h"
#include "cli/login/token_answers.h"

namespace cwrangler::cli {
namespace {

using std::chrono::seconds;

/// wrangler's: however long the codes are good for, a user who has not come by then will not.
constexpr seconds kLongestWait{300};
/// wrangler's; RFC 8628 has 5 where the server says nothing, but servers ask for more by slow_down.
constexpr seconds kShortestInterval{1};
/// RFC 8628, 3.5.
constexpr seconds kSlowerBy{5};
constexpr int kTooManyRequests = 429;

/// "https://host:port" of an address.
std::string origin_of(const std::string& url) {
  const size_t host = url.find("://");
  return url.substr(0, host == url.npos ? 0 : url.find('/', host + 3));
}

void check_page(const std::string& page, const AuthorizationServer& server) {
  const std::string origin = origin_of(server.device_url);
  if (page == origin || page.starts_with(origin + "/")) return;
  throw Error("The server of logins sends to a page that is not its own: " + page)
      .while_doing("logging in")
      .hint("Pages of " + origin + " are shown, and no others: do not type a code in elsewhere.");
}

seconds seconds_at(const ApiJson& answer, const char* key, seconds preset, seconds most) {
  const auto number = integer_at(answer, key);
  if (!number || *number <= 0) return preset;
  return seconds(std::min<std::int64_t>(*number, most.count()));
}

Error expired() {
  return Error("Device code expired before the request was approved")
      .while_doing("logging in")
      .hint("`cwrangler login --device` gets a new one.");
}

/// What one question about the token has brought.
struct Reply {
  bool is_login = false;
  ApiJson answer;
  std::string code;     ///< of a refusal; empty: nothing that could be understood
  std::string problem;  ///< for people
};

/// Throws Error for what asking again cannot change.
Reply ask_once(HttpTransport& transport, const AuthorizationServer& server,
               const std::string& device_code) {
  Reply reply;
  HttpResponse response;
  try {
    response = post_form(transport, server.token_url,
                         {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                          {"device_code", device_code},
                          {"client_id", server.client_id}});
  } catch (const TransportError& error) {
    reply.problem = error.what();
    return reply;
  }
  reply.answer = parse_object(response.body);
  const auto refusal = refusal_of(response, reply.answer);
  if (!refusal) {
    reply.is_login = true;
    return reply;
  }
  reply.problem = refusal->text;
  reply.code = string_at(reply.answer, "error");
  const bool passes = response.status >= 500 || response.status == kTooManyRequests;
  if (reply.code.empty() && !passes) {
    throw Error("The login was refused: " + refusal->text).while_doing("logging in");
  }
  return reply;
}

}  // namespace

DeviceAuthorization request_device_codes(HttpTransport& transport,
                                         const AuthorizationServer& server,
                                         const std::vector<std::string>& scopes) {
  const HttpResponse response =
      post_form(transport, server.device_url,
                {{"client_id", server.client_id}, {"scope", scope_text(scopes)}});
  const ApiJson answer = parse_object(response.body);
  if (const auto refusal = refusal_of(response, answer)) {
    throw Error("The login was refused: " + refusal->text).while_doing("asking for a code");
  }
  DeviceAuthorization given;
  given.device_code = string_at(answer, "device_code");
  given.user_code = string_at(answer, "user_code");
  given.page = string_at(answer, "verification_uri");
  if (given.device_code.empty() || given.user_code.empty() || given.page.empty()) {
    throw Error("The server of logins has given no code")
        .while_doing("asking for a code")
        .hint("`cwrangler login` without --device goes another way.");
  }
  check_page(given.page, server);
  given.page_with_code = string_at(answer, "verification_uri_complete");
  if (given.page_with_code.empty()) {
    const char* const mark = given.page.find('?') == std::string::npos ? "?" : "&";
    given.page_with_code =
        given.page + mark + query_string({{"user_code", given.user_code}}).substr(1);
  }
  check_page(given.page_with_code, server);
  given.life = seconds_at(answer, "expires_in", kLongestWait, kLongestWait);
  given.interval = seconds_at(answer, "interval", kShortestInterval, kLongestWait);
  return given;
}

StoredLogin wait_for_consent(HttpTransport& transport, const AuthorizationServer& server,
                             const DeviceAuthorization& authorization, const DeviceWait& wait) {
  const auto end = wait.now() + authorization.life;
  seconds interval = authorization.interval;
  std::string problem;
  while (wait.now() < end) {
    const Reply reply = ask_once(transport, server, authorization.device_code);
    if (reply.is_login) return login_of(reply.answer, "", wait.now());
    problem = reply.code.empty() ? reply.problem : "";
    if (reply.code == "slow_down") {
      interval += kSlowerBy;
    } else if (reply.code == "access_denied") {
      throw Error("Consent denied. You must grant consent in order to login.")
          .hint("CLOUDFLARE_API_TOKEN takes an API token in place of a login.");
    } else if (reply.code == "expired_token") {
      throw expired();
    } else if (!reply.code.empty() && reply.code != "authorization_pending") {
      throw Error("The login was refused: " + reply.problem).while_doing("logging in");
    }
    wait.sleep(interval);
  }
  if (problem.empty()) throw expired();
  throw Error("The server of logins could not be understood to the end: " + problem)
      .while_doing("waiting for the consent")
      .hint("`cwrangler login --device` tries again.");
}

}  // namespace cwrangler::cli
