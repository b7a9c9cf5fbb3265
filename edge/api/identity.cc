// Who a token is: what clients ask before they do anything, and `whoami`.

#include "edge/api/routes.h"

namespace cwrangler::edge {
namespace {

Json account_json(const Account& account) {
  return {{"id", account.id},
          {"name", account.name},
          {"type", "standard"},
          {"settings", {{"enforce_twofactor", false}}},
          {"created_on", api_time(account.created)}};
}

Account own_account(const Call& call) {
  Work work = call.services.database.read();
  return *find_account(work, call.account());
}

HttpResponse verify(Call& call) {
  return success(
      {{"id", call.caller.token.empty() ? "local" : call.caller.token}, {"status", "active"}});
}

HttpResponse user(Call& call) {
  return success({{"id", call.caller.token.empty() ? "local" : call.caller.token},
                  {"email", call.caller.name + "@" + call.services.domain}});
}

HttpResponse accounts(Call& call) {
  return page_of(Json::array({account_json(own_account(call))}), call, 50);
}

HttpResponse account(Call& call) {
  return success(account_json(own_account(call)));
}

HttpResponse memberships(Call& call) {
  const Account mine = own_account(call);
  return page_of(Json::array({{{"id", "membership-" + mine.id},
                               {"status", "accepted"},
                               {"account", {{"id", mine.id}, {"name", mine.name}}},
                               {"roles", call.caller.scopes}}}),
                 call, 50);
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/user", "", false, user},
    {"GET", "/user/tokens/verify", "", false, verify},
    {"GET", "/!/tokens/verify", "", false, verify},
    {"GET", "/accounts", "", false, accounts},
    {"GET", "/!", "", false, account},
    {"GET", "/memberships", "", false, memberships},
};

}  // namespace

std::span<const ApiRoute> identity_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
