#include "cli/api/network_settings.h"

#include "base/files.h"

namespace cwrangler::cli {
namespace {

/// Where the bundle is on Debian and its relatives, when libcurl does not say.
constexpr const char* kUsualBundle = "/etc/ssl/certs/ca-certificates.crt";

}  // namespace

NetworkSettings network_settings(const EnvironmentLookup& environment) {
  const auto either = [&environment](const char* small, const char* large) {
    const auto found = environment(small);
    return found ? *found : environment(large).value_or("");
  };
  NetworkSettings settings;
  settings.http_proxy = either("http_proxy", "HTTP_PROXY");
  settings.https_proxy = either("https_proxy", "HTTPS_PROXY");
  // As wrangler has it: one proxy may be for both.
  if (settings.https_proxy.empty()) settings.https_proxy = settings.http_proxy;
  settings.no_proxy = either("no_proxy", "NO_PROXY");
  settings.authorities_file = environment("SSL_CERT_FILE").value_or("");
  settings.authorities_folder = environment("SSL_CERT_DIR").value_or("");
  settings.more_authorities = environment("NODE_EXTRA_CA_CERTS").value_or("");
  return settings;
}

void NetworkOptions::apply(const CurlLibrary& curl, CURL* handle, const std::string& url) {
  const bool secure = url.starts_with("https:");
  curl.set(handle, CURLOPT_PROXY, (secure ? settings_.https_proxy : settings_.http_proxy).c_str());
  curl.set(handle, CURLOPT_NOPROXY, settings_.no_proxy.c_str());
  if (!secure) return;
  if (!settings_.authorities_folder.empty()) {
    curl.set(handle, CURLOPT_CAPATH, settings_.authorities_folder.c_str());
  }
  if (!settings_.more_authorities.empty()) {
    if (authorities_.empty()) {
      const std::string& bundle = settings_.authorities_file;
      authorities_ = read_file(bundle.empty() ? kUsualBundle : bundle) + "\n" +
                     read_file(settings_.more_authorities);
    }
    curl_blob blob{authorities_.data(), authorities_.size(), CURL_BLOB_NOCOPY};
    curl.set(handle, CURLOPT_CAINFO_BLOB, &blob);
  } else if (!settings_.authorities_file.empty()) {
    curl.set(handle, CURLOPT_CAINFO, settings_.authorities_file.c_str());
  }
}

}  // namespace cwrangler::cli
