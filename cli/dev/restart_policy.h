// When to start a runtime again that has died.

#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace cwrangler::cli {

/// A runtime that had served is replaced at once. One that dies before it is ready is tried again
/// after 0.25, 0.5, 1 and 2 seconds, then no more: the same files end the same way, and a change in
/// them starts over.
class RestartPolicy {
 public:
  /// The runtime became ready: what happens from now on is not a failure to start.
  void became_ready() { failures_ = 0; }
  /// The Worker's files have changed: past failures say nothing about the new ones.
  void files_changed() { failures_ = 0; }

  /// The runtime has died. How long to wait before the next start; nothing for not at all.
  std::optional<std::chrono::milliseconds> died(bool was_ready) {
    if (was_ready) return std::chrono::milliseconds(0);
    constexpr int kAttempts = 4;
    if (failures_ >= kAttempts) return std::nullopt;
    return std::chrono::milliseconds(250 << failures_++);
  }

 private:
  int failures_ = 0;
};

}  // namespace cwrangler::cli
