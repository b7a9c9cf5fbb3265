// A connection's bytes as the endpoint's API server reads them, through a socket.

#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "edge/http/http_server.h"
#include "edge/http/multipart.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace edge = cwrangler::edge;
using cwrangler::fuzz::demand;

edge::HttpResponse answer(edge::HttpRequest& request) {
  edge::parse_query(request.query);
  edge::percent_decoded(request.path);
  cwrangler::fuzz::read_or_refuse([&] {
    edge::parse_multipart(request.header("content-type").value_or(""), request.body.view(), 5);
  });
  return {200, {{"Content-Type", "text/plain"}}, request.method};
}

/// Runs until the program ends.
class Server {
 public:
  Server()
      : server_(loop_, {.listener = {}, .most_body = 1 << 16, .threads = 1}, answer,
                [](int status, const std::string& why) {
                  return edge::HttpResponse{status, {}, why};
                }) {
    server_.start();
    std::thread([this] { loop_.run(); }).detach();
  }

  std::uint16_t port() const { return server_.port(); }

 private:
  boost::asio::io_context loop_;
  edge::HttpServer server_;
};

/// From an address of its own: ports of closed connections are not free for a minute.
int connect_to(std::uint16_t port) {
  static std::uint32_t connections = 0;
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  ::setsockopt(connection, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + connections++ % 60'000);
  demand(::bind(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  demand(::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return connection;
}

/// Sends all of it and reads until the server has ended the connection.
void converse(std::uint16_t port, std::string_view bytes) {
  const int connection = connect_to(port);
  // A server that has refused the beginning does not take the rest.
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  ::shutdown(connection, SHUT_WR);
  char answer[4096];
  while (::recv(connection, answer, sizeof(answer), 0) > 0) continue;
  ::close(connection);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  static Server& server = *new Server;
  converse(server.port(), cwrangler::fuzz::text_of(data, size));
  return 0;
}
