// One call of the API, as its handlers see it: who calls, for which account, with what.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "edge/api/api_error.h"
#include "edge/api/services.h"
#include "edge/http/message.h"
#include "edge/store/accounts.h"
#include "edge/store/workers.h"

namespace cwrangler::edge {

/// Who is allowed to make a call.
struct Caller {
  std::string account;  ///< the id
  std::string token;    ///< the token's id; empty: none was needed
  std::string name;     ///< the token's name
  Scopes scopes;
};

struct Call {
  Services& services;
  const Caller& caller;
  HttpRequest& request;
  /// The parts of the path that the route names, decoded.
  std::map<std::string, std::string, std::less<>> parts;
  QueryValues query;

  const std::string& account() const { return caller.account; }
  const std::string& part(std::string_view name) const { return parts.find(name)->second; }
  /// The first value of a name of the query; empty: none.
  std::string query_value(std::string_view name) const;
  /// A whole number of the query from `least` to `most`, `standard` without one. Throws ApiError.
  std::int64_t query_number(std::string_view name, std::int64_t least, std::int64_t most,
                            std::int64_t standard) const;
  /// The body as JSON, whatever its Content-Type says. Throws ApiError for text that is none.
  Json json() const;
  /// The same, of which the top level is an object.
  Json json_object() const;
  /// The scheme, host and port that the client has used: "https://edge.example:8788".
  std::string origin() const;
};

/// The value of a text member; throws ApiError that names it where it is missing or another type.
std::string required_text(const Json& object, std::string_view name);
/// The same; empty where it is missing or null.
std::string optional_text(const Json& object, std::string_view name);

/// Text as JSON of at most 64 levels. Throws Error that says what is wrong with it.
Json parse_json(std::string_view text);

/// A success: {"success": true, …}.
HttpResponse success(const Json& result, int status = 200);
/// One page of a list, with `result_info`.
HttpResponse page_of(const Json& items, const Call& call, std::int64_t most = 100);
HttpResponse success_with_info(const Json& result, const Json& result_info);
HttpResponse failure(int status, int code, const std::string& message);

/// Of its account. Throws ApiError 10007.
Worker required_worker(Work& work, const Call& call);

}  // namespace cwrangler::edge
