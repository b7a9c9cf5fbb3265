// What changes in a message's head when it is passed on (RFC 9110, section 7.6).

#pragma once

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <string>

namespace cwrangler::edge {

/// What a proxy knows of the client and its request.
struct ForwardedFrom {
  std::string client;  ///< its address
  bool is_tls = false;
  std::string target;  ///< path and query for the Worker
};

/// Whether the client wants to speak WebSocket.
bool is_upgrade(const boost::beast::http::request_header<>& head);

/// Removes what belongs to the client's connection and what only a proxy may say, and says it:
/// CF-Connecting-IP, CF-Ray, CF-Visitor, X-Forwarded-For, X-Forwarded-Proto, X-Real-IP.
void prepare_request(boost::beast::http::request<boost::beast::http::buffer_body>& head,
                     const ForwardedFrom& from);

/// `is_unframed`: the end of the connection was the end of the body, which is sent in chunks then.
void prepare_response(boost::beast::http::response<boost::beast::http::buffer_body>& head,
                      bool is_unframed, bool keep_alive);

}  // namespace cwrangler::edge
