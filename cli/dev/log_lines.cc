#include "cli/dev/log_lines.h"

#include <cmath>
#include <string_view>
#include <unordered_map>

namespace cwrangler::cli {
namespace {

constexpr int kRed = 31;
constexpr int kGreen = 32;
constexpr int kYellow = 33;
constexpr int kBlue = 34;

std::string colored(const std::string& text, int color) {
  return "\x1b[" + std::to_string(color) + "m" + text + "\x1b[0m";
}

int color_of_status(int status) {
  if (status >= 500) return kRed;
  if (status >= 400) return kYellow;
  return status >= 300 ? kBlue : kGreen;
}

/// A number field; 0 when it is missing or no number that can be shown.
double number_field(const nlohmann::json& message, const char* name) {
  const auto found = message.find(name);
  if (found == message.end() || !found->is_number()) return 0;
  const double number = found->get<double>();
  return std::isfinite(number) && std::abs(number) < 1e15 ? number : 0;
}

std::string without_final_newlines(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// How a traceback begins to name a file, and where Python finds the Worker's modules.
constexpr std::string_view kFile = "File \"";
constexpr std::string_view kModules = "/session/metadata/";

/// The traceback with the names of modules replaced by those of the files they were read from.
std::string with_own_files(std::string_view text, const SourceFiles& files) {
  std::unordered_map<std::string_view, const Module*> by_name;
  std::string result;
  for (size_t at = text.find(kFile); at != text.npos; at = text.find(kFile)) {
    const size_t begin = at + kFile.size();
    const size_t end = text.find('"', begin);
    if (end == text.npos) break;
    std::string_view name = text.substr(begin, end - begin);
    result += text.substr(0, begin);
    text.remove_prefix(end);
    // JavaScript names its modules without a folder. So may code that Python compiles from a
    // string.
    const bool is_python = name.starts_with(kModules);
    std::string_view module = is_python ? name.substr(kModules.size()) : name;
    if (by_name.empty()) {
      for (const Module& known : files.modules) by_name.emplace(known.name, &known);
    }
    const auto found = by_name.find(module);
    if (found != by_name.end() && (is_python || found->second->type == ModuleType::esm)) {
      result += std::filesystem::path(found->second->path)
                    .lexically_proximate(files.directory)
                    .generic_string();
    } else {
      result += name;
    }
  }
  return result += text;
}

}  // namespace

std::string text_field(const nlohmann::json& message, const char* name) {
  const auto found = message.find(name);
  return found != message.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string request_line(const nlohmann::json& message, bool color) {
  const int status = static_cast<int>(number_field(message, "status"));
  std::string result = std::to_string(status);
  if (const std::string text = text_field(message, "status_text"); !text.empty()) {
    result += " " + printable(text);
  }
  if (color) result = colored(result, color_of_status(status));
  const long long duration = std::llround(number_field(message, "duration_ms"));
  // The query is left out: it is long, and it is where people have their tokens.
  const std::string target = text_field(message, "path");
  const std::string path = printable(std::string_view(target).substr(0, target.find('?')));
  return "[wrangler:info] " + printable(text_field(message, "method")) + " " + path + " " + result +
         " (" + std::to_string(duration) + "ms)";
}

std::string queue_line(const nlohmann::json& message, bool color) {
  const long long acknowledged = std::llround(number_field(message, "acknowledged"));
  const long long messages = std::llround(number_field(message, "messages"));
  std::string result = std::to_string(acknowledged) + "/" + std::to_string(messages);
  if (color) {
    result = colored(result, acknowledged == messages ? kGreen : acknowledged > 0 ? kYellow : kRed);
  }
  const long long duration = std::llround(number_field(message, "duration_ms"));
  return "[wrangler:info] QUEUE " + printable(text_field(message, "queue")) + " " + result + " (" +
         std::to_string(duration) + "ms)";
}

std::string exception_lines(const nlohmann::json& message, bool color, const SourceFiles& files) {
  std::string text = text_field(message, "stack");
  if (text.empty()) text = text_field(message, "message");
  const std::string label = "[wrangler:error]";
  return (color ? colored(label, kRed) : label) + " " +
         without_final_newlines(with_own_files(text, files)) + "\n";
}

std::string crons_warning(const std::string& url) {
  return "Scheduled Workers are not automatically triggered during local development.\n\n"
         "To manually trigger a scheduled event, run:\n"
         "  curl \"" +
         url +
         "/cdn-cgi/local/scheduled\"\n"
         "For more details, see https://developers.cloudflare.com/workers/configuration/"
         "cron-triggers/#test-cron-triggers-locally";
}

void write_console(const nlohmann::json& message, Output& output) {
  const std::string level = text_field(message, "level");
  const std::string text = text_field(message, "text");
  if (level == "error") {
    output.terminal().print_error(Error(text));
  } else if (level == "warn") {
    output.terminal().print_warning(text);
  } else {
    const LogLevel of_message = level == "info" ? LogLevel::info : LogLevel::log;
    output.terminal().record(of_message, text);
    if (output.terminal().shows(of_message)) {
      output.write_out(text.ends_with('\n') ? text : text + "\n");
    }
  }
}

}  // namespace cwrangler::cli
