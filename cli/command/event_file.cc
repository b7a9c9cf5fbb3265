#include "cli/command/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <random>

#include "base/descriptor.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Of each kind of event: raised when a field changes its meaning.
constexpr int kEventVersion = 1;

std::tm utc(std::int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

/// "2026-10-01T12:00:00.000Z", and with other marks for names of files.
std::string written(std::int64_t milliseconds, const char* format, char before_rest) {
  const std::tm parts = utc(milliseconds);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), format, &parts);
  std::array<char, 8> rest{};
  std::snprintf(rest.data(), rest.size(), "%c%03d", before_rest,
                static_cast<int>(milliseconds % 1000));
  return text.data() + std::string(rest.data());
}

std::string random_word() {
  std::random_device source;
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%06x", source() & 0xffffff);
  return text.data();
}

}  // namespace

EventFile::EventFile(const Environment& environment, EventClock clock) : clock_(std::move(clock)) {
  const auto variable = [&environment](const char* name) {
    return fs::path(environment(name).value_or(""));
  };
  path_ = variable("WRANGLER_OUTPUT_FILE_PATH");
  if (path_.empty()) {
    const fs::path directory = variable("WRANGLER_OUTPUT_FILE_DIRECTORY");
    if (directory.empty()) return;
    path_ = directory / ("wrangler-output-" + written(clock_(), "%Y-%m-%d_%H-%M-%S", '_') + "-" +
                         random_word() + ".json");
  }
  path_ = fs::absolute(path_);
  std::error_code failed;
  fs::create_directories(path_.parent_path(), failed);
  if (failed) {
    throw Error(failed.message())
        .while_doing("making the folder of the output file " + path_.string())
        .hint("WRANGLER_OUTPUT_FILE_PATH or WRANGLER_OUTPUT_FILE_DIRECTORY asks for it.");
  }
}

void EventFile::session(const std::vector<std::string>& arguments) {
  add({{"type", "wrangler-session"},
       {"wrangler_version", std::string(kVersion)},
       {"command_line_args", without_values(arguments)}});
}

void EventFile::failed(const Error& error) {
  add({{"type", "command-failed"},
       {"code", static_cast<int>(error.exit_code())},
       {"message", error.what()}});
}

void EventFile::add(nlohmann::json event) {
  if (path_.empty()) return;
  event["version"] = kEventVersion;
  event["timestamp"] = written(clock_(), "%Y-%m-%dT%H:%M:%S", '.') + "Z";
  const std::string line =
      event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid() ||
      ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw system_error("writing the output file " + path_.string());
  }
}

std::vector<std::string> without_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> shown;
  bool is_value = false;
  for (const std::string& argument : arguments) {
    constexpr std::string_view kFlag = "--var";
    const bool joined = argument.starts_with("--var=");
    const std::string value = joined ? argument.substr(kFlag.size() + 1) : argument;
    if (is_value || joined) {
      const size_t colon = value.find(':');
      const std::string name = colon == value.npos ? std::string() : value.substr(0, colon + 1);
      shown.push_back((joined ? "--var=" : "") + name + "(hidden)");
    } else {
      shown.push_back(argument);
    }
    is_value = argument == kFlag;
  }
  return shown;
}

}  // namespace cwrangler::cli
