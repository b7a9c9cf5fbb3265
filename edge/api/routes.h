// Which call is answered by what: one table, made of those of each kind of resource.

#pragma once

#include <span>
#include <string_view>

#include "edge/api/call.h"

namespace cwrangler::edge {

struct ApiRoute {
  const char* method;
  /// Below /client/v4. ":name" is one segment, "*name" at the end all that is left;
  /// "/accounts/:account" in front is implied for those that begin with "/!": "/!/workers" is one
  /// account's.
  const char* path;
  const char* area;  ///< of the scope that a token needs; empty: any token will do
  bool writes;       ///< whether the scope must be for writing
  HttpResponse (*answer)(Call&);
};

std::span<const ApiRoute> identity_routes();
std::span<const ApiRoute> worker_routes();
std::span<const ApiRoute> version_routes();
std::span<const ApiRoute> secret_routes();
std::span<const ApiRoute> trigger_routes();
std::span<const ApiRoute> asset_routes();
std::span<const ApiRoute> tail_routes();
std::span<const ApiRoute> kv_routes();
std::span<const ApiRoute> d1_routes();
std::span<const ApiRoute> r2_routes();
std::span<const ApiRoute> queue_routes();
std::span<const ApiRoute> graphql_routes();
std::span<const ApiRoute> not_served_routes();

/// The API as a handler of requests. Outlives the server.
class Api {
 public:
  explicit Api(Services& services) : services_(services) {}

  /// Any thread. Whatever goes wrong is an answer.
  HttpResponse answer(HttpRequest& request);

  /// Whether who asks may know what the endpoint counts, for all accounts: anybody where it needs
  /// no tokens, else the first account, which is the machine's own.
  bool may_watch(const HttpRequest& request);

 private:
  HttpResponse dispatch(HttpRequest& request, Caller& caller);
  Caller authenticate(const HttpRequest& request);

  Services& services_;
};

}  // namespace cwrangler::edge
