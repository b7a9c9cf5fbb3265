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

  void append(std::string_view text) { text_ += text; }
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

/// Both streams. Where they end in one terminal or pipe, what is written first comes first.
class Output {
 public:
  /// Colours as `like` has them; text goes to descriptors 1 and 2.
  explicit Output(const Terminal& like);

  /// For writing. Call flush() afterwards.
  Terminal& terminal() { return terminal_; }
  /// Text as it is on standard output or standard error.
  void write_out(std::string_view text) { write(out_, text); }
  void write_err(std::string_view text) { write(err_, text); }

  void flush();
  /// More waits than is reasonable: nothing should be produced until it is read.
  bool full() const { return out_.pending() + err_.pending() > kFull; }
  bool pending() const { return out_.pending() + err_.pending() > 0; }
  /// Adds what to poll for.
  void add_to(std::vector<pollfd>& watched) const;

 private:
  /// Hands what a Terminal writes to one of the streams, a message at a time (it flushes each).
  class Buffer : public std::stringbuf {
   public:
    Buffer(Output& output, OutputQueue& queue) : output_(output), queue_(queue) {}

   protected:
    int sync() override;

   private:
    Output& output_;
    OutputQueue& queue_;
  };

  void write(OutputQueue& queue, std::string_view text);

  static constexpr size_t kFull = 1 << 20;

  OutputQueue out_;
  OutputQueue err_;
  OutputQueue* last_ = nullptr;  ///< what was written to last
  Buffer out_buffer_;
  Buffer err_buffer_;
  std::ostream out_stream_;
  std::ostream err_stream_;
  Terminal terminal_;
};

}  // namespace cwrangler::cli
