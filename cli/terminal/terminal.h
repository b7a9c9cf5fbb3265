// Where a command writes: results to standard output, errors and warnings to standard error, in
// wrangler's style, coloured only where a person will see colour. Commands are handed one and
// never touch std::cout, so tests read what was written.
//
// One thread at a time.

#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/terminal/log_level.h"

namespace cwrangler::cli {

/// What decides whether a stream gets colours.
struct ColorSettings {
  bool is_terminal = false;
  std::string no_color;  ///< NO_COLOR (no-color.org): any text switches colours off
  std::string
      force_color;   ///< FORCE_COLOR: any text but "0" switches them on, without a terminal too
  std::string term;  ///< TERM: "dumb" has no colours
};

/// NO_COLOR wins over FORCE_COLOR, which wins over what the stream is.
bool wants_color(const ColorSettings& settings);

/// The settings of this process for an open descriptor, from its environment.
ColorSettings color_settings(int descriptor);

class Terminal {
 public:
  /// The streams must outlive the terminal.
  Terminal(std::ostream& out, std::ostream& err, bool out_color, bool err_color);

  /// The same, with level and record, on other streams.
  Terminal(std::ostream& out, std::ostream& err, const Terminal& like);

  /// Errors, warnings and what dev says are shown from their level on. Results are always shown.
  void set_level(LogLevel level) { level_ = level; }
  bool shows(LogLevel level) const { return level <= level_; }

  /// Where everything is written down that is said or would be at another level (a log file).
  using Record = std::function<void(LogLevel, std::string_view)>;
  void set_record(Record record) { record_ = std::move(record); }
  void record(LogLevel level, std::string_view text) const {
    if (record_) record_(level, text);
  }

  /// One line (or several) of result on standard output; the final newline is added.
  void print(std::string_view text);

  /// The same without a final newline: a question that is answered behind it.
  void print_part(std::string_view text);

  /// `✘ [ERROR] …` on standard error: the problem, where it is with the source line and a caret,
  /// and what to do. Several lines of problem: the first is the headline, the rest is its body.
  void print_error(const Error& error);

  /// `▲ [WARNING] …` on standard error; further lines are indented.
  void print_warning(std::string_view text);

  /// `text` between escape sequences for standard output, or as it is when that has no colour.
  std::string bold(std::string_view text) const;
  std::string dim(std::string_view text) const;

  bool out_has_color() const { return out_color_; }
  bool err_has_color() const { return err_color_; }

 private:
  void print_message(LogLevel level, std::string_view mark, int color, std::string_view headline,
                     std::string_view body);

  std::ostream& out_;
  std::ostream& err_;
  const bool out_color_;
  const bool err_color_;
  LogLevel level_ = LogLevel::log;
  Record record_;
};

/// `text` without control characters other than newline and tab: what comes from a file or the
/// network must not drive the terminal.
std::string printable(std::string_view text);

}  // namespace cwrangler::cli
