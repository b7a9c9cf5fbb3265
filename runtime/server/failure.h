// Why a Worker, or one request to it, failed; and the answer that a client gets for it.

#pragma once

#include <string>

#include "runtime/server/message_head.h"

namespace cwrangler::server {

struct Failure {
  std::string kind;     ///< "user" (the Worker's own exception), "config" or "internal"
  std::string message;  ///< one sentence
  std::string stack;    ///< the traceback, as for the terminal; may be empty
};

/// A whole response: 500 with the failure. A client that takes HTML, and is not curl, gets a page
/// with the traceback, the request and its headers (credentials left out); any other gets the
/// traceback as text. `body` is set to the response's body.
ResponseHead failure_response(const Failure& failure, const RequestHead& request,
                              std::string& body);

/// The text of the page, for a request whose client takes HTML.
std::string error_page(const Failure& failure, const RequestHead& request);

/// True when the client takes HTML and a person is likely to see it.
bool wants_html(const RequestHead& request);

}  // namespace cwrangler::server
