#include "edge/log/event_log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

namespace cwrangler::edge {
namespace {

/// RFC 3339 in UTC, with milliseconds.
std::string now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                static_cast<int>(milliseconds % 1000));
  return text.data();
}

/// What the program says of itself. No lock: log_event() writes a line at once.
class MessageSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const spdlog::string_view_t level = spdlog::level::to_string_view(message.level);
    log_event("message", {{"level", std::string(level.data(), level.size())},
                          {"text", std::string(message.payload.data(), message.payload.size())}});
  }
  void flush_() override {}
};

}  // namespace

void log_event(std::string_view event, nlohmann::json fields) {
  fields["time"] = now();
  fields["event"] = event;
  // What a Worker prints need not be valid UTF-8.
  std::string line = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  // In one piece, so that lines of several threads do not mix.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

void log_messages() {
  const auto sink = std::make_shared<MessageSink>();
  sink->set_level(spdlog::level::info);
  spdlog::logger& logger = *spdlog::default_logger();
  logger.sinks().push_back(sink);
  if (logger.level() > spdlog::level::info) logger.set_level(spdlog::level::info);
}

}  // namespace cwrangler::edge
