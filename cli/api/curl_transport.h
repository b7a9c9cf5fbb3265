// HTTP by libcurl, with the proxies and certificates that the environment names.

#pragma once

#include <memory>

#include "cli/api/http.h"
#include "cli/api/network_settings.h"

namespace cwrangler::cli {

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(NetworkSettings settings);
  ~CurlTransport() override;

  /// Keeps the connection for the next request. An answer's body of more than 64 MiB that no sink
  /// takes, a connection that takes more than 30 s, or 5 minutes without a byte end with an error.
  HttpResponse send(const HttpRequest& request) override;

 private:
  struct Handle;

  NetworkOptions network_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace cwrangler::cli
