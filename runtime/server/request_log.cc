#include "runtime/server/request_log.h"

#include "base/control_protocol.h"

namespace cwrangler::server {

void log_request(const EventSink& events, const RequestRecord& record) {
  if (record.status == 0 || record.path.starts_with("/cdn-cgi/")) return;
  const std::chrono::duration<double, std::milli> duration = record.duration;
  events({{"type", control::kRequest},
          {"method", record.method},
          {"path", record.path},
          {"status", record.status},
          {"status_text", record.status_text},
          {"duration_ms", duration.count()}});
}

web::LogSink console_log(EventSink events) {
  return [events = std::move(events)](std::string_view level, std::string_view text) {
    events({{"type", control::kConsole}, {"level", level}, {"text", text}});
  };
}

}  // namespace cwrangler::server
