// The request log: one message for each answered request.

#pragma once

#include "runtime/server/exchange.h"
#include "runtime/server/instance.h"

namespace cwrangler::server {

/// Sends the `request` message of base/control_protocol.h, unless nothing was answered or the path
/// is one of the server's own (/cdn-cgi/).
void log_request(const EventSink& events, const RequestRecord& record);

}  // namespace cwrangler::server
