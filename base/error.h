// The one error type of both programs.
//
// An error carries four answers: what was being done, what went wrong, where, and what to do
// about it. Code that fails throws one; only a program's main() prints it and chooses the exit
// status. A layer that knows more about the context adds it with `while_doing` and rethrows.

#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace cwrangler {

/// A place in a text file. Lines and columns count from 1; 0 means unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;

  /// "file:line:column", without the parts that are unknown.
  std::string to_string() const;
};

/// How a program ends. docs/exit-codes.md is the user's copy of this list.
enum class ExitCode : int {
  ok = 0,
  failed = 1,         ///< the command could not do its work; the message says why
  usage = 2,          ///< unknown command or flag, or a flag's value is off
  interrupted = 130,  ///< ended by SIGINT before the work was done
};

class Error : public std::runtime_error {
 public:
  /// `problem`: what went wrong, one sentence without a final newline.
  explicit Error(std::string problem);

  /// Says what was being done ("reading wrangler.jsonc"). The innermost context wins the first
  /// place in the message; outer ones are kept in front of it.
  Error& while_doing(std::string_view activity);
  /// Says where in the user's files the problem is.
  Error& at(SourcePosition position);
  /// Shows the source line itself, with a caret under the column.
  Error& showing(std::string source_line);
  /// Says what to do about it: a full sentence, or a command to type.
  Error& hint(std::string advice);
  Error& exit_with(ExitCode code);

  const std::string& problem() const { return problem_; }
  const std::string& activity() const { return activity_; }
  const SourcePosition& position() const { return position_; }
  const std::string& source_line() const { return source_line_; }
  const std::string& advice() const { return advice_; }
  ExitCode exit_code() const { return exit_code_; }

  /// The message as a person reads it, several lines, no colour, no final newline.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  void compose();

  std::string problem_;
  std::string activity_;
  SourcePosition position_;
  std::string source_line_;
  std::string advice_;
  std::string text_;
  ExitCode exit_code_ = ExitCode::failed;
};

/// An Error for a failed system call: `errno` is read at the call.
Error system_error(std::string_view activity);

}  // namespace cwrangler
