// What stands in for a Worker that does not start: every request is answered with the reason.

#pragma once

#include <memory>

#include "runtime/server/error_page.h"
#include "runtime/server/http_limits.h"
#include "runtime/server/instance.h"

namespace cwrangler::server {

/// Runs on the server's own loop; it never fails, is never busy, and needs no start.
std::unique_ptr<Instance> make_failed_instance(boost::asio::io_context& loop,
                                               const HttpLimits& limits, EventSink events,
                                               Failure failure,
                                               std::shared_ptr<const PageSources> page_sources,
                                               InstanceCallbacks callbacks);

}  // namespace cwrangler::server
