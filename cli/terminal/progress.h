// What a command is busy with, on standard error: on a terminal one line that moves and goes away,
// elsewhere (a log, CI) one plain line for each step.
//
// One thread, the one that also prints.

#pragma once

#include <chrono>
#include <ostream>
#include <string>

namespace cwrangler::cli {

class Progress {
 public:
  /// `animated`: the stream is a terminal that a person looks at.
  Progress(std::ostream& err, bool animated);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// Begins a step: "Resolving packages". The step before is over.
  void step(const std::string& what);
  /// To be called now and then while the step takes its time.
  void tick();
  /// Takes the line away, so that something else can be printed. The next tick shows it again.
  void clear();

 private:
  std::ostream& err_;
  const bool animated_;
  std::string what_;
  std::chrono::steady_clock::time_point begun_;
  size_t frame_ = 0;
  bool shown_ = false;
};

/// Whether standard error is a terminal where a line can be written over again.
bool stderr_is_animated();

}  // namespace cwrangler::cli
