// Tails: who listens to which Worker, from the call that asks for one to the WebSocket's end.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edge/api/tail_filter.h"
#include "edge/http/message.h"
#include "edge/serving/serving.h"

namespace cwrangler::edge {

/// Any thread.
class Tails {
 public:
  explicit Tails(Serving& serving) : serving_(serving) {}

  struct Made {
    std::string id;  ///< who knows it may listen
    std::int64_t expires = 0;
  };

  /// A tail waits for its WebSocket until it expires, and ends with it, or then.
  Made make(const std::string& account, const std::string& worker, const Json& filters);
  /// Those of a Worker that somebody listens to, or has just been given.
  std::vector<Made> list(const std::string& account, const std::string& worker);
  /// The WebSocket of a tail; nothing for one that there is not, or that has a WebSocket already.
  std::optional<WebSocketAnswer> connect(const std::string& id);
  /// Those of a Worker that is deleted.
  void end_all(const std::string& account, const std::string& worker);
  /// Nothing happens when there is none, or it is another Worker's.
  void end(const std::string& account, const std::string& worker, const std::string& id);

 private:
  struct Tail;

  void forget(const std::string& id);

  Serving& serving_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Tail>> tails_;
};

}  // namespace cwrangler::edge
