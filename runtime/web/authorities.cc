#include "runtime/web/authorities.h"

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler::web {
namespace {

/// Where Debian and its relatives have the system's, for when there are more to be put beside them.
constexpr const char* SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// What the environment said when it was first needed.
struct Authorities {
  std::string file = variable("SSL_CERT_FILE");
  std::string folder = variable("SSL_CERT_DIR");
  std::string more_file = variable("NODE_EXTRA_CA_CERTS");
  /// PEM; those of more_file with what they are added to. Empty: there is no such file.
  std::string bundle = more_file.empty() ? ""
                                         : read_file(file.empty() ? SYSTEM_BUNDLE : file) + "\n" +
                                               read_file(more_file);
};

const Authorities& authorities() {
  static const Authorities read;
  return read;
}

}  // namespace

void trust_authorities(CURL* easy) {
  const Authorities& trusted = authorities();
  if (!trusted.folder.empty()) curl_easy_setopt(easy, CURLOPT_CAPATH, trusted.folder.c_str());
  if (!trusted.bundle.empty()) {
    curl_blob blob{const_cast<char*>(trusted.bundle.data()), trusted.bundle.size(),
                   CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  } else if (!trusted.file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, trusted.file.c_str());
  }
}

void trust_authorities(boost::asio::ssl::context& context) {
  context.set_default_verify_paths();  // OpenSSL reads the first two variables itself
  const std::string& more = authorities().more_file;
  if (more.empty()) return;
  boost::system::error_code problem;
  context.load_verify_file(more, problem);
  if (problem) {
    throw Error("reading certificates from " + more + ": " + problem.message())
        .hint("NODE_EXTRA_CA_CERTS names it.");
  }
}

}  // namespace cwrangler::web
