// Why a Worker, or one request to it, failed; and the answer that a client gets for it.

#pragma once

#include <string>

#include "runtime/server/message_head.h"

namespace cwrangler::server {

struct PageSources;

struct Failure {
  std::string kind;     ///< "user" (the Worker's own exception), "config" or "internal"
  std::string message;  ///< one sentence
  std::string stack;    ///< the traceback, as for the terminal; may be empty
};

/// A whole response: 500 with the failure. A client that takes HTML, and is not curl, gets a page
/// (error_page.h); any other gets the traceback as text. `sources`: of a dev session, else null.
/// `body` is set to the response's body.
ResponseHead failure_response(const Failure& failure, const RequestHead& request,
                              const PageSources* sources, std::string& body);

/// True when the client takes HTML and a person is likely to see it.
bool wants_html(const RequestHead& request);

}  // namespace cwrangler::server
