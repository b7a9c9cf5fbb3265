// How the network is reached: the proxies and certificates that the environment names.

#pragma once

#include <string>

#include "cli/api/curl_library.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

struct NetworkSettings {
  std::string http_proxy;          ///< for http: URLs; empty: none
  std::string https_proxy;         ///< for https: URLs; empty: none
  std::string no_proxy;            ///< hosts that are reached without, comma separated
  std::string authorities_file;    ///< PEM, in place of the system's; empty: the system's
  std::string authorities_folder;  ///< the same as a folder of hashed names
  std::string more_authorities;    ///< a PEM file to trust besides
};

/// By HTTP_PROXY, HTTPS_PROXY, NO_PROXY (or in small letters, which win), SSL_CERT_FILE,
/// SSL_CERT_DIR and NODE_EXTRA_CA_CERTS.
NetworkSettings network_settings(const EnvironmentLookup& environment);

/// Sets libcurl's handles up with them.
class NetworkOptions {
 public:
  explicit NetworkOptions(NetworkSettings settings) : settings_(std::move(settings)) {}

  /// For a handle that is about to reach `url`. This object must outlive what the handle does.
  /// Throws Error for a file of authorities that cannot be read.
  void apply(const CurlLibrary& curl, CURL* handle, const std::string& url);

 private:
  const NetworkSettings settings_;
  std::string authorities_;  ///< the bundle with more_authorities
};

}  // namespace cwrangler::cli
