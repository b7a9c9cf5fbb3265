// The log: one message for each answered request and each line of the console.

#pragma once

#include "runtime/server/exchange.h"
#include "runtime/server/instance.h"
#include "runtime/web/web_ops.h"

namespace cwrangler::server {

/// Sends the `request` message of base/control_protocol.h, unless nothing was answered or the path
/// is one of the server's own (/cdn-cgi/).
void log_request(const EventSink& events, const RequestRecord& record);

/// Takes console lines and sends each as a `console` message.
web::LogSink console_log(EventSink events);

}  // namespace cwrangler::server
