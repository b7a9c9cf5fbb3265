#include "base/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace cwrangler {

void start_logging(const std::string& program) {
  const char* const level = std::getenv("CWRANGLER_LOG");
  auto logger = spdlog::stderr_logger_mt(program);
  logger->set_pattern("%H:%M:%S.%e %n %l: %v");
  logger->set_level(spdlog::level::from_str(level ? level : "off"));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace cwrangler
