// Standard output and error of a dev session. Writing never blocks: when nobody reads (a full pipe,
// a terminal stopped with Ctrl-S), text waits here, and Ctrl-C still ends the session.

#pragma once

#include <poll.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process/child_process.h"
#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// One descriptor, with what it has not taken yet.
class OutputQueue {
 public:
  /// `descriptor` stays open and is not made non-blocking itself, which other programs that share
  /// it would notice.
  explicit OutputQueue(int descriptor);

  void write(std::string_view text);
  /// Writes what the descriptor takes now.
  void flush();
  size_t pending() const { return text_.size() - written_; }
  int descriptor() const { return reopened_.valid() ? reopened_.get() : original_; }

 private:
  ssize_t write_some(std::string_view text) const;

  int original_;
  Descriptor reopened_;  ///< the same pipe or terminal, opened again without blocking
  bool may_block_ = false;
  bool is_socket_ = false;
  std::string text_;
  size_t written_ = 0;
};

class Output {
 public:
  /// Colours as `like` has them; text goes to descriptors 1 and 2.
  explicit Output(const Terminal& like);

  /// For writing. Call flush() afterwards.
  Terminal& terminal() { return terminal_; }
  /// Text as it is on standard output or standard error.
  void write_out(std::string_view text) { out_text_ << text; }
  void write_err(std::string_view text) { err_text_ << text; }

  void flush();
  /// More waits than is reasonable: nothing should be produced until it is read.
  bool full() const { return out_.pending() + err_.pending() > kFull; }
  bool pending() const { return out_.pending() + err_.pending() > 0; }
  /// Adds what to poll for.
  void add_to(std::vector<pollfd>& watched) const;

 private:
  static constexpr size_t kFull = 1 << 20;

  std::ostringstream out_text_;
  std::ostringstream err_text_;
  Terminal terminal_;
  OutputQueue out_;
  OutputQueue err_;
};

}  // namespace cwrangler::cli
