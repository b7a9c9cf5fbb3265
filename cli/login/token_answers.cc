#include "cli/login/token_answers.h"

#include <algorithm>
#include <sstream>

#include "cli/api/json_access.h"
#include "cli/config/utc_time.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

/// Nobody's token is good for longer than this; a wrong answer must not make a date overflow.
constexpr std::int64_t kLongestLife = std::int64_t{10} * 365 * 24 * 3600;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

}  // namespace

std::string scope_text(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& name : scopes) text += name + " ";
  return text + "offline_access";
}

std::optional<Refusal> refusal_of(const HttpResponse& response, const ApiJson& answer) {
  std::string code = string_at(answer, "error");
  std::string text = string_at(answer, "error_description");
  if (code.empty() && response.status >= 200 && response.status < 300) return std::nullopt;
  if (code.empty()) code = "status " + std::to_string(response.status);
  return Refusal{code, text.empty() ? code : text + " (" + code + ")"};
}

ApiJson parse_object(const std::string& body) {
  ApiJson json = ApiJson::parse(body, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : ApiJson::object();
}

HttpResponse post_form(HttpTransport& transport, const std::string& url, const Query& fields) {
  const std::string body = query_string(fields).substr(1);
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"User-Agent", "cwrangler/" + std::string(kVersion)}};
  request.body = body;
  try {
    return transport.send(request);
  } catch (TransportError& error) {
    error.while_doing("asking " + url + " about the login");
    throw;
  }
}

StoredLogin login_of(const ApiJson& answer, const std::string& refresh_token,
                     std::chrono::system_clock::time_point now) {
  StoredLogin login;
  login.oauth_token = string_at(answer, "access_token");
  if (login.oauth_token.empty()) {
    throw Error("The answer has no token").while_doing("logging in");
  }
  const std::string next = string_at(answer, "refresh_token");
  login.refresh_token = next.empty() ? refresh_token : next;
  if (const auto life = integer_at(answer, "expires_in"); life && *life >= 0) {
    login.expiration_time =
        utc_time(now + std::chrono::seconds(std::min<std::int64_t>(*life, kLongestLife)));
  }
  login.scopes = words(string_at(answer, "scope"));
  return login;
}

}  // namespace cwrangler::cli
