// Whose certificates are trusted on connections that a Worker opens: the system's authorities, or
// what the environment of the process names as OpenSSL and Node have it. SSL_CERT_FILE and
// SSL_CERT_DIR take the system's place, NODE_EXTRA_CA_CERTS names a file of more.

#pragma once

#include <curl/curl.h>

#include <boost/asio/ssl/context.hpp>

namespace cwrangler::web {

/// For a request over https. Throws Error for a file that cannot be read.
void trust_authorities(CURL* easy);

/// For any number of connections with the context. Throws Error for a file that cannot be read.
void trust_authorities(boost::asio::ssl::context& context);

}  // namespace cwrangler::web
