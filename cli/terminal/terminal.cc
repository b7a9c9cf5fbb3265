#include "cli/terminal/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace cwrangler::cli {
namespace {

constexpr int kRed = 31;
constexpr int kYellow = 33;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Every line of `text` behind `margin` spaces; empty lines stay empty.
std::string indented(std::string_view text, size_t margin) {
  std::string result;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty()) result.append(margin, ' ').append(line);
    result += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return result;
}

/// The place of an error: file:line:column, the line, and a caret under the column.
std::string code_frame(const Error& error) {
  const SourcePosition& position = error.position();
  if (position.file.empty()) return "";
  std::string frame = position.to_string();
  if (error.source_line().empty()) return frame + "\n";
  const std::string number = position.line > 0 ? std::to_string(position.line) : "";
  // A tab would move the caret's column.
  std::string line = error.source_line();
  for (char& character : line) {
    if (character == '\t') character = ' ';
  }
  frame += ":\n  " + number + " │ " + line + "\n";
  if (position.column > 0) {
    frame += "  " + std::string(number.size(), ' ') + " ╵ " +
             std::string(static_cast<size_t>(position.column) - 1, ' ') + "^\n";
  }
  return frame;
}

}  // namespace

bool wants_color(const ColorSettings& settings) {
  if (!settings.no_color.empty()) return false;
  if (!settings.force_color.empty()) return settings.force_color != "0";
  return settings.is_terminal && settings.term != "dumb";
}

ColorSettings color_settings(int descriptor) {
  return {::isatty(descriptor) == 1, variable("NO_COLOR"), variable("FORCE_COLOR"),
          variable("TERM")};
}

Terminal::Terminal(std::ostream& out, std::ostream& err, bool out_color, bool err_color)
    : out_(out), err_(err), out_color_(out_color), err_color_(err_color) {}

Terminal::Terminal(std::ostream& out, std::ostream& err, const Terminal& like)
    : out_(out),
      err_(err),
      out_color_(like.out_color_),
      err_color_(like.err_color_),
      level_(like.level_),
      record_(like.record_) {}

void Terminal::print(std::string_view text) {
  out_ << text << '\n' << std::flush;
}

void Terminal::print_part(std::string_view text) {
  out_ << text << std::flush;
}

void Terminal::print_error(const Error& error) {
  std::string problem = error.problem();
  if (!error.activity().empty()) problem = error.activity() + ": " + problem;
  const size_t headline_end = problem.find('\n');
  std::string body;
  auto add_paragraph = [&body](std::string_view text) {
    if (text.empty()) return;
    if (!body.empty()) body += '\n';
    body += text;
    if (body.back() != '\n') body += '\n';
  };
  if (headline_end != std::string::npos) {
    std::string_view rest = std::string_view(problem).substr(headline_end);
    rest.remove_prefix(std::min(rest.find_first_not_of('\n'), rest.size()));
    add_paragraph(rest);
  }
  add_paragraph(code_frame(error));
  add_paragraph(error.advice());
  print_message(LogLevel::error, "✘ [ERROR]", kRed,
                std::string_view(problem).substr(0, headline_end), body);
}

void Terminal::print_warning(std::string_view text) {
  const size_t headline_end = text.find('\n');
  std::string_view body;
  if (headline_end != std::string_view::npos) {
    body = text.substr(headline_end);
    body.remove_prefix(std::min(body.find_first_not_of('\n'), body.size()));
  }
  print_message(LogLevel::warn, "▲ [WARNING]", kYellow, text.substr(0, headline_end), body);
}

void Terminal::print_message(LogLevel level, std::string_view mark, int color,
                             std::string_view headline, std::string_view body) {
  record(level, std::string(headline) + (body.empty() ? "" : "\n") + std::string(body));
  if (!shows(level)) return;
  if (err_color_) {
    err_ << "\x1b[" << color << 'm' << mark << "\x1b[0m \x1b[1m" << printable(headline)
         << "\x1b[0m\n\n";
  } else {
    err_ << mark << ' ' << printable(headline) << "\n\n";
  }
  if (!body.empty()) err_ << indented(printable(body), 4) << '\n';
  err_ << std::flush;
}

std::string Terminal::bold(std::string_view text) const {
  return out_color_ ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string Terminal::dim(std::string_view text) const {
  return out_color_ ? "\x1b[2m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    const bool control = (byte < 0x20 && character != '\n' && character != '\t') || byte == 0x7f;
    if (!control) result += character;
  }
  return result;
}

}  // namespace cwrangler::cli
