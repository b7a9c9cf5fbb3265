// The database that a Hyperdrive configuration leads to: the flags, and what the API is told.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/api/envelope.h"

namespace cwrangler::cli {

/// All empty: not given.
struct OriginFlags {
  std::string connection_string;  ///< a secret: protocol://user:password@host:port/database
  std::string service;            ///< id of a Workers VPC service
  std::string host;
  std::optional<int> port;
  std::string scheme;
  std::string database;
  std::string user;
  std::string password;       ///< a secret
  std::string access_id;      ///< of an Access token
  std::string access_secret;  ///< a secret
};

/// The `origin` of a configuration's body. `is_whole`: for a new one, which needs all of it; else
/// what is given is changed, and nothing given is null. Throws Error that names what is missing or
/// wrong, and no part of a connection string but its scheme.
ApiJson origin_json(const OriginFlags& flags, bool is_whole);

}  // namespace cwrangler::cli
