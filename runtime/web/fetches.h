// Outgoing HTTP requests of one isolate: libcurl's multi interface on the isolate's event loop.
//
// HTTP/1.1 and 2, TLS with the system's certificates, proxies from the environment (http_proxy,
// https_proxy, no_proxy), gzip, deflate and br decoded. No cookies, and redirects are the caller's
// (js/fetch.js follows the Fetch standard).

#pragma once

#include <v8.h>

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/engine/isolate.h"

namespace cwrangler::web {

/// What is sent. A header is "Name: value", or "Name;" when the value is empty.
struct FetchRequest {
  std::string method;
  std::string url;
  std::vector<std::string> headers;
  bool has_body = false;
  bool streams_body = false;     ///< the body comes through write() and end_body()
  int64_t streamed_length = -1;  ///< bytes that will come so; -1: not known
  std::vector<uint8_t> body;     ///< the whole body otherwise
  bool direct = false;           ///< through no proxy
};

/// All on the isolate's thread. A fetch is known by its id until read() gave its end, or cancel().
class Fetches {
 public:
  explicit Fetches(engine::Isolate& isolate);
  Fetches(const Fetches&) = delete;
  Fetches& operator=(const Fetches&) = delete;
  ~Fetches();

  /// Starts a request. Throws std::runtime_error when libcurl refuses it at once.
  int32_t start(FetchRequest request);
  /// The promise of [status, status text, flat headers]; rejects when none came. Once for a fetch.
  v8::Local<v8::Promise> response(int32_t id);
  /// The promise of the body's next chunk, null at its end. One at a time.
  v8::Local<v8::Promise> read(int32_t id);
  /// Gives a chunk of a streamed body. The promise is of true when the next one is wanted, of false
  /// when none is: the fetch is over, or the server did not wait for the whole body.
  v8::Local<v8::Promise> write(int32_t id, std::vector<uint8_t> chunk);
  void end_body(int32_t id);
  /// Ends it; promises that are open reject.
  void cancel(int32_t id);

 private:
  class Transfer;
  struct Watch;

  static int socket_changed(void* easy, int socket, int what, void* self, void* watch);
  static int timeout_changed(void* multi, long milliseconds, void* self);
  void wait(const std::shared_ptr<Watch>& watch, bool for_write);
  /// Lets libcurl work, then settles the promises that its work allows to.
  void act(int socket, int events);
  void collect_finished();
  void settle();
  Transfer& find(int32_t id);

  engine::Isolate& isolate_;
  boost::asio::steady_timer timer_;
  void* multi_;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::unordered_map<int32_t, std::unique_ptr<Transfer>> transfers_;
  int32_t last_id_ = 0;
  /// Gone when this object is: a handler of the loop may come after that.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace cwrangler::web
