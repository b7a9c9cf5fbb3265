#include "cli/check/problem.h"

#include <algorithm>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {
namespace {

std::string_view name_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

/// As the user would type it, for what is in the project; else as it is.
std::string shown_file(const Problem& problem, const std::filesystem::path& directory) {
  const std::filesystem::path file(problem.at.file);
  if (file.empty() || file.is_relative()) return file.string();
  const std::string relative = file.lexically_proximate(directory).string();
  return relative.starts_with("..") ? file.string() : relative;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// Everything but the first line of the message.
std::vector<std::string> notes_of(const Problem& problem) {
  std::vector<std::string> notes;
  auto add = [&notes](std::string_view text) {
    while (!text.empty()) {
      const size_t end = text.find('\n');
      if (end != 0) notes.emplace_back(text.substr(0, end));
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
  };
  const size_t end = problem.message.find('\n');
  if (end != std::string::npos) add(std::string_view(problem.message).substr(end + 1));
  add(problem.hint);
  return notes;
}

/// What a workflow command must not have as it is.
/// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
std::string escaped(std::string_view text, bool is_property) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '%':
        result += "%25";
        break;
      case '\r':
        result += "%0D";
        break;
      case '\n':
        result += "%0A";
        break;
      case ':':
        result += is_property ? "%3A" : ":";
        break;
      case ',':
        result += is_property ? "%2C" : ",";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

Problem problem_of(const Error& error, std::string_view check) {
  std::string message = error.problem();
  if (!error.activity().empty()) message = error.activity() + ": " + message;
  return {Severity::error, check, std::move(message), error.position(), error.advice()};
}

std::string problem_line(const Problem& problem, const std::filesystem::path& directory) {
  std::string line;
  if (!problem.at.file.empty()) {
    line = shown_file(problem, directory) + ":" + std::to_string(std::max(problem.at.line, 1)) +
           ":" + std::to_string(std::max(problem.at.column, 1)) + ": ";
  }
  line += std::string(name_of(problem.severity)) + ": " + printable(first_line(problem.message));
  for (const std::string& note : notes_of(problem)) line += "\n    " + printable(note);
  return line;
}

std::string problem_annotation(const Problem& problem, const std::filesystem::path& directory) {
  std::string line = "::" + std::string(name_of(problem.severity));
  if (!problem.at.file.empty()) {
    line += " file=" + escaped(shown_file(problem, directory), true) +
            ",line=" + std::to_string(std::max(problem.at.line, 1)) +
            ",col=" + std::to_string(std::max(problem.at.column, 1));
  }
  std::string text = first_line(problem.message);
  for (const std::string& note : notes_of(problem)) text += "\n" + note;
  return line + "::" + escaped(printable(text), false);
}

nlohmann::ordered_json problem_json(const Problem& problem,
                                    const std::filesystem::path& directory) {
  nlohmann::ordered_json json{{"severity", name_of(problem.severity)}, {"check", problem.check}};
  if (!problem.at.file.empty()) {
    json["file"] = shown_file(problem, directory);
    if (problem.at.line > 0) json["line"] = problem.at.line;
    if (problem.at.column > 0) json["column"] = problem.at.column;
  }
  json["message"] = problem.message;
  if (!problem.hint.empty()) json["hint"] = problem.hint;
  return json;
}

}  // namespace cwrangler::cli
