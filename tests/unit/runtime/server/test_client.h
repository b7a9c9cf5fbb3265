// A server with a handler made of functions, and a plain blocking client: for tests over real
// sockets. The server's loop runs on a thread of its own.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/server/connections.h"

namespace cwrangler::server::test {

/// Answers as the functions say; those left empty do nothing.
struct FunctionHandler : RequestHandler {
  std::function<void(Exchange&)> request;
  std::function<void(Exchange&, std::vector<uint8_t>)> body;
  std::function<void(Exchange&)> drained;
  std::function<void(Exchange&, bool, const RequestRecord&)> finished;

  void on_request(Exchange& exchange) override {
    if (request) request(exchange);
  }
  void on_body(Exchange& exchange, std::vector<uint8_t> bytes) override {
    if (body) body(exchange, std::move(bytes));
  }
  void on_drained(Exchange& exchange) override {
    if (drained) drained(exchange);
  }
  void on_finished(Exchange& exchange, bool completed, const RequestRecord& record) override {
    if (finished) finished(exchange, completed, record);
  }
};

/// Sends a whole text.
void respond_text(Exchange& exchange, std::string_view text, int status = 200,
                  std::vector<Header> headers = {});

class TestServer {
 public:
  explicit TestServer(HttpLimits limits = {});
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer();

  /// To be called once the handler's functions are set.
  void start();
  std::uint16_t port() const { return port_; }

  /// Runs a function on the loop and waits for its result.
  template <class Function>
  auto on_loop(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(loop, [&task] { task(); });
    return result.get();
  }

  FunctionHandler handler;
  boost::asio::io_context loop;
  std::unique_ptr<Connections> connections;
  std::vector<Descriptor> sockets;

 private:
  std::uint16_t port_ = 0;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop.get_executor()};
  std::thread thread_;
};

/// A listening local socket at a path that is free.
Descriptor listen_locally(const std::string& path);

/// A blocking connection with a limit of ten seconds on everything it waits for.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  /// To a local socket.
  explicit Client(const std::string& path);

  /// False when the server has closed.
  bool send(std::string_view bytes);
  void shut_down_sending();
  /// Sends as much as the socket takes without blocking; the number of bytes.
  size_t send_some(std::string_view bytes);
  /// What the server has sent, at least one byte; empty at the end of the connection.
  std::string receive();
  /// Everything up to the end of the connection.
  std::string receive_all();
  /// The next response's head, with the empty line.
  std::string receive_head();
  /// `count` bytes, fewer at the end of the connection.
  std::string receive_bytes(size_t count);
  /// One response whose body has a Content-Length: head and body.
  std::string receive_response();
  /// A chunked body, decoded.
  std::string receive_chunked();

 private:
  bool fill();
  Descriptor socket_;
  std::string buffer_;
};

}  // namespace cwrangler::server::test
