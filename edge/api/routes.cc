#include "edge/api/routes.h"

#include <spdlog/spdlog.h>

#include <vector>

#include "edge/api/uploaded_snapshot.h"

namespace cwrangler::edge {
namespace {

constexpr std::string_view kBase = "/client/v4";

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

std::string pattern_of(const ApiRoute& route) {
  const std::string_view path = route.path;
  return path.starts_with("/!") ? "/accounts/:account" + std::string(path.substr(2))
                                : std::string(path);
}

using Parts = std::map<std::string, std::string, std::less<>>;

/// Whether the path is one of the pattern's, and which parts it has then.
bool matches(std::string_view pattern, std::string_view path, Parts& parts) {
  const std::vector<std::string_view> wanted = segments_of(pattern);
  std::vector<std::string_view> given = segments_of(path);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size()) return false;
    if (wanted[i].starts_with('*')) {
      const auto offset = static_cast<size_t>(given[i].data() - path.data());
      const auto rest = percent_decoded(path.substr(offset));
      if (!rest || rest->empty()) return false;
      parts.emplace(wanted[i].substr(1), *rest);
      return true;
    }
    if (wanted[i].starts_with(':')) {
      const auto segment = percent_decoded(given[i]);
      if (!segment || segment->empty()) return false;
      parts.emplace(wanted[i].substr(1), *segment);
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  return given.size() == wanted.size();
}

const std::vector<std::span<const ApiRoute>>& all_routes() {
  static const std::vector<std::span<const ApiRoute>> kRoutes{
      identity_routes(), worker_routes(),  version_routes(),    secret_routes(), trigger_routes(),
      asset_routes(),    tail_routes(),    kv_routes(),         d1_routes(),     r2_routes(),
      queue_routes(),    graphql_routes(), not_served_routes(),
  };
  return kRoutes;
}

const ApiRoute* find_route(const std::string& method, std::string_view path, Parts& parts) {
  for (const auto& table : all_routes()) {
    for (const ApiRoute& route : table) {
      parts.clear();
      if (route.method == method && matches(pattern_of(route), path, parts)) return &route;
    }
  }
  return nullptr;
}

ApiError authentication_error() {
  return {403, api_code::kAuthentication, "Authentication error"};
}

}  // namespace

Caller Api::authenticate(const HttpRequest& request) {
  const std::string_view header = request.header("Authorization").value_or("");
  constexpr std::string_view kScheme = "Bearer ";
  // A page of the web cannot send this header without asking first, and is not answered: also an
  // endpoint without tokens is for programs alone.
  if (!header.starts_with(kScheme)) {
    throw ApiError(401, api_code::kAuthentication,
                   "Authentication error: a token is missing (Authorization: Bearer …)");
  }
  Work work = services_.database.read();
  if (!services_.needs_tokens && !has_tokens(work)) {
    return {list_accounts(work).front().id, {}, "local", {std::string(kAllScopes)}};
  }
  const auto token = find_token(work, header.substr(kScheme.size()), now_ms());
  if (!token) throw ApiError(401, api_code::kAuthentication, "Authentication error");
  return {token->account, token->id, token->name, token->scopes};
}

bool Api::may_watch(const HttpRequest& request) {
  {
    Work work = services_.database.read();
    if (!services_.needs_tokens && !has_tokens(work)) return true;
  }
  try {
    const Caller caller = authenticate(request);
    Work work = services_.database.read();
    return caller.account == list_accounts(work).front().id;
  } catch (const ApiError&) {
    return false;
  }
}

HttpResponse Api::dispatch(HttpRequest& request, Caller& caller) {
  const std::string_view path = request.path;
  Parts parts;
  const ApiRoute* const route = path.starts_with(kBase)
                                    ? find_route(request.method, path.substr(kBase.size()), parts)
                                    : nullptr;
  // An asset upload's session is its own authority.
  const bool has_session = route != nullptr && std::string_view(route->area) == "session";
  if (!has_session) caller = authenticate(request);
  if (route == nullptr) {
    throw ApiError(404, api_code::kUnknownPath,
                   "This endpoint has nothing at " + request.method + " " + request.path);
  }
  const auto account = parts.find("account");
  if (!has_session && account != parts.end() && account->second != caller.account) {
    throw authentication_error();
  }
  if (!has_session && route->area[0] != '\0' &&
      !allows(caller.scopes, route->area, route->writes)) {
    throw ApiError(403, api_code::kAuthentication,
                   "Authentication error: the token lacks the scope " + std::string(route->area) +
                       (route->writes ? ":write" : ":read"));
  }
  if (request.header("Content-Encoding").value_or("identity") != "identity") {
    throw ApiError(415, api_code::kBadBody, "Compressed bodies are not taken");
  }
  Call call{services_, caller, request, std::move(parts), parse_query(request.query)};
  return route->answer(call);
}

HttpResponse Api::answer(HttpRequest& request) {
  Caller caller;
  HttpResponse response;
  try {
    response = dispatch(request, caller);
  } catch (const ApiError& error) {
    response = failure(error.status(), error.code(), error.problem());
  } catch (const std::exception& error) {
    spdlog::error("{} {}: {}", request.method, request.path, error.what());
    response = failure(500, api_code::kInternal, "The endpoint failed; its log says why");
  }
  if (!services_.snapshot_build.empty()) {
    response.headers.push_back({std::string(kSnapshotHeader), services_.snapshot_build});
  }
  if (request.method != "GET" && request.method != "HEAD") {
    try {
      Work work = services_.database.write();
      add_to_audit(work, {now_ms(), caller.account, caller.token, request.client, request.method,
                          request.path, response.status});
      work.commit();
    } catch (const std::exception& error) {
      spdlog::error("the audit log: {}", error.what());
    }
  }
  return response;
}

}  // namespace cwrangler::edge
