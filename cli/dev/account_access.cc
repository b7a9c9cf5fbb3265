#include "cli/dev/account_access.h"

#include "cli/api/credentials.h"

namespace cwrangler::cli {

nlohmann::json account_access(const Config& config, const EnvironmentLookup& environment,
                              std::chrono::system_clock::time_point now) {
  const auto problem = [](const std::string& what) {
    return nlohmann::json{{"problem", "Bindings of the account need " + what + "."}};
  };
  const std::optional<Credentials> credentials = find_credentials(environment, now);
  if (!credentials) {
    return problem("credentials: set CLOUDFLARE_API_TOKEN, or log in with `wrangler login`");
  }
  std::string account = environment("CLOUDFLARE_ACCOUNT_ID").value_or("");
  if (account.empty()) account = environment("CF_ACCOUNT_ID").value_or("");
  if (account.empty()) account = config.account_id;
  if (account.empty()) {
    return problem("an account: set \"account_id\" in the configuration, or CLOUDFLARE_ACCOUNT_ID");
  }
  nlohmann::json headers = nlohmann::json::object();
  for (const HttpHeader& header : credentials->headers()) headers[header.name] = header.value;
  return {{"base_url", api_base_url(environment, "")},
          {"account_id", account},
          {"headers", std::move(headers)}};
}

}  // namespace cwrangler::cli
