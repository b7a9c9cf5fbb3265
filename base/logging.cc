#include "base/logging.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"

namespace cwrangler {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// WRANGLER_LOG_PATH names a file when it ends in .log, else a folder of one file a process.
std::filesystem::path file_in(const std::filesystem::path& wanted, const std::string& program) {
  if (wanted.extension() == ".log") return wanted;
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%d_%H-%M-%S", &parts);
  return wanted / (program + "-" + time.data() + "-" + std::to_string(::getpid()) + ".log");
}

std::shared_ptr<spdlog::sinks::sink> file_sink(const std::filesystem::path& file) {
  try {
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    // What a Worker prints may be private: the file is made before spdlog opens it, for its mode.
    const Descriptor made(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!made.valid()) throw system_error("opening it");
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  } catch (const std::exception& error) {
    throw Error(error.what())
        .while_doing("writing the log file " + file.string())
        .hint("WRANGLER_LOG_PATH asks for it: a file that ends in .log, or a folder.");
  }
}

/// Writes to the log file alone; null: there is none.
std::shared_ptr<spdlog::logger>& file_logger() {
  static std::shared_ptr<spdlog::logger> logger;
  return logger;
}

}  // namespace

void start_logging(const std::string& program) {
  const std::string own = variable("CWRANGLER_LOG");
  const std::string level = !own.empty()                          ? own
                            : variable("WRANGLER_LOG") == "debug" ? "debug"
                                                                  : "off";
  auto screen = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  screen->set_level(spdlog::level::from_str(level));
  std::vector<spdlog::sink_ptr> sinks{screen};
  auto lowest = screen->level();
  if (const std::string path = variable("WRANGLER_LOG_PATH"); !path.empty()) {
    auto file = file_sink(file_in(path, program));
    file->set_level(spdlog::level::debug);
    lowest = std::min(lowest, spdlog::level::debug);
    sinks.push_back(file);
    file_logger() = std::make_shared<spdlog::logger>(program, file);
    file_logger()->flush_on(spdlog::level::trace);
  }
  auto logger = std::make_shared<spdlog::logger>(program, sinks.begin(), sinks.end());
  logger->set_pattern("%H:%M:%S.%e %n %l: %v");
  logger->set_level(lowest);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

bool has_log_file() {
  return file_logger() != nullptr;
}

void write_to_log_file(std::string_view text) {
  if (!has_log_file()) return;
  while (text.ends_with('\n')) text.remove_suffix(1);
  file_logger()->info("{}", text);
}

}  // namespace cwrangler
