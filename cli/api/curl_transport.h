// HTTP by libcurl, with the proxies and certificates that the environment names.

#pragma once

#include <memory>
#include <string>

#include "cli/api/http.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

/// How the network is reached.
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

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(NetworkSettings settings);
  ~CurlTransport() override;

  /// Keeps the connection for the next request. An answer's body of more than 64 MiB that no sink
  /// takes, a connection that takes more than 30 s, or 5 minutes without a byte end with an error.
  HttpResponse send(const HttpRequest& request) override;

 private:
  struct Handle;
  void apply_settings(const HttpRequest& request);

  const NetworkSettings settings_;
  std::string authorities_;  ///< the bundle with more_authorities
  std::unique_ptr<Handle> handle_;
};

}  // namespace cwrangler::cli
